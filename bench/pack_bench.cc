// Packing: sealed blocks copied into dense records, up to the hand-over to the disk. The target is
// /dev/null, so that nothing but our own work is measured.
#include <benchmark/benchmark.h>

#include <atomic>

#include "bench/bench_support.h"
#include "bench/perf_counters.h"
#include "engine/core/check.h"
#include "writers/recording/recording_writer.h"

namespace {

using namespace capstan;

void record(benchmark::State& state, FileFormat format, Layout layout) {
  const bench::RawBlocks raw(state.range(0), static_cast<std::size_t>(state.range(1)), 1U << 20);
  bench::SealedBlocks blocks(raw);
  const std::atomic<bool> abandon{false};
  RecordingOptions options;
  options.file.path = "/dev/null";
  options.format = format;
  options.layout = layout;
  options.header.interfaces.resize(1);
  options.blocks_per_ring = {static_cast<std::uint32_t>(blocks.count())};
  RecordingWriter writer(std::move(options), abandon);
  bench::PerfCounters counters;
  counters.start();
  for (auto _ : state) {
    for (std::size_t block = 0; block < blocks.count(); ++block) {
      while (!writer.has_room()) writer.wait(1'000);
      writer.accept(blocks.take(block));
      writer.pump();
    }
  }
  counters.stop();
  CAPSTAN_CHECK(writer.finish({}) == 0);
  const auto rounds = static_cast<std::uint64_t>(state.iterations());
  bench::report_packets(state, rounds * blocks.packets, rounds * blocks.captured_bytes);
  counters.report(state, rounds * blocks.packets);
}

void pack_pcapng(benchmark::State& state) { record(state, FileFormat::kPcapng, Layout::kPacked); }
void pack_pcap(benchmark::State& state) {
  record(state, FileFormat::kPcapNanoseconds, Layout::kPacked);
}
void pass_in_place(benchmark::State& state) {
  record(state, FileFormat::kPcapng, Layout::kInPlace);
}

// Blocks of 1 MiB: 4 of them are in L3, 128 come from memory.
BENCHMARK(pack_pcapng)->ArgsProduct({bench::kFrameSizes, {4, 128}})->ArgNames({"bytes", "MiB"});
BENCHMARK(pack_pcap)->ArgsProduct({bench::kFrameSizes, {4, 128}})->ArgNames({"bytes", "MiB"});
BENCHMARK(pass_in_place)->ArgsProduct({bench::kFrameSizes, {4}})->ArgNames({"bytes", "MiB"});

}  // namespace

BENCHMARK_MAIN();
