// FakeBackend: an IoBackend that does to a writer what disks and kernels do on a bad day, and fails
// the test loudly when the writer breaks the contract.
//
// Bytes reach the real file when a write completes, not when it is submitted. What is told apart:
// queued (flush() was not called yet), in flight, done.
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "engine/core/unique_fd.h"
#include "writers/io/io_backend.h"

namespace capstan::test {

enum class Fault : std::uint8_t {
  kNone,
  kShortHalf,       // half of it is written
  kShortByte,       // one byte less
  kShortOneByte,    // one byte alone
  kNothingWritten,  // 0, neither progress nor error
  kInterrupted,     // EINTR
  kAgain,           // EAGAIN
  kCancelled,       // ECANCELED: a kernel worker was stopped in front of it (SIGSTOP)
  kDirectRefused,   // EINVAL as long as O_DIRECT is set, from this write on
  kMemoryRefused,   // EFAULT for ring memory, from this write on
  kNoSpace,         // ENOSPC, from this write on
  kIoError,         // EIO for this write alone
  kNoRoom,          // try_submit() says no a few times
  kTrouble,         // disk_error, for `refusals` writes from this one on
};

struct FakeBackendOptions {
  Fault fault = Fault::kNone;
  std::uint64_t at_write = 0;  // which write it hits, from 1
  int disk_error = 0;          // of kTrouble
  std::uint64_t refusals = 1;  // of kTrouble
  static constexpr std::uint64_t kForEver = ~std::uint64_t{0};
  std::uint32_t seed = 1;            // of what is random below
  bool reordered = false;            // completions in any order
  unsigned longest_delay = 0;        // a write stays in flight for up to this many looks
  bool preallocation_fails = false;  // the file system cannot
  // The disk holds so much of the file: more can neither be taken ahead nor, unless it was taken,
  // written. 0: any.
  std::uint64_t disk_bytes = 0;
  unsigned cancelled_preallocations = 0;  // the first so many, before they began
  bool preallocation_late = false;        // completes only when nothing else is left
  int registration_error = 0;
  bool stuck = false;            // from at_write on nothing completes
  unsigned refused_syncs = 0;    // the first so many syncs end with EIO
  unsigned cancelled_syncs = 0;  // the first so many syncs end with ECANCELED, before they began
  // When this write is submitted, what a disk would hold after a power loss is left in
  // `power_loss_copy`: what was written since the last completed sync is there, or not, or in part.
  std::uint64_t power_loss_at = 0;
  std::string power_loss_copy;
  // The writer's own thread waits for blocks too, as long as the scheduler lets whoever makes them
  // stand.
  bool fed_by_another_thread = false;
  // Called when the writer has waited a hundred times for what is stuck.
  std::function<void()> on_long_wait;
  // Whether these bytes are a ring's own.
  std::function<bool(const std::uint8_t*)> is_ring_memory;
};

class FakeBackend final : public IoBackend {
 public:
  explicit FakeBackend(FakeBackendOptions options);
  ~FakeBackend() override;

  void use_file(int fd) noexcept override;
  int register_memory(std::span<const std::span<std::uint8_t>> regions) noexcept override;
  bool try_submit(const IoWrite& write) noexcept override;
  bool try_preallocate(std::uint64_t offset, std::uint64_t length) noexcept override;
  bool try_sync() noexcept override;
  void flush() noexcept override;
  std::size_t reap(std::span<IoCompletion> completions) noexcept override;
  void wait(std::uint64_t timeout_ns) noexcept override;

  // Counted outside, because the writer owns the backend.
  struct Tally {
    std::uint64_t writes = 0;
    std::uint64_t preallocations = 0;
    std::uint64_t from_ring_memory = 0;
    std::uint64_t syncs = 0;
    std::uint64_t refused = 0;  // by kTrouble
    bool fault_hit = false;
    bool power_lost = false;
  };
  void count_into(Tally& tally) noexcept { tally_ = &tally; }
  // Called at each submitted write with its number, from 1.
  void on_write(std::function<void(std::uint64_t)> hook) { hook_ = std::move(hook); }
  // Called when a sync is submitted (false) and when it is completed (true).
  void on_sync(std::function<void(bool)> hook) { sync_hook_ = std::move(hook); }

 private:
  struct Operation {
    IoWrite write;
    std::uint64_t number = 0;
    std::uint64_t checksum = 0;
    unsigned looks_left = 0;
    bool preallocation = false;
    bool sync = false;
    bool stuck = false;
    Fault fault = Fault::kNone;
  };

  Fault fault_for(const IoWrite& write, std::uint64_t number) noexcept;
  void check_write(const IoWrite& write) noexcept;
  std::int32_t complete(const Operation& operation) noexcept;
  std::int32_t write_out(const IoWrite& write, std::uint32_t length) noexcept;
  bool direct() const noexcept;
  void lose_power() noexcept;

  // What a write put over what.
  struct Undo {
    std::uint64_t offset = 0;
    std::vector<char> before;
  };

  FakeBackendOptions options_;
  std::mt19937 random_;
  int fd_ = -1;
  UniqueFd plain_;  // the same file without O_DIRECT, so that any length can be written
  std::vector<Operation> queued_;
  std::vector<Operation> in_flight_;
  Tally own_tally_;
  Tally* tally_ = &own_tally_;
  std::function<void(std::uint64_t)> hook_;
  std::function<void(bool)> sync_hook_;
  std::vector<Undo> unsynced_;
  std::size_t unsynced_at_sync_ = 0;  // of them, completed when the sync under way was submitted
  unsigned refusals_left_ = 3;
  unsigned idle_waits_ = 0;
};

}  // namespace capstan::test
