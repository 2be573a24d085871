// The audit's speed: packets of mixed flows through one worker, with 100 000 of them alive.
#include <benchmark/benchmark.h>
#include <malloc.h>
#include <unistd.h>

#include <fstream>
#include <random>

#include "engine/audit/auditor.h"
#include "tests/support/packet_builder.h"

namespace {

using namespace capstan;
using namespace capstan::audit;
using test::PacketSpec;

class Nobody final : public AuditSink {
 public:
  void on_session(const SessionReport&) override {}
  void on_login(const SessionReport&, const Credential&) override { ++logins; }

  std::uint64_t logins = 0;
};

constexpr std::uint32_t kFlows = 100'000;

std::uint32_t client_of(std::uint32_t flow) { return 0x0a000000 + flow * 2654435761U % 0x00ffffff; }

// What flows of a link are: web over TLS and in the clear, mail, DNS, and bulk.
PacketSpec opening(std::uint32_t flow) {
  PacketSpec spec;
  spec.source = client_of(flow);
  spec.destination = 0x0b000000 + flow % 997;
  spec.source_port = static_cast<std::uint16_t>(20000 + flow % 40000);
  spec.sequence = flow * 7919;
  switch (flow % 10) {
    case 0:
      spec.destination_port = 80;
      spec.payload = "GET / HTTP/1.1\r\nHost: example\r\nCookie: a=b\r\n\r\n";
      break;
    case 1:
      spec.destination_port = 25;
      spec.payload = "EHLO client.example\r\nMAIL FROM:<a@b>\r\n";
      break;
    case 2:
      spec.destination_port = 143;
      spec.payload = "a1 CAPABILITY\r\n";
      break;
    case 3:
    case 4:
      spec.udp = true;
      spec.destination_port = 53;
      spec.payload = std::string(40, '\x01');
      break;
    default:
      spec.destination_port = 443;
      spec.payload = std::string("\x16\x03\x01\x00\x31\x01\x00\x00\x2d\x03\x03", 11) +
                     std::string(32, 'r') + std::string("\x00\x00\x02\xc0\x2f\x01\x00", 7) +
                     std::string(4, '\0');
      break;
  }
  return spec;
}

// One packet of each flow's later life: data, or an acknowledgement without any.
PacketSpec later(std::uint32_t flow, std::uint32_t round) {
  PacketSpec spec = opening(flow);
  const auto first = static_cast<std::uint32_t>(spec.payload.size());
  if (flow % 3 == 0) {
    std::swap(spec.source, spec.destination);
    std::swap(spec.source_port, spec.destination_port);
    spec.sequence = 1 + round * 1000;
    spec.payload = std::string(1000, 'd');
  } else {
    spec.sequence += first;
    spec.payload.clear();
  }
  return spec;
}

// Memory of this process that is there now, in bytes (proc(5), statm).
double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t pages = 0;
  statm >> pages >> pages;
  return static_cast<double>(pages) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

void write_source(std::vector<std::uint8_t>& packet, std::uint32_t address) {
  constexpr std::size_t kSourceAt = 14 + 12;  // Ethernet, then IPv4
  for (std::size_t i = 0; i < 4; ++i) {
    packet[kSourceAt + i] = static_cast<std::uint8_t>(address >> (24 - 8 * i));
  }
}

// Of each 1000 packets, `range(0)` open a conversation, for which the one idle longest ends.
void mixed_flows(benchmark::State& state) {
  ::malloc_trim(0);  // what an earlier run has freed would be used again and not be seen
  const double before = resident_bytes();
  Nobody sink;
  AuditOptions options;
  options.flows.max_flows = kFlows;
  Auditor auditor(options, sink);
  std::uint64_t now = 1'700'000'000'000'000'000;
  for (std::uint32_t flow = 0; flow < kFlows; ++flow) {
    const std::vector<std::uint8_t> bytes = test::build_packet(opening(flow));
    auditor.on_packet(test::view_of(bytes, now += 1000));
  }
  const double per_flow = (resident_bytes() - before) / kFlows;
  // Packets of random flows, built once: what is measured is the audit.
  constexpr std::size_t kPackets = 1 << 18;
  std::mt19937 random(1);
  std::vector<std::vector<std::uint8_t>> store;
  std::vector<PacketView> views;
  std::vector<std::size_t> openings;
  std::vector<std::uint32_t> rounds(kFlows);
  for (std::size_t i = 0; i < kPackets; ++i) {
    const auto flow = static_cast<std::uint32_t>(random() % kFlows);
    const bool opens = static_cast<std::int64_t>(random() % 1000) < state.range(0);
    if (opens) openings.push_back(i);
    store.push_back(test::build_packet(opens ? opening(flow) : later(flow, rounds[flow]++)));
  }
  for (const auto& bytes : store) views.push_back(test::view_of(bytes, 0));
  std::uint64_t packets = 0;
  std::uint32_t client = 0xac100000;  // none of client_of()'s
  for (auto _ : state) {
    for (PacketView& view : views) view.timestamp_ns = now += 300;
    for (const std::size_t at : openings) write_source(store[at], ++client);
    auditor.on_packets(views);
    packets += views.size();
  }
  const AuditCounters counters = auditor.counters();
  state.SetItemsProcessed(static_cast<std::int64_t>(packets));
  state.counters["pool_per_flow"] = static_cast<double>(counters.pool_peak_bytes) / kFlows;
  state.counters["flows"] = static_cast<double>(counters.peak_flows);
  state.counters["flow_bytes"] = static_cast<double>(Auditor::flow_bytes());
  state.counters["session_bytes"] = static_cast<double>(Auditor::session_bytes());
  state.counters["resident_per_flow"] = per_flow;
  state.counters["flows_opened"] = static_cast<double>(counters.flows);
}
BENCHMARK(mixed_flows)->Arg(0)->Arg(20)->Unit(benchmark::kMillisecond);

// New conversations without end, each of which begins with `said`: nothing costs more.
void new_conversations(benchmark::State& state, const std::string& said, std::uint16_t port) {
  Nobody sink;
  AuditOptions options;
  options.flows.max_flows = kFlows;
  Auditor auditor(options, sink);
  PacketSpec spec;
  spec.destination_port = port;
  spec.payload = said;
  std::vector<std::uint8_t> bytes = test::build_packet(spec);
  std::uint64_t now = 1'700'000'000'000'000'000;
  std::uint32_t flow = 0;
  for (auto _ : state) {
    write_source(bytes, client_of(++flow));
    auditor.on_packet(test::view_of(bytes, now += 1000));
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["logins"] =
      static_cast<double>(sink.logins) / static_cast<double>(state.iterations());
}

// A login each, found in the first packet.
void new_logins(benchmark::State& state) {
  new_conversations(state, "USER alice\r\nPASS secret\r\n", 110);
}
BENCHMARK(new_logins);

// Text of no protocol: held against every mark, and again when the conversation ends.
void new_unknowns(benchmark::State& state) {
  new_conversations(state, "whatever this may be\r\nit is text\r\n", 40001);
}
BENCHMARK(new_unknowns);

}  // namespace

BENCHMARK_MAIN();
