#include "tools/traffic/blast.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/core/cpu.h"
#include "engine/core/errors.h"
#include "tools/traffic/engine.h"
#include "tools/traffic/frame_format.h"
#include "tools/traffic/netns.h"

namespace capstan::traffic {

namespace {

constexpr double kWireOverheadBytes = 24;  // FCS 4, preamble 8, gap 12 (IEEE 802.3)

double per_second(double amount, std::uint64_t duration_ns) noexcept {
  if (duration_ns == 0) return 0;
  return amount * static_cast<double>(kNanosecondsPerSecond) / static_cast<double>(duration_ns);
}

void check_interface(const BlastOptions& options, const LinkInfo& link) {
  if (!options.allow_any_interface && link.kind != "veth" && !link.is_loopback &&
      is_initial_netns()) {
    throw UsageError(fmt::format(
        "{} is no veth, no loopback and in no namespace of its own: blast would flood a network. "
        "Say --yes-really if that is meant",
        link.name));
  }
  if (!link.is_ethernet) {
    throw UsageError(fmt::format("{} does not carry Ethernet frames", link.name));
  }
  if (!link.is_up) {
    throw_system_error(ENETDOWN, fmt::format("interface {}", link.name),
                       fmt::format("ip link set {} up", link.name));
  }
}

// A frame may be as long as the MTU and its headers. The largest size of the default mix is given
// way, because 1518 is a full frame only where the FCS is counted.
void fit_mtu(FrameOptions& frames, const LinkInfo& link, std::vector<std::string>& notes) {
  const auto limit =
      static_cast<std::uint32_t>(link.mtu + kEthernetSize + kVlanTagSize * frames.vlans.size());
  const std::uint32_t full = imix().back().size;
  for (SizeShare& share : frames.sizes) {
    if (share.size <= limit) continue;
    if (share.size == full && limit + 4 >= full && frames.sizes.size() > 1) {
      notes.push_back(fmt::format("the mix's {} bytes became {}: MTU {}", full, limit, link.mtu));
      share.size = limit;
      continue;
    }
    throw UsageError(fmt::format(
        "frames of {} bytes do not pass {}: its MTU {} allows {}. Say: ip link set {} mtu {}",
        share.size, link.name, link.mtu, limit, link.name,
        share.size - kEthernetSize - kVlanTagSize * frames.vlans.size()));
  }
}

void check_bounds(const BlastOptions& options) {
  if (options.count == 0 && options.duration_ns == 0 && options.replay.path.empty()) {
    throw UsageError("neither a count nor a duration is given: blast does not run for ever");
  }
  if (options.pace.packets_per_second > 0 && options.pace.bits_per_second > 0) {
    throw UsageError("packets a second and bits a second exclude each other");
  }
  if ((options.pace.burst_on_ns > 0) != (options.pace.burst_off_ns > 0)) {
    throw UsageError("a burst needs both a time on and a time off");
  }
}

void send_planned(const Job& job, const FramePlan& plan, BlastResult& result) {
  if (job.options.engine != EngineChoice::kRing) {
    try {
      run_xdp_engine(job, plan, result);
      return;
    } catch (const EngineUnavailable& error) {
      if (job.options.direction == XdpDirection::kIn) throw std::runtime_error(error.what());
      if (job.options.engine == EngineChoice::kXdp) {
        throw std::runtime_error(fmt::format("{}. Use --engine ring", error.what()));
      }
      result.notes.push_back(fmt::format("ring engine instead of xdp: {}", error.what()));
    }
  }
  PlannedFeed feed(plan, job.options.pace, job.options.first_sequence, job.options.count);
  run_ring_engine(job, feed, result);
}

void blast_planned(const Job& job, BlastResult& result) {
  FrameOptions frames = job.options.frames;
  fit_mtu(frames, job.link, result.notes);
  FramePlan plan(frames);
  for (SizeEntry& size : plan.sizes()) {
    size.pace_cost = pace_cost(job.options.pace, size.frame_size);
  }
  const std::vector<std::uint32_t>& raw = plan.raw_sizes();
  if (!raw.empty()) {
    result.notes.push_back(fmt::format(
        "frames of {}{} bytes are too small for IP, UDP and the sequence: sent as EtherType 0x88b5",
        raw.size() == 1 ? "" : "up to ", *std::max_element(raw.begin(), raw.end())));
  }
  send_planned(job, plan, result);
  result.first_sequence = job.options.first_sequence;
  result.next_sequence = result.first_sequence + result.frames + result.too_long;
}

void blast_replay(const Job& job, BlastResult& result) {
  if (job.options.engine == EngineChoice::kXdp) {
    throw UsageError("a recording is replayed by the ring engine only");
  }
  ReplayFeed feed(job.options.replay, job.options.pace, job.options.count, job.link.mtu);
  run_ring_engine(job, feed, result);
  result.too_long += feed.too_long();
  if (result.too_long > 0) {
    result.notes.push_back(
        fmt::format("{} packets of {} failed: they are longer than {} (MTU {}) lets pass. Say: ip "
                    "link set {} mtu {}",
                    result.too_long, job.options.replay.path, job.link.name, job.link.mtu,
                    job.link.name, feed.longest() - kEthernetSize));
  }
  if (feed.skipped() > 0) {
    result.notes.push_back(
        fmt::format("{} packets of {} were left out: cut when recorded, or no Ethernet frames",
                    feed.skipped(), job.options.replay.path));
  }
  if (!feed.problem().empty()) {
    result.notes.push_back(
        fmt::format("{} breaks off: {}", job.options.replay.path, feed.problem()));
  }
}

}  // namespace

void account_for(const Job& job, const SentCounter& counter, const SentCounts& seen,
                 BlastResult& result) {
  // Where several generators share the interface its counters hold the frames of all.
  result.refused = std::min(seen.refused, result.frames);
  const std::uint64_t sent = std::min(seen.sent, result.frames - result.refused);
  const std::uint64_t missing = result.frames - result.refused - sent;
  if (missing == 0) return;
  if (counter.is_certain()) {
    result.vanished = missing;
    return;
  }
  result.notes.push_back(
      fmt::format("{} has counted {} frames fewer than it was given: its driver counts late, or "
                  "they have not left",
                  job.link.name, missing));
}

double BlastResult::packets_per_second() const noexcept {
  return per_second(static_cast<double>(frames), duration_ns);
}

double BlastResult::bits_per_second() const noexcept {
  return per_second(static_cast<double>(bytes) * 8, duration_ns);
}

double BlastResult::wire_bits_per_second() const noexcept {
  return per_second(
      (static_cast<double>(bytes) + static_cast<double>(frames) * kWireOverheadBytes) * 8,
      duration_ns);
}

BlastResult run_blast(const BlastOptions& options, const std::atomic<bool>& stop) {
  check_bounds(options);
  BlastResult result;
  const LinkInfo link = read_link(options.interface);
  check_interface(options, link);
  if (options.cpu >= 0) {
    const int error = pin_current_thread(options.cpu);
    if (error != 0) throw UsageError(fmt::format("CPU {}: {}", options.cpu, errno_text(error)));
  }
  result.wanted_packets_per_second = options.pace.packets_per_second;
  result.wanted_bits_per_second = options.pace.bits_per_second;
  const std::uint64_t cpu_before = clock_ns(CLOCK_THREAD_CPUTIME_ID);
  const Job job{options, link, stop};
  if (options.replay.path.empty()) {
    blast_planned(job, result);
  } else {
    blast_replay(job, result);
  }
  result.cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu_before;
  return result;
}

}  // namespace capstan::traffic
