#include "tools/doctor/doctor_command.h"

#include <fmt/format.h>

#include <cstdio>
#include <optional>
#include <utility>

#include "engine/capture/interfaces.h"
#include "engine/core/clock.h"
#include "engine/core/cpu.h"
#include "engine/core/errors.h"
#include "engine/core/memory.h"
#include "tools/common/exit_status.h"
#include "tools/doctor/disk_checks.h"
#include "tools/doctor/doctor_cli.h"
#include "tools/doctor/doctor_report.h"
#include "tools/doctor/link_checks.h"
#include "tools/doctor/machine_checks.h"
#include "tools/doctor/plan.h"

namespace capstan::tools {

namespace {

constexpr std::uint64_t kMeasureBytes = std::uint64_t{1} << 30;
constexpr std::uint64_t kMeasureNs = 2 * kNanosecondsPerSecond;

void append(Checks& all, Checks more) {
  for (Check& check : more) all.push_back(std::move(check));
}

std::uint64_t link_rate(const std::string& name, const SystemTree& system) {
  const auto megabits = system.number("/sys/class/net/" + name + "/speed");
  return megabits && *megabits > 0 ? static_cast<std::uint64_t>(*megabits) * 1'000'000 : 0;
}

}  // namespace

int doctor_command(int argc, char** argv) {
  auto line = parse_doctor_command_line(argc, argv);
  if (!line) return kExitDone;
  const SystemTree system;
  const std::size_t cpus = allowed_cpus().size();
  Checks checks;
  if (!line->interface.empty()) {
    if (resolve_interface(line->interface) == 0) {
      throw UsageError("any is no adapter: name one, as capstan record -D lists them");
    }
    append(checks, check_link(read_link_facts(line->interface), cpus));
    append(checks, check_link_placing(line->interface, system));
  }
  append(checks, check_machine(system, cpus));
  append(checks, probe_kernel(system));
  const DiskFacts disk = read_disk_facts(line->directory);
  append(checks, check_file_system(disk));
  std::optional<DiskRate> rate;
  if (line->measure) {
    rate = measure_disk_rate(disk, kMeasureBytes, kMeasureNs);
    checks.push_back(check_disk_rate(disk, *rate, link_rate(line->interface, system)));
  }
  if (line->plan) {
    PlanFacts facts;
    facts.interface = line->interface;
    facts.directory = line->directory;
    facts.disk_bytes = disk.size_bytes;
    if (rate && rate->measured()) facts.disk_bytes_per_second = rate->bytes_per_second();
    facts.memory_bytes = available_memory_bytes();
    facts.cpus = cpus;
    append(checks, check_plan(*line->plan, facts));
  }
  fmt::print("{}", line->json ? doctor_json(checks) : doctor_text(checks));
  return costs_packets(checks) ? kExitFailed : kExitDone;
}

}  // namespace capstan::tools
