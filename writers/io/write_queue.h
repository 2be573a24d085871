// WriteQueue: the writes of one file that are under way, and how much of the file is certain.
//
// Stands between RecordingWriter, which decides what is written where, and an IoBackend. Holds the
// blocks being written, finishes short writes, repeats interrupted ones, and counts a packet as
// written only when everything in front of it is in the file too. With Patience it keeps writes
// that a disk in trouble refuses, and repeats them until they succeed.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "engine/block/block_ref.h"
#include "engine/core/mmap_region.h"
#include "writers/io/io_backend.h"

namespace capstan {

// Owner of the memory of a write, if that is not a block. Called on the writer's thread.
class BufferHome {
 public:
  // A write is over; `buffer` is WriteRequest::buffer.
  virtual void buffer_written(int buffer) noexcept = 0;

 protected:
  ~BufferHome() = default;
};

struct WriteRequest {
  BlockRef block;              // held until the bytes are written; or instead of it
  BufferHome* home = nullptr;  // whose buffer_written() is called then
  int buffer = -1;             // number of the home's buffer
  const std::uint8_t* data = nullptr;
  std::uint32_t length = 0;
  std::uint64_t offset = 0;
  // What becomes certain with this write: the number of packets that end in it, and the offset
  // where the file may be cut without cutting a packet.
  std::uint32_t packets = 0;
  std::uint64_t certain_end = 0;
};

// Asked for decisions that only the owner of the file can make. Called on the writer's thread.
class WriteQueueOwner {
 public:
  // A direct write was refused with EINVAL. Returns true if something was changed, now or since the
  // write was submitted, so that repeating the write makes sense. Asked at most once for each
  // write.
  virtual bool direct_write_refused() noexcept = 0;

 protected:
  ~WriteQueueOwner() = default;
};

// What to do when a disk refuses a write for a reason that may pass.
struct Patience {
  bool patient = false;  // false: the first refusal is an error
  // How long to wait before a refused write is repeated.
  std::uint64_t retry_interval_ns = 200'000'000;
  // Set by another thread when the recording is to end (relaxed: it only has to arrive some time).
  // What is still refused `grace_ns` later is an error. Null: never set.
  const std::atomic<bool>* ending = nullptr;
  std::uint64_t grace_ns = 1'000'000'000;
};

// Whether the error may go away with time: no space, no quota, a read-only file system, an I/O
// error, a network file system that does not answer.
bool may_pass(int error) noexcept;

// One thread. Writes may complete in any order; what is certain follows the order of submission,
// which is the order of offsets.
class WriteQueue {
 public:
  // `places`: how many writes can be under way. `abandon`, set by another thread, ends every wait
  // (relaxed: it only has to arrive some time).
  WriteQueue(IoBackend& backend, WriteQueueOwner& owner, std::size_t places,
             std::uint32_t alignment_bytes, const std::atomic<bool>& abandon);

  bool full() const noexcept { return tail_ - head_ == places_.size(); }
  bool empty() const noexcept { return head_ == tail_; }
  // No write, preallocation or sync is under way: the file may be truncated.
  bool idle() const noexcept { return empty() && !preallocating_ && !syncing_; }

  // Requires: !full().
  void submit(WriteRequest request) noexcept;
  // Passes what is queued to the kernel and takes completions. Returns whether anything was
  // completed.
  bool pump() noexcept;
  // Calls pump() and, if nothing was completed, waits for at most `timeout_ns`.
  void wait(std::uint64_t timeout_ns) noexcept;

  // Sets what happens from now on; writes that wait already go on waiting.
  void be_patient(Patience patience) noexcept { patience_ = patience; }
  // The errno value for which writes wait to be repeated, 0 when none waits. Nothing should be
  // submitted meanwhile: the ring is the buffer.
  int trouble() const noexcept { return trouble_; }

