#include "tools/blast/blast_cli.h"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "tools/common/command_line.h"
#include "tools/traffic/flow_mix.h"
#include "tools/traffic/frame_format.h"

namespace capstan::tools {

namespace {

using traffic::EngineChoice;
using traffic::XdpDirection;

// Options as text, before they are understood.
struct RawOptions {
  std::string engine = "auto";
  std::string direction = "out";
  std::string size = "64";
  std::string count;
  std::string duration;
  std::string pps;
  std::string bps;
  std::string burst;
  std::string vlan;
  std::string flows = "1";
  std::string stream = "0";
  std::string first = "0";
  std::string source_mac;
  std::string destination_mac;
  std::string speed;
  std::string loops;
  int cpu = -1;
};

constexpr double kMostFrames = 1e18;
constexpr double kMostSeconds = 86400;

void add_options(CommandLine& app, RawOptions& raw, BlastCommandLine& line) {
  app.add_option("-i,--interface", line.blast.interface, "Interface to send on").required();
  app.add_option("--netns", line.netns, "Network namespace of the interface: name or path");
  app.add_option("--engine", raw.engine,
                 "auto, xdp (BPF_PROG_RUN, root) or ring (PACKET_TX_RING); auto tries xdp first");
  app.add_option("--direction", raw.direction,
                 "out: sent by the interface; in: into its own receive path (xdp only)");
  app.add_option("-s,--size", raw.size,
                 "Frame size in bytes without FCS: N, imix, A-B, or a list SIZE[:WEIGHT],...");
  app.add_option("-c,--count", raw.count, "Stop after so many frames (k, M, G understood)");
  app.add_option("-d,--duration", raw.duration,
                 "Stop after so many seconds (10 when neither bound is given)");
  app.add_option("--pps", raw.pps, "Frames a second (k, M, G understood)");
  app.add_option("--bps", raw.bps, "Bits a second, of the frames without FCS");
  app.add_option("--burst", raw.burst, "ON:OFF in milliseconds: send only in the first of them");
  app.add_option("--vlan", raw.vlan, "VLAN tag: ID, or OUTER,INNER for QinQ");
  app.add_flag("-6,--ipv6", line.blast.frames.ipv6, "IPv6 instead of IPv4");
  app.add_option("--flows", raw.flows, "Number of flows (addresses and ports), up to a million");
  app.add_option("--zipf", line.blast.frames.zipf_exponent,
                 "Popularity of flow k is 1/k^Z; 0: all alike (default 1)");
  app.add_option("--seed", line.blast.frames.seed, "Seed of the order of flows");
  app.add_option("--stream", raw.stream, "Stream number written into every frame");
  app.add_option("--first", raw.first, "First sequence number");
  app.add_option("--src-mac", raw.source_mac, "Source address");
  app.add_option("--dst-mac", raw.destination_mac, "Destination address");
  app.add_option("--replay", line.blast.replay.path,
                 "Send the packets of this recording (pcap, pcapng, stenotype) instead");
  app.add_option("--speed", raw.speed,
                 "Replay at so many times its own timing, or top (default 1)");
  app.add_option("--loops", raw.loops, "Replay so many times (default 1)");
  app.add_option("--cpu", raw.cpu, "Pin to this CPU");
  app.add_flag("--json", line.json, "The result as JSON on standard output");
  app.add_flag("--yes-really", line.blast.allow_any_interface,
               "Allow an interface that is neither veth nor loopback nor in a namespace");
}

std::uint64_t parse_count(std::string_view text, std::string_view option, double most) {
  const double value = parse_quantity(text, option, most);
  if (value != std::floor(value)) {
    throw UsageError(fmt::format("{} '{}' is no whole number", option, text));
  }
  return static_cast<std::uint64_t>(value);
}

std::uint64_t parse_milliseconds(std::string_view text) {
  const double value = parse_quantity(text, "--burst", 1e7);
  if (value <= 0) throw UsageError("--burst: both times must be more than 0 ms");
  return static_cast<std::uint64_t>(
      std::llround(value * static_cast<double>(kNanosecondsPerMillisecond)));
}

void read_burst(const std::string& text, traffic::PaceOptions& pace) {
  if (text.empty()) return;
  const std::size_t colon = text.find(':');
  if (colon == text.npos) {
    throw UsageError(
        fmt::format("--burst '{}': write ON:OFF in milliseconds, for example 10:90", text));
  }
  pace.burst_on_ns = parse_milliseconds(std::string_view(text).substr(0, colon));
  pace.burst_off_ns = parse_milliseconds(std::string_view(text).substr(colon + 1));
}

void read_vlans(std::string_view text, std::vector<std::uint16_t>& vlans) {
  if (text.empty()) return;
  while (true) {
    const std::size_t comma = text.find(',');
    vlans.push_back(static_cast<std::uint16_t>(parse_count(text.substr(0, comma), "--vlan", 4095)));
    if (comma == text.npos) return;
    text.remove_prefix(comma + 1);
  }
}

void read_choices(const RawOptions& raw, traffic::BlastOptions& blast) {
  if (raw.engine == "xdp") {
    blast.engine = EngineChoice::kXdp;
  } else if (raw.engine == "ring") {
    blast.engine = EngineChoice::kRing;
  } else if (raw.engine != "auto") {
    throw UsageError(fmt::format("--engine '{}' is none of auto, xdp, ring", raw.engine));
  }
  if (raw.direction == "in") {
    blast.direction = XdpDirection::kIn;
  } else if (raw.direction != "out") {
    throw UsageError(fmt::format("--direction '{}' is neither out nor in", raw.direction));
  }
}

void read_bounds(const RawOptions& raw, traffic::BlastOptions& blast) {
  if (!raw.count.empty()) {
    blast.count = parse_count(raw.count, "--count", kMostFrames);
    if (blast.count == 0) throw UsageError("--count 0: at least one frame");
  }
  if (!raw.duration.empty()) {
    const double seconds = parse_quantity(raw.duration, "--duration", kMostSeconds);
    if (seconds <= 0) throw UsageError("--duration must be more than 0 seconds");
    blast.duration_ns = static_cast<std::uint64_t>(
        std::llround(seconds * static_cast<double>(kNanosecondsPerSecond)));
  }
  if (blast.count == 0 && blast.duration_ns == 0 && blast.replay.path.empty()) {
    blast.duration_ns = 10 * kNanosecondsPerSecond;
  }
}

double parse_rate(const std::string& text, std::string_view option) {
  if (text.empty()) return 0;
  const double rate = parse_quantity(text, option, 1e13);
  if (rate < 0.01) throw UsageError(fmt::format("{} '{}' is less than 0.01", option, text));
  return rate;
}

void read_replay(const RawOptions& raw, traffic::ReplayOptions& replay) {
  if (replay.path.empty()) {
    if (!raw.speed.empty() || !raw.loops.empty()) {
      throw UsageError("--speed and --loops are for --replay");
    }
    return;
  }
  if (raw.speed == "top") {
    replay.speed = 0;
  } else if (!raw.speed.empty()) {
    replay.speed = parse_quantity(raw.speed, "--speed", 1e6);
    if (replay.speed < 1e-6) throw UsageError("--speed must be more than 0; or top");
  }
  if (!raw.loops.empty()) replay.loops = parse_count(raw.loops, "--loops", 1e9);
  if (replay.loops == 0) throw UsageError("--loops 0: at least once");
}

void read_options(const RawOptions& raw, traffic::BlastOptions& blast) {
  read_choices(raw, blast);
  read_bounds(raw, blast);
  read_replay(raw, blast.replay);
  blast.frames.sizes = traffic::parse_size_mix(raw.size);
  blast.pace.packets_per_second = parse_rate(raw.pps, "--pps");
  blast.pace.bits_per_second = parse_rate(raw.bps, "--bps");
  if (!raw.pps.empty() && !raw.bps.empty()) {
    throw UsageError("--pps and --bps exclude each other");
  }
  read_burst(raw.burst, blast.pace);
  read_vlans(raw.vlan, blast.frames.vlans);
  blast.frames.flows =
      static_cast<std::uint32_t>(parse_count(raw.flows, "--flows", traffic::kMaxFlows));
  blast.frames.stream =
      static_cast<std::uint32_t>(parse_count(raw.stream, "--stream", 4294967295.0));
  blast.first_sequence = parse_count(raw.first, "--first", kMostFrames);
  if (!raw.source_mac.empty()) {
    blast.frames.source_mac = parse_mac(raw.source_mac, "--src-mac");
  }
  if (!raw.destination_mac.empty()) {
    blast.frames.destination_mac = parse_mac(raw.destination_mac, "--dst-mac");
  }
  if (raw.cpu < -1) throw UsageError(fmt::format("--cpu {} is no CPU", raw.cpu));
  blast.cpu = raw.cpu;
}

}  // namespace

double parse_quantity(std::string_view text, std::string_view option, double most) {
  double scale = 1;
  std::string_view number = text;
  if (!number.empty()) {
    switch (number.back()) {
      case 'k':
        scale = 1e3;
        break;
      case 'M':
        scale = 1e6;
        break;
      case 'G':
        scale = 1e9;
        break;
      case 'T':
        scale = 1e12;
        break;
      default:
        break;
    }
    if (scale != 1) number.remove_suffix(1);
  }
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error != std::errc{} || end != number.data() + number.size() || !std::isfinite(value) ||
      value < 0 || value * scale > most) {
    throw UsageError(
        fmt::format("{} '{}' is no number from 0 to {:g}; write for example 500000 or "
                    "2.5M",
                    option, text, most));
  }
  return value * scale;
}

traffic::MacAddress parse_mac(std::string_view text, std::string_view option) {
  traffic::MacAddress mac{};
  bool ok = text.size() == 17;
  for (std::size_t part = 0; ok && part < 6; ++part) {
    const char* const from = text.data() + part * 3;
    const auto [end, error] = std::from_chars(from, from + 2, mac[part], 16);
    ok = error == std::errc{} && end == from + 2 && (part == 5 || from[2] == ':');
  }
  if (!ok) {
    throw UsageError(fmt::format("{} '{}' is no address like 02:ca:00:00:00:01", option, text));
  }
  return mac;
}

std::optional<BlastCommandLine> parse_blast_command_line(int argc, const char* const* argv) {
  BlastCommandLine line;
  RawOptions raw;
  CommandLine app("Send a bounded amount of numbered, checksummed traffic", "capstan blast");
  add_options(app, raw, line);
  if (!parse_command_line(app, argc, argv)) return std::nullopt;
  read_options(raw, line.blast);
  return line;
}

}  // namespace capstan::tools
