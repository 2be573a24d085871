// Sealing: packets per second on one core.
//
// Sealing consumes a block, so the blocks are copied anew before each timed pass. Where the bytes
// lie while being sealed decides the time: "KiB" blocks that fit the L2 cache are still there from
// the copy; a set larger than that comes from L3, and one larger than L3 from memory. A ring's
// blocks were written by the kernel a moment ago and are in L3 mostly, or in memory.
#include <benchmark/benchmark.h>

#include "bench/bench_support.h"
#include "bench/perf_counters.h"
#include "engine/core/clock.h"

namespace {

using namespace capstan;

void seal(benchmark::State& state) {
  const auto total_bytes = static_cast<std::size_t>(state.range(1)) << 10;
  const std::uint32_t block_bytes =
      static_cast<std::uint32_t>(std::min<std::size_t>(total_bytes, 1U << 20));
  const bench::RawBlocks raw(state.range(0), total_bytes / block_bytes, block_bytes);
  bench::BlockMemory memory(raw);
  SealContext context;
  context.block_size_bytes = block_bytes;
  bench::PerfCounters counters;
  std::uint64_t packets = 0;
  for (auto _ : state) {
    memory.refill(raw);
    counters.start();
    const std::uint64_t begin = monotonic_clock_ns();
    for (std::size_t block = 0; block < raw.count; ++block) {
      const SealResult result =
          seal_block(memory.data() + block * raw.block_size_bytes, context, {});
      packets += result.packet_count;
    }
    const std::uint64_t end = monotonic_clock_ns();
    counters.stop();
    state.SetIterationTime(static_cast<double>(end - begin) / 1e9);
  }
  bench::report_packets(state, packets,
                        static_cast<std::uint64_t>(state.iterations()) * raw.bytes.size());
  counters.report(state, packets);
}
BENCHMARK(seal)
    ->ArgsProduct({bench::kFrameSizes, {128, 4096, 131072}})
    ->ArgNames({"bytes", "KiB"})
    ->UseManualTime();

}  // namespace

BENCHMARK_MAIN();