  // Requests file space of `length` bytes from offset `from`; one request at a time. Returns false
  // when that is impossible now.
  bool preallocate(std::uint64_t from, std::uint64_t length) noexcept;
  bool preallocating() const noexcept { return preallocating_; }
  struct SpaceAnswer {
    std::uint64_t end = 0;  // end offset of the requested space
    int error = 0;          // 0: the file has the space now
  };
  // Returns the result of the last request, once. Empty while there is none, also if the request
  // was never started: then ask again.
  std::optional<SpaceAnswer> take_space_answer() noexcept {
    return std::exchange(space_answer_, std::nullopt);
  }
  // Requests a sync of what is written; one at a time. Returns false when that is impossible now.
  bool sync() noexcept;
  // What is submitted from now on belongs to another file; packet counts go on. Requires: idle()
  // and no error.
  void start_file() noexcept {
    certain_end_ = 0;
    space_answer_.reset();
  }
  // Number of syncs that failed while the queue was patient, and the errno value of the last. What
  // was written before them may be lost without another report by the kernel (fsync(2), EIO).
  std::uint64_t syncs_refused() const noexcept { return syncs_refused_; }
  int sync_refusal() const noexcept { return sync_refusal_; }

  // 0, or the first error: from then on nothing more becomes certain. ECANCELED after abandon.
  int error() const noexcept { return error_; }
  void fail(int error) noexcept;
  std::uint64_t certain_end() const noexcept { return certain_end_; }
  std::uint64_t certain_packets() const noexcept { return certain_packets_; }
  // Packets of writes that failed or were given up because of the error.
  std::uint64_t failed_packets() const noexcept { return failed_packets_; }
  // Packets of writes that are under way.
  std::uint64_t pending_packets() const noexcept;
  // The kernel refused to write from a block's own memory: copy the packets from now on.
  bool ring_memory_refused() const noexcept { return ring_memory_refused_; }
  bool abandoned() const noexcept { return abandon_.load(std::memory_order_relaxed); }
  // After abandon: counts everything under way as failed and forgets it. The blocks are not
  // released, because the kernel may still read them; the process must end without releasing them.
  void give_up() noexcept;

 private:
  struct Place {
    WriteRequest request;
    std::uint32_t done = 0;
    bool complete = false;
    bool failed = false;
    bool refused = false;  // was refused once with EINVAL
    bool waiting = false;  // waits for the end of the trouble
    std::uint8_t retries = 0;
    MmapRegion bounce;  // a copy of the block, where its own memory was refused
  };

  void send(std::uint32_t index) noexcept;
  void on_completion(const IoCompletion& completion) noexcept;
  void on_failure(Place& place, std::uint32_t index, int error) noexcept;
  void offer_again() noexcept;
  void end_trouble() noexcept;
  void watch_patience() noexcept;
  void finish(Place& place) noexcept;
  void settle() noexcept;

  IoBackend& backend_;
  WriteQueueOwner& owner_;
  std::vector<Place> places_;
  std::uint32_t alignment_bytes_;
  const std::atomic<bool>& abandon_;
  std::uint64_t head_ = 0;  // places between head and tail are in use, in order of offset
  std::uint64_t tail_ = 0;
  int error_ = 0;
  Patience patience_;
  int trouble_ = 0;
  std::uint64_t next_offer_ns_ = 0;
  std::uint64_t ending_since_ns_ = 0;
  std::uint32_t probe_ = 0;  // place of the single write that tests whether the trouble is over
  bool probing_ = false;
  bool gap_ = false;  // a write that failed lies in front of head_
  std::uint64_t certain_end_ = 0;
  std::uint64_t certain_packets_ = 0;
  std::uint64_t failed_packets_ = 0;
  bool ring_memory_refused_ = false;
  std::uint64_t preallocating_end_ = 0;
  bool preallocating_ = false;
  std::optional<SpaceAnswer> space_answer_;
  std::uint64_t syncs_refused_ = 0;
  int sync_refusal_ = 0;
  bool syncing_ = false;
};

}  // namespace capstan
