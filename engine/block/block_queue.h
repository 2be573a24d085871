// BlockQueue: carries sealed blocks from one capture thread to one consumer, without locks.
#pragma once

#include <boost/lockfree/spsc_queue.hpp>
#include <cstddef>
#include <cstdint>

#include "engine/block/block_ref.h"
#include "engine/core/stats.h"

namespace capstan {

// One producer thread and one consumer thread; fixed capacity; wait-free on both sides. The queue
// keeps references: a block in it stays held. Allocates only when it is constructed.
class BlockQueue {
 public:
  explicit BlockQueue(std::size_t capacity) : queue_(capacity) {}
  ~BlockQueue() {
    while (try_pop()) {
    }
  }
  BlockQueue(const BlockQueue&) = delete;
  BlockQueue& operator=(const BlockQueue&) = delete;

  // Producer only. Returns false when the queue is full: `block` is then unchanged and stays the
  // caller's.
  [[nodiscard]] bool try_push(BlockRef& block) noexcept {
    const std::uint32_t packets = block->packet_count;
    SealedBlock* raw = block.detach();
    if (queue_.push(raw)) {
      pushed_packets_.add(packets);
      return true;
    }
    block = BlockRef::adopt(raw);
    return false;
  }

  // Consumer only. Returns an empty BlockRef when nothing is queued.
  BlockRef try_pop() noexcept {
    SealedBlock* raw = nullptr;
    if (!queue_.pop(raw)) return {};
    popped_packets_.add(raw->packet_count);
    return BlockRef::adopt(raw);
  }

  // Producer only: free places.
  std::size_t free_places() const noexcept { return queue_.write_available(); }
  // Consumer only: blocks waiting.
  std::size_t waiting() const noexcept { return queue_.read_available(); }
  // Any thread: packets in the waiting blocks. Exact while neither side is active.
  std::uint64_t packets_waiting() const noexcept {
    const std::uint64_t popped = popped_packets_.get();
    const std::uint64_t pushed = pushed_packets_.get();
    return pushed > popped ? pushed - popped : 0;
  }

 private:
  boost::lockfree::spsc_queue<SealedBlock*> queue_;
  alignas(64) Counter pushed_packets_;  // added to by the producer
  alignas(64) Counter popped_packets_;  // added to by the consumer
};

}  // namespace capstan
