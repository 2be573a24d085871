// Reading recordings: packets per second on one core through CaptureFile, from memory that stays in
// the cache.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdlib>
#include <vector>

#include "engine/reader/capture_file.h"
#include "tests/support/pcapng_builder.h"

namespace {

using namespace capstan;
using test::PcapngBuilder;

constexpr std::size_t kFileBytes = 256U << 10;

std::vector<std::uint8_t> pcapng_file(std::uint32_t size, bool swapped, std::uint8_t resolution) {
  PcapngBuilder file(swapped);
  file.section();
  file.interface(1, 0, {{9, {resolution}}});
  while (file.bytes.size() < kFileBytes) {
    file.packet(0, 1'700'000'000'000, test::pattern_bytes(size, 1), size, {{2, file.field32(1)}});
  }
  return file.bytes;
}

std::vector<std::uint8_t> pcap_file(std::uint32_t size, bool swapped) {
  const PcapngBuilder order(swapped);
  std::vector<std::uint8_t> bytes = order.field32(0xA1B2C3D4);
  PcapngBuilder::append(bytes, order.field16(2));
  PcapngBuilder::append(bytes, order.field16(4));
  for (const std::uint32_t word : {0U, 0U, 65535U, 1U}) {
    PcapngBuilder::append(bytes, order.field32(word));
  }
  while (bytes.size() < kFileBytes) {
    for (const std::uint32_t word : {1'700'000'000U, 5U, size, size}) {
      PcapngBuilder::append(bytes, order.field32(word));
    }
    bytes.resize(bytes.size() + size);
  }
  return bytes;
}

void read_through(benchmark::State& state, const std::vector<std::uint8_t>& bytes) {
  std::int64_t packets = 0;
  for (auto _ : state) {
    CaptureFile file = CaptureFile::from_bytes(bytes, "bench");
    PacketView packet;
    std::uint64_t sum = 0;
    while (file.next(packet)) {
      sum += packet.caplen + packet.timestamp_ns;
      ++packets;
    }
    benchmark::DoNotOptimize(sum);
    if (!file.end().clean()) std::abort();
  }
  state.SetItemsProcessed(packets);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}

void read_pcapng(benchmark::State& state) {
  read_through(state, pcapng_file(static_cast<std::uint32_t>(state.range(0)), false, 9));
}
void read_pcapng_microseconds(benchmark::State& state) {
  read_through(state, pcapng_file(static_cast<std::uint32_t>(state.range(0)), false, 6));
}
void read_pcapng_swapped(benchmark::State& state) {
  read_through(state, pcapng_file(static_cast<std::uint32_t>(state.range(0)), true, 9));
}
void read_pcap(benchmark::State& state) {
  read_through(state, pcap_file(static_cast<std::uint32_t>(state.range(0)), false));
}
BENCHMARK(read_pcapng)->Arg(60)->Arg(1514);
BENCHMARK(read_pcapng_microseconds)->Arg(60);
BENCHMARK(read_pcapng_swapped)->Arg(60);
BENCHMARK(read_pcap)->Arg(60)->Arg(1514);

}  // namespace

BENCHMARK_MAIN();
