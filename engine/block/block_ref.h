// SealedBlock and BlockRef: one sealed ring block, and the shared hold on it.
//
// The capture thread seals a block, makes the first BlockRef and hands copies to each consumer
// through a BlockQueue. The last BlockRef dropped gives the memory back to its home (the ring,
// hence the kernel).
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include "engine/block/packet_view.h"

namespace capstan {

struct SealedBlock;

// Where blocks return to. The ring in production; tests make blocks of their own.
class BlockHome {
 public:
  // Called once per block, by whichever thread dropped the last BlockRef. Never blocks.
  virtual void release(SealedBlock& block) noexcept = 0;

 protected:
  ~BlockHome() = default;
};

// One block of valid pcapng: a BlockHead, an Interface Statistics Block, then Enhanced Packet
// Blocks. Written by the capture thread before the first BlockRef exists, read-only from then on.
// One cache line each, so that two threads releasing neighbours do not share one.
struct alignas(64) SealedBlock {
  std::uint8_t* data = nullptr;
  std::uint32_t size_bytes = 0;          // a multiple of the alignment the sealer was given
  std::uint32_t packet_count = 0;        // Enhanced Packet Blocks within
  std::uint64_t captured_bytes = 0;      // sum of their caplens
  std::uint64_t first_timestamp_ns = 0;  // of the first and last packet; 0 without packets
  std::uint64_t last_timestamp_ns = 0;
  std::uint16_t ring = 0;       // index of the ring within the capture
  std::uint16_t link_type = 0;  // of every packet within
  // Live BlockRefs. The last decrement (acq_rel) orders every consumer's reads before the release.
  std::atomic<std::uint32_t> references{0};
  // For the home alone: true from sealing until the memory has really been given back, which is a
  // little after the last reference went.
  std::atomic<bool> held{false};
  BlockHome* home = nullptr;
};

// A hold on one sealed block of a Ring. While any BlockRef to a block lives the kernel cannot reuse
// that memory; destroying the last one releases it (one atomic store, any thread, never blocks).
// Lifetime: must not outlive its home (the Ring's destructor checks).
class [[nodiscard]] BlockRef {
 public:
  BlockRef() noexcept = default;
  // Takes over one already counted reference.
  static BlockRef adopt(SealedBlock* block) noexcept { return BlockRef(block); }
  // The first reference to a block just sealed. Requires: no other exists.
  static BlockRef first(SealedBlock& block) noexcept {
    block.references.store(1, std::memory_order_relaxed);  // published by the queue that carries it
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
  // Gives the counted reference away, to be adopted elsewhere.
  [[nodiscard]] SealedBlock* detach() noexcept { return std::exchange(block_, nullptr); }

  explicit operator bool() const noexcept { return block_ != nullptr; }
  const SealedBlock& operator*() const noexcept { return *block_; }
  const SealedBlock* operator->() const noexcept { return block_; }

 private:
  explicit BlockRef(SealedBlock* block) noexcept : block_(block) {}
  SealedBlock* block_ = nullptr;
};

}  // namespace capstan
