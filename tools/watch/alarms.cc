#include "tools/watch/alarms.h"

#include <fmt/format.h>

#include "engine/core/clock.h"
#include "tools/common/units.h"

namespace capstan::tools {

namespace {

// A loss is over when nothing was lost for so long: bursts that follow each other are one.
constexpr std::uint64_t kCalmNs = 2 * kNanosecondsPerSecond;

}  // namespace

std::uint64_t FreeSpaceLimit::of(std::uint64_t total_bytes) const noexcept {
  return percent > 0 ? static_cast<std::uint64_t>(static_cast<double>(total_bytes) * percent / 100)
                     : bytes;
}

std::vector<AlarmLine> Alarms::update(const AlarmInputs& inputs) {
  std::vector<AlarmLine> lines;
  for (const AlarmInputs::Link& link : inputs.links) {
    const std::string& name = link.interface_name;
    watch_growth({"loss", name}, link.dropped, inputs.now_ns,
                 fmt::format("{} loses packets: its ring is full, because they come faster than "
                             "they are written",
                             name),
                 fmt::format("dropped on {}", name), lines);
    watch_growth({"nic-loss", name}, link.nic_dropped, inputs.now_ns,
                 fmt::format("the adapter of {} loses packets before the kernel sees them; "
                             "'capstan doctor {}' says what helps",
                             name, name),
                 fmt::format("lost in the adapter of {}", name), lines);
    if (limits_.silent_ns != 0) watch_silence(link, inputs.now_ns, lines);
  }
  watch_growth({"write-failure", ""}, inputs.failed, inputs.now_ns,
               "packets cannot be written and are lost", "not written", lines);
  for (const AlarmInputs::Disk& disk : inputs.disks) watch_disk(disk, lines);
  return lines;
}

void Alarms::watch_growth(const Key& key, std::uint64_t count, std::uint64_t now_ns,
                          const std::string& begins, const std::string& ended,
                          std::vector<AlarmLine>& lines) {
  Growth& growth = growths_[key];
  if (count > growth.last) {
    if (!growth.active) {
      growth.active = true;
      growth.before = growth.last;
      growth.begun_ns = now_ns;
      lines.push_back({true, begins});
    }
    growth.last = count;
    growth.last_growth_ns = now_ns;
    return;
  }
  if (!growth.active || now_ns - growth.last_growth_ns < kCalmNs) return;
  growth.active = false;
  lines.push_back({false, fmt::format("the loss has ended after {}: {} packets were {}",
                                      human_duration(growth.last_growth_ns - growth.begun_ns),
                                      grouped(growth.last - growth.before), ended)});
}

void Alarms::watch_silence(const AlarmInputs::Link& link, std::uint64_t now_ns,
                           std::vector<AlarmLine>& lines) {
  Silence& silence = silences_[link.interface_name];
  if (!silence.known || link.received != silence.last) {
    if (silence.active) {
      lines.push_back({false, fmt::format("{} is heard again after {}", link.interface_name,
                                          human_duration(now_ns - silence.since_ns))});
    }
    silence = {false, true, link.received, now_ns};
    return;
  }
  if (silence.active || now_ns - silence.since_ns < limits_.silent_ns) return;
  silence.active = true;
  lines.push_back({true, fmt::format("{} is silent: no packet for {}", link.interface_name,
                                     human_duration(now_ns - silence.since_ns))});
}

void Alarms::watch_disk(const AlarmInputs::Disk& disk, std::vector<AlarmLine>& lines) {
  const std::uint64_t limit = limits_.disk.of(disk.total_bytes);
  if (limit == 0) return;
  bool& active = disks_[disk.directory];
  // A tenth more before it counts as ended, so that it does not come and go at the limit.
  const bool short_of_room = disk.free_bytes < limit + (active ? limit / 10 : 0);
  if (active == short_of_room) return;
  active = short_of_room;
  lines.push_back(
      {active, active ? fmt::format("{} is nearly full: {} of {} are free", disk.directory,
                                    human_bytes(disk.free_bytes), human_bytes(disk.total_bytes))
                      : fmt::format("{} has room again: {} of {} are free", disk.directory,
                                    human_bytes(disk.free_bytes), human_bytes(disk.total_bytes))});
}

std::vector<AlarmState> Alarms::states() const {
  std::vector<AlarmState> states;
  for (const auto& [key, growth] : growths_) {
    states.push_back({key.first, key.second, growth.active});
  }
  for (const auto& [name, silence] : silences_) states.push_back({"silent", name, silence.active});
  for (const auto& [directory, active] : disks_) states.push_back({"disk", directory, active});
  return states;
}

}  // namespace capstan::tools
