// IoBackend: how bytes get to a file descriptor. io_uring in production, pwrite where that is
// forbidden, write for pipes, nothing for measuring, and a fake that fails on demand in tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace capstan {

// One write. The bytes stay the caller's and unchanged until its completion is reaped.
struct IoWrite {
  const std::uint8_t* data = nullptr;
  std::uint32_t length = 0;
  std::uint64_t offset = 0;  // in the file
  std::uint32_t tag = 0;     // comes back in the completion
};

struct IoCompletion {
  std::uint32_t tag = 0;
  std::int32_t result = 0;  // bytes written, possibly fewer than asked, or -errno
};

// Never a caller's own tags.
inline constexpr std::uint32_t kPreallocateTag = 0xFFFFFFFF;
inline constexpr std::uint32_t kSyncTag = 0xFFFFFFFE;

// All calls from one thread. Completions may come in any order.
class IoBackend {
 public:
  virtual ~IoBackend() = default;

  // Where writes go from now on; borrowed. -1: nowhere, and the backend lets go of the file before.
  // Requires: nothing in flight.
  virtual void use_file(int fd) noexcept = 0;
  // Memory many writes will come from. Best effort: 0 or the errno value of the refusal, after
  // which writes from it work all the same, at more cost.
  virtual int register_memory(std::span<const std::span<std::uint8_t>> regions) noexcept = 0;
  // Queues a write. False: no room now, reap first.
  [[nodiscard]] virtual bool try_submit(const IoWrite& write) noexcept = 0;
  // Queues fallocate(2) of [offset, offset + length), completing with kPreallocateTag. False: no
  // room or not possible here.
  [[nodiscard]] virtual bool try_preallocate(std::uint64_t offset,
                                             std::uint64_t length) noexcept = 0;
  // Queues fdatasync(2), completing with kSyncTag: writes that were completed before are durable
  // then. False: no room or not possible here.
  [[nodiscard]] virtual bool try_sync() noexcept = 0;
  // Hands what is queued to the kernel.
  virtual void flush() noexcept = 0;
  // Takes completions that are there; never waits. How many.
  virtual std::size_t reap(std::span<IoCompletion> completions) noexcept = 0;
  // Waits until a completion is there or the time has passed.
  virtual void wait(std::uint64_t timeout_ns) noexcept = 0;
};

}  // namespace capstan
