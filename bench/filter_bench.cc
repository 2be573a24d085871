// What a capture filter costs a packet: the classic BPF program run by libpcap's interpreter. The
// kernel compiles it, so there it costs less; the order among filters is the same.
#include <benchmark/benchmark.h>
#include <pcap/pcap.h>

#include <memory>
#include <vector>

#include "bench/bench_support.h"
#include "engine/core/check.h"

namespace {

using namespace capstan;

constexpr const char* kFilters[] = {
    "", "tcp", "host 192.0.2.1 and port 443",
    "(tcp port 80 or tcp port 443 or udp port 53) and not net 198.51.100.0/24"};

struct ClosePcap {
  void operator()(pcap_t* handle) const noexcept { ::pcap_close(handle); }
};

// An IPv4 TCP packet to port 443 in Ethernet.
std::vector<std::uint8_t> tcp_packet(std::uint32_t size) {
  std::vector<std::uint8_t> packet(size);
  packet[12] = 0x08;
  packet[14] = 0x45;
  packet[23] = 6;
  const std::uint8_t addresses[] = {192, 0, 2, 1, 203, 0, 113, 9};
  std::copy(std::begin(addresses), std::end(addresses), packet.begin() + 26);
  packet[36] = 443 >> 8;
  packet[37] = 443 & 0xFF;
  return packet;
}

void run_filter(benchmark::State& state) {
  const std::unique_ptr<pcap_t, ClosePcap> handle(::pcap_open_dead(DLT_EN10MB, 262144));
  bpf_program program{};
  const char* text = kFilters[state.range(1)];
  CAPSTAN_CHECK(::pcap_compile(handle.get(), &program, text, 1, PCAP_NETMASK_UNKNOWN) == 0);
  const std::vector<std::uint8_t> packet = tcp_packet(bench::frame_size(state.range(0), 0));
  const auto size = static_cast<unsigned>(packet.size());
  for (auto _ : state) {
    benchmark::DoNotOptimize(::bpf_filter(program.bf_insns, packet.data(), size, size));
  }
  state.SetLabel(text[0] == '\0' ? "no filter" : text);
  const auto packets = static_cast<std::uint64_t>(state.iterations());
  bench::report_packets(state, packets, packets * packet.size());
  ::pcap_freecode(&program);
}
BENCHMARK(run_filter)->ArgsProduct({{60, 1514}, {0, 1, 2, 3}})->ArgNames({"bytes", "filter"});

}  // namespace

BENCHMARK_MAIN();
