// TestRing: a ring without a kernel. Its blocks are laid out as the kernel lays them out and sealed
// by seal_block; a block given back is poisoned, so that whoever still reads it is caught.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <vector>

#include "engine/block/block_ref.h"
#include "engine/capture/seal.h"
#include "tests/support/ring_block_builder.h"

namespace capstan::test {

class TestRing final : public BlockHome {
 public:
  TestRing(std::uint16_t ring, std::uint32_t interface_id, std::uint32_t block_size_bytes)
      : ring_(ring), interface_id_(interface_id), block_size_bytes_(block_size_bytes) {}

  // A sealed block of these frames, which must fit.
  BlockRef make(const std::vector<RingFrame>& frames, const SealLedger& ledger = {}) {
    auto& slot = slots_.emplace_back(std::make_unique<Slot>(block_size_bytes_, slots_.size() + 1));
    for (const RingFrame& frame : frames) EXPECT_TRUE(slot->builder.try_add(frame));
    SealContext context;
    context.interface_id = interface_id_;
    context.ring = ring_;
    context.block_size_bytes = block_size_bytes_;
    const SealResult result = seal_block(slot->builder.close(), context, ledger);
    EXPECT_EQ(result.packet_count, frames.size());
    SealedBlock& block = slot->block;
    block.data = slot->builder.data();
    block.size_bytes = result.size_bytes;
    block.packet_count = result.packet_count;
    block.captured_bytes = result.captured_bytes;
    block.first_timestamp_ns = result.first_timestamp_ns;
    block.last_timestamp_ns = result.last_timestamp_ns;
    block.ring = ring_;
    block.link_type = link_type::kEthernet;
    block.home = this;
    block.held.store(true);
    ++held_;
    return BlockRef::first(block);
  }

  void release(SealedBlock& block) noexcept override {
    EXPECT_TRUE(block.held.exchange(false)) << "a block was given back twice";
    std::memset(block.data, 0xEE, block_size_bytes_);
    --held_;
  }

  std::size_t held() const noexcept { return held_; }
  bool owns(const std::uint8_t* at) const {
    for (const auto& slot : slots_) {
      if (at >= slot->builder.data() && at < slot->builder.data() + block_size_bytes_) return true;
    }
    return false;
  }

 private:
  struct Slot {
    Slot(std::uint32_t size, std::uint64_t sequence)
        : builder(size, SlotKind::kEthernet, sequence) {}
    RingBlockBuilder builder;
    SealedBlock block;
  };

  std::uint16_t ring_;
  std::uint32_t interface_id_;
  std::uint32_t block_size_bytes_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::atomic<std::size_t> held_{0};
};

}  // namespace capstan::test
