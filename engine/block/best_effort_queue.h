// BestEffortQueue: carries sealed blocks to a consumer that may be too slow; blocks that it has no
// time for are skipped.
//
// block_queue.h is for writers, which get every block; this queue is for decoding packets while
// they are being recorded. A block in the queue is held, and the kernel waits for the oldest held
// block. The producer can therefore take back, at any time and without waiting for the consumer,
// the blocks that the consumer has not yet started on.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "engine/block/block_ref.h"
#include "engine/core/stats.h"

namespace capstan {

// One producer thread and one consumer thread; fixed capacity; wait-free on both sides; first in,
// first out. Allocates only when it is constructed.
class BestEffortQueue {
 public:
  struct TakenBack {
    std::uint64_t blocks = 0;
    std::uint64_t packets = 0;
  };

  // Requires: capacity > 0.
  explicit BestEffortQueue(std::size_t capacity)
      : capacity_(capacity), places_(std::make_unique<Place[]>(capacity)) {}
  ~BestEffortQueue() { take_back(); }
  BestEffortQueue(const BestEffortQueue&) = delete;
  BestEffortQueue& operator=(const BestEffortQueue&) = delete;

  // Producer only. Returns false when the queue is full: `block` is then unchanged and stays the
  // caller's.
  [[nodiscard]] bool try_push(BlockRef& block) noexcept {
    const std::uint64_t head = head_.load(std::memory_order_relaxed);
    // A place that was taken back still counts as occupied until the consumer has passed it: a
    // block put there earlier would be out of order. Pairs with the consumer's store of tail_.
    if (head - tail_.load(std::memory_order_acquire) == capacity_) return false;
    place(head).store(block.detach(), std::memory_order_relaxed);
    head_.store(head + 1, std::memory_order_release);  // pairs with try_pop: the place is filled
    return true;
  }

  // Producer only. Counts this block as skipped: the consumer does not get it.
  void skip(const SealedBlock& block) noexcept {
    skipped_blocks_.add(1);
    skipped_packets_.add(block.packet_count);
  }

  // Producer only. Releases all waiting blocks and counts them as skipped.
  TakenBack take_back() noexcept {
    TakenBack taken;
    const std::uint64_t head = head_.load(std::memory_order_relaxed);
    for (std::uint64_t at = tail_.load(std::memory_order_acquire); at != head; ++at) {
      const BlockRef block = take(at);
      if (!block) continue;
      ++taken.blocks;
      taken.packets += block->packet_count;
    }
    skipped_blocks_.add(taken.blocks);
    skipped_packets_.add(taken.packets);
    return taken;
  }

  // What the consumer did not get because it was too slow. Counted by the producer, readable by any
  // thread.
  std::uint64_t skipped_blocks() const noexcept { return skipped_blocks_.get(); }
  std::uint64_t skipped_packets() const noexcept { return skipped_packets_.get(); }

  // Consumer only. Returns an empty BlockRef when nothing is queued.
  BlockRef try_pop() noexcept {
    std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    while (tail != head_.load(std::memory_order_acquire)) {
      BlockRef block = take(tail);
      tail_.store(++tail, std::memory_order_release);
      if (block) return block;
    }
    return {};
  }

 private:
  using Place = std::atomic<SealedBlock*>;

  Place& place(std::uint64_t number) const noexcept { return places_[number % capacity_]; }
  // Called by both sides: the one that exchanges the pointer first gets the block.
  BlockRef take(std::uint64_t number) const noexcept {
    return BlockRef::adopt(place(number).exchange(nullptr, std::memory_order_acq_rel));
  }

  std::uint64_t capacity_;
  std::unique_ptr<Place[]> places_;
  alignas(64) std::atomic<std::uint64_t> head_{0};  // written by the producer, like the next two
  Counter skipped_blocks_;
  Counter skipped_packets_;
  alignas(64) std::atomic<std::uint64_t> tail_{0};  // written by the consumer
};

}  // namespace capstan
