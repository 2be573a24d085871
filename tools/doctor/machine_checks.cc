#include "tools/doctor/machine_checks.h"

#include <fmt/format.h>

#include <cstdio>

#include "tools/common/units.h"

namespace capstan::tools {

namespace {

constexpr std::int64_t kIpcLockBit = 14;                           // CAP_IPC_LOCK, capability.h
constexpr std::uint64_t kEnoughLocked = std::uint64_t{512} << 20;  // two rings of the default size
constexpr std::size_t kCpusWorthIsolating = 4;

Check check_governor(const SystemTree& system) {
  Check check{"cpu-governor", CheckState::kOk, "the frequency is not scaled from here",
              "A core that has slowed down in a lull loses the first packets of the burst after "
              "it.",
              ""};
  std::size_t slow = 0;
  std::string example;
  for (const std::string& name : system.names("/sys/devices/system/cpu")) {
    const auto governor =
        system.text("/sys/devices/system/cpu/" + name + "/cpufreq/scaling_governor");
    if (!governor) continue;
    check.found = "performance";
    if (*governor == "performance") continue;
    ++slow;
    example = *governor;
  }
  if (slow != 0) {
    check.state = CheckState::kWarn;
    check.found = fmt::format("{} on {} CPU{}", example, slow, slow == 1 ? "" : "s");
    check.mend = "cpupower frequency-set -g performance";
  }
  return check;
}

Check check_isolation(const SystemTree& system, std::size_t cpus) {
  Check check{"cpu-isolation", CheckState::kOk, "",
              "Other programs on the capture core delay it; a CPU set apart at boot has none.", ""};
  const std::string isolated = system.text("/sys/devices/system/cpu/isolated").value_or("");
  check.found = isolated.empty() ? "no CPU is set apart" : "set apart: " + isolated;
  if (isolated.empty() && cpus >= kCpusWorthIsolating) {
    check.state = CheckState::kWarn;
    check.mend = fmt::format(
        "add isolcpus={0} nohz_full={0} to the kernel's command line, then "
        "capstan record --cpus {0} ...",
        cpus - 1);
  }
  return check;
}

Check check_irqbalance(const SystemTree& system) {
  Check check{"irqbalance", CheckState::kOk, "not running",
              "It moves the adapter's interrupts between CPUs, away from the core that empties the "
              "ring.",
              ""};
  for (const std::string& name : system.names("/proc")) {
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (system.text("/proc/" + name + "/comm").value_or("") != "irqbalance") continue;
    check.state = CheckState::kWarn;
    check.found = "running as process " + name;
    check.mend = "systemctl disable --now irqbalance";
  }
  return check;
}

Check check_memlock(const SystemTree& system) {
  Check check{"memlock", CheckState::kUnknown, "no limit found in /proc/self/limits",
              "Writing straight from the ring needs its memory registered, which the limit on "
              "locked memory counts; without, each write costs more CPU.",
              ""};
  const auto limit = system.keyed_text("/proc/self/limits", "Max locked memory");
  if (!limit) return check;
  unsigned long long capabilities = 0;
  std::sscanf(system.keyed_text("/proc/self/status", "CapEff:").value_or("0").c_str(), "%llx",
              &capabilities);
  unsigned long long bytes = 0;
  check.state = CheckState::kOk;
  if (((capabilities >> kIpcLockBit) & 1) != 0) {
    check.found = "this process may lock any amount";
  } else if (std::sscanf(limit->c_str(), "%llu", &bytes) != 1) {
    check.found = "unlimited";
  } else {
    check.found = human_bytes(bytes);
    if (bytes < kEnoughLocked) {
      check.state = CheckState::kWarn;
      check.mend =
          "setcap cap_net_raw,cap_net_admin,cap_ipc_lock+ep $(which capstan), or ulimit -l";
    }
  }
  return check;
}

Check check_hugepages(const SystemTree& system) {
  Check check{"hugepages", CheckState::kOk, "none reserved",
              "The ring is made of ordinary pages: huge pages that lie reserved and unused are "
              "memory it cannot have.",
              ""};
  const auto free = system.keyed_number("/proc/meminfo", "HugePages_Free").value_or(0);
  const auto size_kib = system.keyed_number("/proc/meminfo", "Hugepagesize").value_or(0);
  const auto total_kib = system.keyed_number("/proc/meminfo", "MemTotal");
  if (!total_kib) {
    check.state = CheckState::kUnknown;
    check.found = "no /proc/meminfo";
  } else if (free > 0) {
    check.found =
        human_bytes(static_cast<std::uint64_t>(free * size_kib) << 10) + " reserved and unused";
    if (free * size_kib > *total_kib / 4) {
      check.state = CheckState::kWarn;
      check.mend = "sysctl vm.nr_hugepages=0";
    }
  }
  return check;
}

Check check_version(const SystemTree& system) {
  Check check{"kernel", CheckState::kUnknown, "no /proc/sys/kernel/osrelease",
              "Capstan is made for Linux 5.15 and newer; 6.1 completes writes without interrupting "
              "the writer.",
              ""};
  const auto release = system.text("/proc/sys/kernel/osrelease");
  int major = 0;
  int minor = 0;
  if (!release || std::sscanf(release->c_str(), "%d.%d", &major, &minor) != 2) return check;
  check.found = *release;
  const int version = major * 1000 + minor;
  check.state = version >= 6001   ? CheckState::kOk
                : version >= 5015 ? CheckState::kWarn
                                  : CheckState::kCost;
  if (check.state != CheckState::kOk) check.mend = "boot a kernel of 6.1 or newer";
  return check;
}

}  // namespace

Checks check_machine(const SystemTree& system, std::size_t cpus) {
  return {check_irqbalance(system), check_governor(system),  check_isolation(system, cpus),
          check_memlock(system),    check_hugepages(system), check_version(system)};
}

}  // namespace capstan::tools
