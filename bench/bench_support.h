// What the micro-benchmarks share: frame sizes, blocks as the kernel makes them, and counters.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "engine/block/block_ref.h"
#include "engine/capture/seal.h"
#include "tests/support/ring_block_builder.h"

namespace capstan::bench {

// Frame sizes as arguments; kImix stands for the mix 7 x 60, 4 x 594, 1 x 1514 (IMIX without FCS).
inline constexpr std::int64_t kImix = 0;
inline const std::vector<std::int64_t> kFrameSizes = {60, 594, 1514, kImix};

inline std::uint32_t frame_size(std::int64_t argument, std::size_t number) {
  constexpr std::uint32_t kMix[] = {60, 60, 594, 60, 594, 60, 1514, 60, 594, 60, 594, 60};
  return argument == kImix ? kMix[number % std::size(kMix)] : static_cast<std::uint32_t>(argument);
}

// `count` ring blocks next to each other as the kernel hands them over, before they are sealed.
struct RawBlocks {
  RawBlocks(std::int64_t size_argument, std::size_t block_count, std::uint32_t block_bytes)
      : count(block_count), block_size_bytes(block_bytes), bytes(block_count * block_bytes) {
    for (std::size_t block = 0; block < count; ++block) {
      test::RingBlockBuilder builder(block_size_bytes, SlotKind::kEthernet, block + 1);
      test::RingFrame frame;
      do {
        frame.data.assign(frame_size(size_argument, packets + builder.packets()), 0x5A);
        frame.timestamp_ns += 1'000;
      } while (builder.try_add(frame));
      packets += builder.packets();
      builder.close();
      std::memcpy(&bytes[block * block_size_bytes], builder.data(), block_size_bytes);
    }
  }
  std::size_t count;
  std::uint32_t block_size_bytes;
  std::size_t packets = 0;
  std::vector<std::uint8_t> bytes;
};

// Block-aligned memory that blocks are copied into to be sealed.
class BlockMemory {
 public:
  explicit BlockMemory(const RawBlocks& raw)
      : memory_(static_cast<std::uint8_t*>(std::aligned_alloc(4096, raw.bytes.size()))) {
    refill(raw);
  }
  void refill(const RawBlocks& raw) {
    std::memcpy(memory_.get(), raw.bytes.data(), raw.bytes.size());
  }
  std::uint8_t* data() const noexcept { return memory_.get(); }

 private:
  struct Free {
    void operator()(std::uint8_t* memory) const noexcept { std::free(memory); }
  };
  std::unique_ptr<std::uint8_t, Free> memory_;
};

// Sealed blocks that can be handed out again and again.
class SealedBlocks final : public BlockHome {
 public:
  explicit SealedBlocks(const RawBlocks& raw)
      : memory_(raw), blocks_(std::make_unique<SealedBlock[]>(raw.count)), count_(raw.count) {
    SealContext context;
    context.block_size_bytes = raw.block_size_bytes;
    for (std::size_t i = 0; i < count_; ++i) {
      SealedBlock& block = blocks_[i];
      block.data = memory_.data() + i * raw.block_size_bytes;
      const SealResult result = seal_block(block.data, context, {});
      block.size_bytes = result.size_bytes;
      block.packet_count = result.packet_count;
      block.captured_bytes = result.captured_bytes;
      block.home = this;
      captured_bytes += result.captured_bytes;
      packets += result.packet_count;
    }
  }
  void release(SealedBlock&) noexcept override {}
  BlockRef take(std::size_t index) noexcept { return BlockRef::first(blocks_[index]); }
  const SealedBlock& operator[](std::size_t index) const noexcept { return blocks_[index]; }
  std::size_t count() const noexcept { return count_; }

  std::uint64_t captured_bytes = 0;
  std::uint64_t packets = 0;

 private:
  BlockMemory memory_;
  std::unique_ptr<SealedBlock[]> blocks_;
  std::size_t count_;
};

// Packets per second and per packet nanoseconds, and bytes per second, from the time measured.
inline void report_packets(benchmark::State& state, std::uint64_t packets, std::uint64_t bytes) {
  state.SetItemsProcessed(static_cast<std::int64_t>(packets));
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
  state.counters["ns/packet"] =
      benchmark::Counter(static_cast<double>(packets) / 1e9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

}  // namespace capstan::bench
