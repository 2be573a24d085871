// BlockQueue: sealed blocks from one capture thread to one consumer, without locks.
#pragma once

#include <boost/lockfree/spsc_queue.hpp>
#include <cstddef>

#include "engine/block/block_ref.h"

namespace capstan {

// One producer thread, one consumer thread, fixed capacity, wait-free on both sides. Carries holds
// on blocks: a block in the queue stays held. Allocates once, when made.
class BlockQueue {
 public:
  explicit BlockQueue(std::size_t capacity) : queue_(capacity) {}
  ~BlockQueue() {
    while (try_pop()) {
    }
  }
  BlockQueue(const BlockQueue&) = delete;
  BlockQueue& operator=(const BlockQueue&) = delete;

  // Producer. False when full: `block` is then untouched and still the caller's.
  [[nodiscard]] bool try_push(BlockRef& block) noexcept {
    SealedBlock* raw = block.detach();
    if (queue_.push(raw)) return true;
    block = BlockRef::adopt(raw);
    return false;
  }

  // Consumer. An empty BlockRef when nothing is queued.
  BlockRef try_pop() noexcept {
    SealedBlock* raw = nullptr;
    return queue_.pop(raw) ? BlockRef::adopt(raw) : BlockRef();
  }

  // Producer: places left.
  std::size_t free_places() const noexcept { return queue_.write_available(); }
  // Consumer: blocks waiting.
  std::size_t waiting() const noexcept { return queue_.read_available(); }

 private:
  boost::lockfree::spsc_queue<SealedBlock*> queue_;
};

}  // namespace capstan
