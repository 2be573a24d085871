// SealedBlock and BlockRef: one sealed ring block, and a shared reference that keeps it held.
//
// The capture thread seals a block, makes the first BlockRef and passes copies to the consumers
// through BlockQueues. When the last BlockRef is dropped, the memory goes back to its home (the
// ring and thereby the kernel).
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include "engine/block/packet_view.h"

namespace capstan {

struct SealedBlock;

// The owner that blocks return to: the Ring in production; tests provide blocks of their own.
class BlockHome {
 public:
  // Called once per sealing of a block, by the thread that dropped the last BlockRef. Never blocks.
  virtual void release(SealedBlock& block) noexcept = 0;

 protected:
  ~BlockHome() = default;
};

// One block of valid pcapng: a BlockHead, an Interface Statistics Block, then Enhanced Packet
// Blocks. Written by the capture thread before the first BlockRef exists, read-only from then on.
// Each SealedBlock has its own cache line, so that two threads that release neighbouring blocks do
// not contend for one.
struct alignas(64) SealedBlock {
  std::uint8_t* data = nullptr;
  std::uint32_t size_bytes = 0;          // a multiple of the alignment the sealer was given
  std::uint32_t packet_count = 0;        // Enhanced Packet Blocks in it
  std::uint64_t captured_bytes = 0;      // sum of the captured lengths
  std::uint64_t first_timestamp_ns = 0;  // of the first and last packet; 0 without packets
  std::uint64_t last_timestamp_ns = 0;
  std::uint16_t ring = 0;       // index of the ring within the capture
  std::uint16_t link_type = 0;  // of all its packets
  // Number of living BlockRefs. The last decrement (acq_rel) orders the reads of all consumers
  // before the release.
  std::atomic<std::uint32_t> references{0};
  // Used by the home only: true from sealing until the memory really is back with its owner, which
  // is slightly after the last reference is dropped.
  std::atomic<bool> held{false};
  BlockHome* home = nullptr;
};

// A counted reference to one sealed block of a Ring. The kernel cannot reuse the block's memory
// while any BlockRef to it lives; destroying the last one releases it (one atomic store, on any
// thread, never blocks). Must not outlive its home (the Ring's destructor checks this).
class [[nodiscard]] BlockRef {
 public:
  BlockRef() noexcept = default;
  // Takes ownership of one reference that is already counted.
  static BlockRef adopt(SealedBlock* block) noexcept { return BlockRef(block); }
  // Makes the first reference to a block that was just sealed. Requires that no other exists.
  static BlockRef first(SealedBlock& block) noexcept {
    block.references.store(1, std::memory_order_relaxed);  // the carrying queue publishes it
    return BlockRef(&block);
  }
  BlockRef(const BlockRef& other) noexcept : block_(other.block_) {
    if (block_ != nullptr) block_->references.fetch_add(1, std::memory_order_relaxed);
  }
  BlockRef(BlockRef&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  BlockRef& operator=(BlockRef other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~BlockRef() { reset(); }

  void reset() noexcept {
    SealedBlock* block = std::exchange(block_, nullptr);
    if (block != nullptr && block->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      block->home->release(*block);
    }
  }
  // Gives up ownership of the counted reference, which adopt() takes over elsewhere.
  [[nodiscard]] SealedBlock* detach() noexcept { return std::exchange(block_, nullptr); }

  explicit operator bool() const noexcept { return block_ != nullptr; }
  const SealedBlock& operator*() const noexcept { return *block_; }
  const SealedBlock* operator->() const noexcept { return block_; }

 private:
  explicit BlockRef(SealedBlock* block) noexcept : block_(block) {}
  SealedBlock* block_ = nullptr;
};

}  // namespace capstan
