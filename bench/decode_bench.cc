// Packets taken apart up to their ports and TCP fields, and packets printed as lines: packets per
// second on one core.
#include <benchmark/benchmark.h>

#include <vector>

#include "bench/bench_support.h"
#include "engine/flow/transport.h"
#include "tests/support/packet_builder.h"
#include "tools/text/ip/tcp_sequences.h"
#include "tools/text/packet_text.h"

namespace {

using namespace capstan;

// TCP and UDP over IPv4 and IPv6, with and without a VLAN tag; 1024 flows.
class MixedPackets {
 public:
  MixedPackets() {
    constexpr std::size_t kCount = 4096;
    bytes_.reserve(kCount);
    for (std::size_t i = 0; i < kCount; ++i) {
      test::PacketSpec spec;
      spec.source += static_cast<std::uint32_t>(i % 1024);
      spec.source_port = static_cast<std::uint16_t>(40000 + i % 1024);
      spec.destination_port = 9000;
      spec.sequence = static_cast<std::uint32_t>(1000 * i);
      spec.udp = i % 4 == 3;
      spec.ipv6 = i % 8 == 1;
      spec.vlan = i % 5 == 0 ? 12 : 0;
      spec.payload.assign(64 + i % 128, 'x');
      bytes_.push_back(test::build_packet(spec));
    }
    for (const std::vector<std::uint8_t>& bytes : bytes_) {
      PacketView view;
      view.data = bytes.data();
      view.caplen = view.wirelen = static_cast<std::uint32_t>(bytes.size());
      view.timestamp_ns = 1700000000000000000 + views.size() * 1000;
      views.push_back(view);
      total_bytes += bytes.size();
    }
  }

  std::vector<PacketView> views;
  std::uint64_t total_bytes = 0;

 private:
  std::vector<std::vector<std::uint8_t>> bytes_;
};

void report(benchmark::State& state, const MixedPackets& packets) {
  const auto rounds = static_cast<std::uint64_t>(state.iterations());
  bench::report_packets(state, rounds * packets.views.size(), rounds * packets.total_bytes);
}

void decode_to_transport(benchmark::State& state) {
  const MixedPackets packets;
  for (auto _ : state) {
    std::uint64_t sum = 0;
    for (const PacketView& view : packets.views) {
      if (const auto packet = read_transport(view)) {
        sum += packet->source_port + packet->sequence + packet->payload.size();
      }
    }
    benchmark::DoNotOptimize(sum);
  }
  report(state, packets);
}
BENCHMARK(decode_to_transport);

// The argument is the verbosity.
void print_lines(benchmark::State& state) {
  const MixedPackets packets;
  text::PrintOptions options;
  options.numeric = 2;
  options.verbosity = static_cast<int>(state.range(0));
  const text::Names names;
  text::TcpSequences sequences;
  text::Printer printer(options, names, sequences);
  text::PacketText text(printer, options);
  for (auto _ : state) {
    printer.out.clear();
    for (const PacketView& view : packets.views) text.print(view, {});
    benchmark::DoNotOptimize(printer.out.size());
  }
  report(state, packets);
}
BENCHMARK(print_lines)->Arg(0)->Arg(1)->ArgName("v");

}  // namespace

BENCHMARK_MAIN();
