// DecodeWorkers: threads that decode batches of packets, and one thread that delivers the results
// in capture order.
//
//   feeder --batch--> queue of each worker with a share --> decode() --.
//      ^  '---------> queue of batches in their order ----------------+--> deliver() --.
//      '------------- queue of free batches <--------------------------------------------'
//
// A conversation always goes to the same worker (flow_slot.h). Queues are lock-free and have places
// for all batches, so none is ever full: only the number of batches limits what is under way. A
// thread without work sleeps (futex). Atomic operations and wake-ups happen per batch, never per
// packet.
#pragma once

#include <atomic>
#include <boost/lockfree/spsc_queue.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "tools/show/packet_batch.h"
#include "tools/text/flow_slot.h"

namespace capstan {

// What to do with the batches. Borrowed by DecodeWorkers.
class BatchWork {
 public:
  // Called in the thread of `worker`, for its share of the batch; other workers may run at the same
  // time.
  virtual void decode(const PacketBatch& batch, std::size_t worker) noexcept = 0;
  // Called in the delivering thread, for batches in the order they were submitted. May wait (for a
  // full pipe).
  virtual void deliver(const PacketBatch& batch) noexcept = 0;

 protected:
  ~BatchWork() = default;
};

// The feeder is the single thread that calls the public functions.
class DecodeWorkers {
 public:
  static constexpr std::size_t kMostWorkers = 64;

  // Starts `workers` threads, 1 to kMostWorkers, and the delivering thread. `batches`, at least 1:
  // how many may be under way.
  DecodeWorkers(std::size_t workers, std::size_t batches, BatchWork& work);
  // Waits until everything submitted is delivered.
  ~DecodeWorkers();
  DecodeWorkers(const DecodeWorkers&) = delete;
  DecodeWorkers& operator=(const DecodeWorkers&) = delete;

  std::size_t worker_count() const noexcept { return workers_.size(); }
  // The worker for the packets of a slot; and the first slot of worker i of `count`, whose slots
  // end before first_slot(i + 1).
  std::size_t worker_of(std::uint32_t slot) const noexcept {
    return std::size_t{slot} * workers_.size() / kFlowSlots;
  }
  static std::uint32_t first_slot(std::size_t worker, std::size_t count) noexcept {
    return static_cast<std::uint32_t>((worker * kFlowSlots + count - 1) / count);
  }

  // Returns an empty batch. try_acquire() returns null when all are under way; acquire() waits for
  // one.
  PacketBatch* try_acquire() noexcept;
  PacketBatch& acquire() noexcept;
  // Hands over a batch to be decoded and delivered. Requires: from acquire() or try_acquire().
  void submit(PacketBatch& batch) noexcept;
  // The same for a batch that the feeder has already decoded.
  void submit_decoded(PacketBatch& batch) noexcept;
  // Returns when every worker is idle and every block held by a batch is released.
  void wait_decoded() noexcept;
  // Returns when everything submitted is delivered.
  void wait_delivered() noexcept;
  bool all_delivered() const noexcept {
    return delivered_count_.load(std::memory_order_acquire) == submitted_count_;
  }

 private:
  // A condition to sleep on. A ring() between the sleeper's check and its sleep is not lost.
  class Bell {
   public:
    void ring() noexcept {
      rings_.fetch_add(1, std::memory_order_release);
      rings_.notify_all();
    }
    template <typename Condition>
    void wait_until(const Condition& condition) noexcept {
      while (true) {
        const std::uint32_t seen = rings_.load(std::memory_order_acquire);
        if (condition()) return;
        rings_.wait(seen, std::memory_order_acquire);
      }
    }

   private:
    std::atomic<std::uint32_t> rings_{0};
  };
  using Queue = boost::lockfree::spsc_queue<PacketBatch*>;
  struct Worker {
    explicit Worker(std::size_t places) : queue(places) {}
    Queue queue;
    Bell bell;
    std::thread thread;
  };

  void run_worker(std::size_t index) noexcept;
  void run_delivery() noexcept;
  void hand_on(PacketBatch& batch, std::uint32_t shares) noexcept;
  void note_decoded(PacketBatch& batch) noexcept;

  BatchWork& work_;
  std::vector<std::unique_ptr<PacketBatch>> batches_;
  std::vector<std::unique_ptr<Worker>> workers_;
  Queue submitted_;  // to the delivering thread
  Queue free_;       // back to the feeder
  Bell delivery_bell_;
  Bell feeder_bell_;
  std::uint64_t submitted_count_ = 0;
  std::atomic<std::uint64_t> decoded_count_{0};    // release by workers, acquire by the feeder
  std::atomic<std::uint64_t> delivered_count_{0};  // release by delivery, acquire by the feeder
  std::atomic<bool> ending_{false};                // release: everything submitted is queued
  std::thread delivery_;
};

}  // namespace capstan
