#include "tools/doctor/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "tools/common/time_text.h"
#include "tools/common/units.h"
#include "tools/doctor/disk_checks.h"

namespace capstan::tools {

namespace {

// What pcapng adds to a packet that is written in place: the block, its options and filler
// (docs/architecture.md, Sealing). Packed it is less.
constexpr double kOverheadBytes = 68;
constexpr double kIndexShare = 0.01;  // docs/benchmarks.md: 0.2 % at 1514 bytes, 0.6 % on IMIX
constexpr double kFreeShare = 0.10;   // --min-free: a full disk is slow, and others write too
constexpr double kStallSeconds = 1;   // a disk's stall that the ring must hold
constexpr double kNsPerPacket = 150;  // of a capture thread, docs/benchmarks.md: 54 to 130
constexpr double kBusyShare = 0.6;    // of a core, so that bursts find room
constexpr double kSecondsPerFile =
    60;  // that a file should hold, to be searched and deleted singly
constexpr double kLeastFileBytes = 1e9;
constexpr double kFilesOfADisk = 50;  // so that what is deleted for room is a small part of it
constexpr double kMostRingBytes = 64e9;

struct Figures {
  double packets_per_second;
  double disk_rate;   // bytes a second
  double disk_bytes;  // to keep
  double ring_bytes;
  std::size_t rings;
  double file_bytes;
};

Figures figures_of(const PlanWish& wish, const PlanFacts& facts) {
  Figures figures{};
  figures.packets_per_second = wish.bits_per_second / 8 / wish.packet_bytes;
  figures.disk_rate = figures.packets_per_second * (wish.packet_bytes + kOverheadBytes);
  figures.disk_bytes = figures.disk_rate * static_cast<double>(wish.keep_ns) / 1e9 *
                       (1 + kIndexShare) / (1 - kFreeShare);
  figures.rings = static_cast<std::size_t>(
      std::max(1.0, std::ceil(figures.packets_per_second * kNsPerPacket / 1e9 / kBusyShare)));
  figures.ring_bytes = std::min(kMostRingBytes, std::max(64e6, figures.disk_rate * kStallSeconds));
  figures.file_bytes = std::max(kLeastFileBytes, figures.disk_rate * kSecondsPerFile);
  if (facts.disk_bytes > 0) {
    figures.file_bytes =
        std::min(figures.file_bytes, static_cast<double>(facts.disk_bytes) / kFilesOfADisk);
  }
  return figures;
}

std::string size(double bytes) { return human_rate(bytes) + "B"; }

Check plan_rate(const Figures& want, const PlanFacts& facts) {
  Check check{"plan-rate", CheckState::kUnknown,
              fmt::format("{}/s to write, {} packets/s", size(want.disk_rate),
                          human_rate(want.packets_per_second)),
              "The disk must take what comes for as long as it comes, with a fifth to spare.", ""};
  if (!facts.disk_bytes_per_second) return check;
  const double has = *facts.disk_bytes_per_second;
  const double stripes = std::ceil(want.disk_rate * kDiskHeadroom / std::max(has, 1.0));
  check.found += fmt::format("; this disk takes {}/s", size(has));
  check.state = stripes <= 1 ? CheckState::kOk : CheckState::kCost;
  if (stripes > 1) {
    check.mend =
        fmt::format("{:.0f} such disks, a -w for each: their files are one recording", stripes);
  }
  return check;
}

Check plan_space(const PlanWish& wish, const Figures& want, const PlanFacts& facts) {
  Check check{"plan-space", CheckState::kOk,
              fmt::format("{} for {} with index and a tenth free; {} has {}", size(want.disk_bytes),
                          human_duration(wish.keep_ns), facts.directory,
                          size(static_cast<double>(facts.disk_bytes))),
              "When it is full the oldest files go: the recording reaches less far back.", ""};
  const double share = static_cast<double>(facts.disk_bytes) / want.disk_bytes;
  if (share >= 1) return check;
  check.state = CheckState::kWarn;
  check.mend = fmt::format(
      "{:.1f} times the space, or {} of recording, or packets cut with -s", 1 / share,
      human_duration(static_cast<std::uint64_t>(static_cast<double>(wish.keep_ns) * share)));
  return check;
}

Check plan_ring(const Figures& want, const PlanFacts& facts) {
  Check check{
      "plan-ring", CheckState::kOk,
      fmt::format("{} of ring for a second in which the disk stands still; {} are available",
                  size(want.ring_bytes), size(static_cast<double>(facts.memory_bytes))),
      "The ring is the only place where packets wait, and the only one that overflows.", ""};
  if (want.ring_bytes > static_cast<double>(facts.memory_bytes) / 2) {
    check.state = CheckState::kWarn;
    check.mend = "more memory, or a disk that is known not to stall and a smaller -B";
  }
  return check;
}

Check plan_cpus(const Figures& want, const PlanFacts& facts) {
  Check check{
      "plan-cpus", CheckState::kOk,
      fmt::format("{} ring{}, one core each, and as many for the kernel's side; here are {} "
                  "CPUs",
                  want.rings, want.rings == 1 ? "" : "s", facts.cpus),
      "A core seals a packet in about 150 ns; past two thirds of it bursts find no room.", ""};
  if (want.rings * 2 > facts.cpus) {
    check.state = CheckState::kWarn;
    check.mend = "more cores, or a filter: what it rejects is not sealed";
  }
  return check;
}

// As --keep takes it: at least `keep_ns`, in the largest unit that says it exactly.
std::string keep_text(std::uint64_t keep_ns) {
  struct Unit {
    std::uint64_t seconds;
    std::string_view name;
  };
  constexpr Unit kUnits[] = {{86400, "d"}, {3600, "h"}, {60, "min"}};
  const std::uint64_t seconds = (keep_ns - 1) / kNanosecondsPerSecond + 1;
  for (const Unit& unit : kUnits) {
    if (seconds % unit.seconds == 0) return fmt::format("{}{}", seconds / unit.seconds, unit.name);
  }
  return fmt::format("{}s", seconds);
}

std::string command_for(const PlanWish& wish, const Figures& want, const PlanFacts& facts) {
  const double ring_mib = std::ceil(want.ring_bytes / static_cast<double>(want.rings) / 1048576);
  return fmt::format(
      "capstan record -i {} -w {}/{}.pcapng -B {:.0f}{} -b filesize:{:.0f} --keep {} --min-free "
      "10%",
      facts.interface.empty() ? "INTERFACE" : facts.interface, facts.directory,
      facts.interface.empty() ? "capture" : facts.interface, ring_mib,
      want.rings == 1 ? "" : fmt::format(" --rings {}", want.rings), want.file_bytes / 1000,
      keep_text(wish.keep_ns));
}

}  // namespace

PlanWish parse_plan(const std::string& text) {
  PlanWish wish;
  const std::size_t first = text.find(',');
  const std::size_t second = first == std::string::npos ? first : text.find(',', first + 1);
  const std::string rate_text = text.substr(0, first);
  const std::optional<Quantity> rate = parse_quantity(rate_text);
  double unit = 0;
  if (rate) {
    const std::string_view name = rate->unit;
    unit = name.empty()                 ? 1
           : name == "k" || name == "K" ? 1e3
           : name == "M"                ? 1e6
           : name == "G"                ? 1e9
                                        : 0;
  }
  wish.bits_per_second = rate ? rate->number * unit : 0;
  if (first == std::string::npos || !(wish.bits_per_second >= 1) || wish.bits_per_second > 1e13) {
    throw UsageError(fmt::format(
        "--plan '{}': it is bits a second and a time, 40G,7d, and if known the bytes of an average "
        "packet, 40G,7d,350",
        text));
  }
  wish.keep_ns = parse_duration(
      "--plan", text.substr(first + 1, second == std::string::npos ? second : second - first - 1));
  if (wish.keep_ns == 0) {
    throw UsageError(fmt::format("--plan '{}': kept for no time is not recorded", text));
  }
  if (second != std::string::npos) {
    const std::string bytes_text = text.substr(second + 1);
    const std::optional<Quantity> bytes = parse_quantity(bytes_text);
    if (!bytes || !bytes->unit.empty() || bytes->number < 14 || bytes->number > 65549) {
      throw UsageError(
          fmt::format("--plan {}: an average packet has from 14 to 65549 bytes", text));
    }
    wish.packet_bytes = static_cast<std::uint32_t>(bytes->number);
  }
  return wish;
}

Checks check_plan(const PlanWish& wish, const PlanFacts& facts) {
  const Figures want = figures_of(wish, facts);
  Checks checks = {plan_rate(want, facts), plan_space(wish, want, facts), plan_ring(want, facts),
                   plan_cpus(want, facts)};
  checks.push_back(
      {"plan-command", CheckState::kOk, command_for(wish, want, facts),
       fmt::format("{}b/s of packets of {} bytes, {} of them.", human_rate(wish.bits_per_second),
                   wish.packet_bytes, human_duration(wish.keep_ns)),
       ""});
  return checks;
}

}  // namespace capstan::tools
