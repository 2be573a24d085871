// IoBackend: how bytes get to a file descriptor. Implementations: io_uring in production, pwrite
// where io_uring is forbidden, write for pipes, a null backend for measuring, and a fake that fails
// on demand in tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace capstan {

// One write. The caller owns the bytes and must not change them until the completion is reaped.
struct IoWrite {
  const std::uint8_t* data = nullptr;
  std::uint32_t length = 0;
  std::uint64_t offset = 0;  // in the file
  std::uint32_t tag = 0;     // returned in the completion
};

struct IoCompletion {
  std::uint32_t tag = 0;
  std::int32_t result = 0;  // bytes written, possibly fewer than asked, or -errno
};

// Tags of the backend's own operations; callers must not use them for writes.
inline constexpr std::uint32_t kPreallocateTag = 0xFFFFFFFF;
inline constexpr std::uint32_t kSyncTag = 0xFFFFFFFE;

// All calls from one thread. Completions may come in any order.
class IoBackend {
 public:
  virtual ~IoBackend() = default;

  // Writes go to `fd` from now on; the descriptor is borrowed. -1: to no file, and the backend
  // releases the previous one. Requires: nothing in flight.
  virtual void use_file(int fd) noexcept = 0;
  // Registers memory that many writes will come from. Best effort: returns 0 or the errno value of
  // the refusal, after which writes from that memory still work but cost more CPU time.
  virtual int register_memory(std::span<const std::span<std::uint8_t>> regions) noexcept = 0;
  // Queues a write. Returns false when there is no room now: reap completions first.
  [[nodiscard]] virtual bool try_submit(const IoWrite& write) noexcept = 0;
  // Queues fallocate(2) of [offset, offset + length), which completes with kPreallocateTag. Returns
  // false when there is no room or the backend cannot do it.
  [[nodiscard]] virtual bool try_preallocate(std::uint64_t offset,
                                             std::uint64_t length) noexcept = 0;
  // Queues fdatasync(2), which completes with kSyncTag: writes that were completed before the call
  // are durable then. Returns false when there is no room or the backend cannot do it.
  [[nodiscard]] virtual bool try_sync() noexcept = 0;
  // Passes the queued operations to the kernel.
  virtual void flush() noexcept = 0;
  // Takes the completions that are ready and returns their number; never waits.
  virtual std::size_t reap(std::span<IoCompletion> completions) noexcept = 0;
  // Waits until a completion is ready or the timeout has passed.
  virtual void wait(std::uint64_t timeout_ns) noexcept = 0;
};

}  // namespace capstan
