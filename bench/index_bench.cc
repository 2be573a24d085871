// Indexing sealed blocks: packets per second on one core, and how large the index is.
//
// What is in a figure: walking the blocks (which come from memory, not from the cache), reading
// each packet's headers, the table of the block, merging into the rows of the file; with "whole",
// also sorting and encoding the index at the end of the file. Not in it: reading the recording from
// disk.
#include <benchmark/benchmark.h>

#include <random>

#include "bench/bench_support.h"
#include "bench/perf_counters.h"
#include "engine/block/packet_walk.h"
#include "engine/core/read_ahead.h"
#include "engine/index/index_builder.h"
#include "tests/support/packet_builder.h"

namespace {

using namespace capstan;

constexpr std::size_t kBlockBytes = 1U << 20;
constexpr std::size_t kBlocks = 128;
constexpr std::uint64_t kRounds = 8;  // so many times are the blocks walked: a file of 1 GiB
constexpr std::int64_t kScan = 0;     // flows: every packet its own

// Sealed blocks of TCP packets. Flows are drawn evenly, and send bursts of one to four packets (2.3
// in the mean) or of one.
class FlowBlocks {
 public:
  FlowBlocks(std::int64_t size_argument, std::int64_t flows, bool bursts)
      : memory_(kBlocks * kBlockBytes),
        size_argument_(size_argument),
        flows_(flows),
        bursts_(bursts) {
    for (std::size_t i = 0; i < kBlocks; ++i) fill(i);
  }

  std::span<const std::uint8_t> block(std::size_t i) const noexcept {
    return {&memory_[i * kBlockBytes], sizes_[i]};
  }
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;

 private:
  void fill(std::size_t number) {
    test::RingBlockBuilder builder(kBlockBytes, SlotKind::kEthernet, number + 1);
    test::RingFrame frame;
    do {
      next(frame.data);
      frame.timestamp_ns = now_ += 1000;
    } while (builder.try_add(frame));
    builder.close();
    std::uint8_t* const at = &memory_[number * kBlockBytes];
    std::memcpy(at, builder.data(), kBlockBytes);
    SealContext context;
    context.block_size_bytes = kBlockBytes;
    const SealResult result = seal_block(at, context, {});
    sizes_.push_back(result.size_bytes);
    packets += result.packet_count;
    bytes += result.size_bytes;
  }

  void next(std::vector<std::uint8_t>& data) {
    if (left_ == 0) {
      constexpr unsigned kBurst[] = {1, 2, 2, 4, 2, 3, 2, 1, 4, 2};
      left_ = bursts_ ? kBurst[random_() % std::size(kBurst)] : 1;
      const auto flow = static_cast<std::uint32_t>(
          flows_ == kScan ? random_() : random_() % static_cast<std::uint32_t>(flows_));
      spec_.source = 0x0a000000 + flow % 60'000;
      spec_.destination =
          flows_ == kScan ? static_cast<std::uint32_t>(random_()) : 0xc0a80000 + flow % 999;
      spec_.source_port = static_cast<std::uint16_t>(1024 + flow * 7 % 60'000);
      spec_.destination_port = flow % 3 == 0 ? 80 : 443;
    }
    --left_;
    test::PacketSpec spec = spec_;
    const bool back = random_() % 2 == 0;
    if (back) {
      std::swap(spec.source, spec.destination);
      std::swap(spec.source_port, spec.destination_port);
    }
    data = test::build_packet(spec);
    if (back) std::swap_ranges(data.begin(), data.begin() + 6, data.begin() + 6);
    data.resize(std::max<std::size_t>(bench::frame_size(size_argument_, count_++), data.size()));
  }

  std::vector<std::uint8_t> memory_;
  std::vector<std::uint32_t> sizes_;
  std::int64_t size_argument_;
  std::int64_t flows_;
  bool bursts_;
  std::mt19937 random_{1};
  test::PacketSpec spec_;
  unsigned left_ = 0;
  std::size_t count_ = 0;
  std::uint64_t now_ = 1'700'000'000'000'000'000;
};

void add_block(IndexBuilder& builder, std::span<const std::uint8_t> bytes, IndexBlock& block) {
  static const std::uint16_t link_types[] = {link_type::kEthernet};
  PacketWalk walk(bytes, link_types);
  PacketView packet;
  ReadAhead ahead;
  while (walk.next(packet)) {
    ahead.at(packet.data);
    builder.add_packet(packet);
  }
  block.length_bytes = bytes.size();
  builder.end_block(block);
  block.offset += bytes.size();
}

void index(benchmark::State& state) {
  const FlowBlocks blocks(state.range(0), state.range(1), state.range(2) != 0);
  const bool whole = state.range(3) != 0;
  std::uint64_t index_bytes = 0;
  std::uint64_t many = 0;
  bench::PerfCounters counters;
  counters.start();
  for (auto _ : state) {
    IndexBuilder builder{IndexLimits{}};
    IndexBlock place;
    for (std::uint64_t round = 0; round < kRounds; ++round) {
      for (std::size_t i = 0; i < kBlocks; ++i) add_block(builder, blocks.block(i), place);
    }
    if (!whole) continue;
    IndexedFile file;
    file.identity.size_bytes = place.offset;
    file.sections.push_back({});
    const std::vector<std::uint8_t> bytes = builder.finish(file);
    index_bytes = bytes.size();
    benchmark::DoNotOptimize(bytes.data());
    const IndexReader::Opened opened = IndexReader::from_bytes_unchecked(bytes);
    many = opened.reader ? opened.reader->summary().many_blocks : 0;
  }
  counters.stop();
  const auto rounds = static_cast<std::uint64_t>(state.iterations()) * kRounds;
  bench::report_packets(state, rounds * blocks.packets, rounds * blocks.bytes);
  counters.report(state, rounds * blocks.packets);
  if (!whole) return;
  state.counters["index_percent"] =
      100.0 * static_cast<double>(index_bytes) / static_cast<double>(kRounds * blocks.bytes);
  state.counters["many_blocks"] = static_cast<double>(many);
}
BENCHMARK(index)
    ->ArgsProduct({{bench::kImix}, {1000, 100'000}, {0, 1}, {0, 1}})
    ->Args({1514, 100'000, 1, 1})
    ->Args({60, 100'000, 1, 1})
    ->Args({60, kScan, 0, 1})
    ->ArgNames({"bytes", "flows", "bursts", "whole"})
    ->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
