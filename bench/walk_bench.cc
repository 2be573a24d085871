// Walking sealed blocks: packets per second on one core.
#include <benchmark/benchmark.h>

#include "bench/bench_support.h"
#include "bench/perf_counters.h"
#include "engine/block/packet_walk.h"

namespace {

using namespace capstan;

void walk(benchmark::State& state) {
  const auto total_bytes = static_cast<std::size_t>(state.range(1)) << 10;
  const auto block_bytes = static_cast<std::uint32_t>(std::min<std::size_t>(total_bytes, 1U << 20));
  const bench::RawBlocks raw(state.range(0), total_bytes / block_bytes, block_bytes);
  const bench::SealedBlocks blocks(raw);
  const std::uint16_t link_types[] = {link_type::kEthernet};
  bench::PerfCounters counters;
  counters.start();
  for (auto _ : state) {
    std::uint64_t sum = 0;
    for (std::size_t block = 0; block < blocks.count(); ++block) {
      PacketWalk walk({blocks[block].data, blocks[block].size_bytes}, link_types);
      PacketView packet;
      while (walk.next(packet)) sum += packet.caplen + static_cast<std::uint64_t>(packet.direction);
    }
    benchmark::DoNotOptimize(sum);
  }
  counters.stop();
  const auto rounds = static_cast<std::uint64_t>(state.iterations());
  bench::report_packets(state, rounds * blocks.packets, rounds * raw.bytes.size());
  counters.report(state, rounds * blocks.packets);
}
// 128 KiB stay in the L2 cache, 4 MiB in L3, 128 MiB come from memory.
BENCHMARK(walk)->ArgsProduct({bench::kFrameSizes, {128, 4096, 131072}})->ArgNames({"bytes", "KiB"});

}  // namespace

BENCHMARK_MAIN();
