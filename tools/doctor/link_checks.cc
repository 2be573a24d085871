#include "tools/doctor/link_checks.h"

#include <fmt/format.h>

#include <set>

#include "engine/core/cpu.h"
#include "engine/core/errors.h"
#include "tools/common/units.h"

namespace capstan::tools {

namespace {

// A ring of this many frames rides out about 2 ms of small frames at 1 Gb/s: less is too little.
constexpr std::uint32_t kSmallRing = 2048;

Check offload(const LinkFacts& link, const std::string& name, std::optional<bool> on,
              CheckState state_if_on, const std::string& why) {
  Check check{name, CheckState::kOk, "off", why, ""};
  if (!on) {
    check.state = CheckState::kUnknown;
    check.found = "the driver does not say";
  } else if (*on) {
    check.state = state_if_on;
    check.found = "on";
    check.mend = fmt::format("ethtool -K {} {} off", link.name, name);
  }
  return check;
}

Check check_vlan(const LinkFacts& link) {
  Check check{"rxvlan", CheckState::kOk, "",
              "The recorder puts a tag that the adapter took out "
              "back into the packet, so the file holds what was on the wire either way.",
              ""};
  check.found =
      !link.rx_vlan ? "the driver does not say" : (*link.rx_vlan ? "on, tags are put back" : "off");
  return check;
}

Check check_ring(const LinkFacts& link) {
  Check check{
      "nic-ring", CheckState::kUnknown, "the driver has none to set",
      "Packets that come while the kernel is busy elsewhere wait in the adapter's ring, and "
      "are lost when it is full.",
      ""};
  if (!link.ring_size || !link.ring_size_max) return check;
  check.found = fmt::format("{} of {} frames", *link.ring_size, *link.ring_size_max);
  check.state = CheckState::kOk;
  if (*link.ring_size < *link.ring_size_max) {
    check.state = *link.ring_size < kSmallRing ? CheckState::kCost : CheckState::kWarn;
    check.mend = fmt::format("ethtool -G {} rx {}", link.name, *link.ring_size_max);
  }
  return check;
}

Check check_queues(const LinkFacts& link, std::size_t cpus) {
  Check check{"rss-queues", CheckState::kUnknown, "the driver has none to set",
              "One queue is emptied by one CPU: with a single one the rate ends where that CPU is "
              "full.",
              ""};
  if (!link.queues || !link.queues_max) return check;
  check.found = fmt::format("{} of {}, {} CPUs", *link.queues, *link.queues_max, cpus);
  const auto wanted = std::min<std::size_t>(*link.queues_max, cpus);
  check.state = *link.queues < wanted ? CheckState::kWarn : CheckState::kOk;
  if (check.state == CheckState::kWarn) {
    check.mend = fmt::format("ethtool -L {} combined {}", link.name, wanted);
  }
  return check;
}

Check check_hash(const LinkFacts& link) {
  Check check{"rss-hash", CheckState::kOk, "symmetric",
              "With a hash that is not symmetric the two directions of a flow come by different "
              "queues, and with fanout cpu or qm into different rings.",
              ""};
  if (!link.symmetric_hash) {
    check.state = link.queues.value_or(1) > 1 ? CheckState::kUnknown : CheckState::kOk;
    check.found = link.queues.value_or(1) > 1 ? "the driver does not say" : "one queue, no hash";
  } else if (!*link.symmetric_hash) {
    check.state = link.queues.value_or(1) > 1 ? CheckState::kWarn : CheckState::kOk;
    check.found = "not symmetric";
    check.mend =
        fmt::format("ethtool -X {} hkey $(printf '6d:5a:%.0s' $(seq 20) | sed 's/:$//') equal {}",
                    link.name, link.queues.value_or(1));
    if (check.state == CheckState::kOk) check.mend.clear();
  }
  return check;
}

Check check_pause(const LinkFacts& link) {
  Check check{"pause", CheckState::kOk, "off",
              "A port that sends pause frames makes the switch drop in our place, where nothing "
              "counts it.",
              ""};
  if (!link.pause_tx) {
    check.state = CheckState::kUnknown;
    check.found = "the driver does not say";
  } else if (*link.pause_tx || link.pause_rx.value_or(false)) {
    check.found = fmt::format("rx {}, tx {}", link.pause_rx.value_or(false) ? "on" : "off",
                              *link.pause_tx ? "on" : "off");
    check.state = *link.pause_tx ? CheckState::kCost : CheckState::kWarn;
    check.mend = fmt::format("ethtool -A {} autoneg off rx off tx off", link.name);
  }
  return check;
}

Check check_drops(const std::string& name, const SystemTree& system) {
  Check check{"nic-drops", CheckState::kOk, "none since the link was made",
              "The adapter has thrown packets away before the kernel saw them.", ""};
  const std::string folder = "/sys/class/net/" + name + "/statistics/";
  const auto missed = system.number(folder + "rx_missed_errors");
  const auto fifo = system.number(folder + "rx_fifo_errors");
  if (!missed && !fifo) {
    check.state = CheckState::kUnknown;
    check.found = "no statistics";
  } else if (const auto sum = missed.value_or(0) + fifo.value_or(0); sum > 0) {
    check.state = CheckState::kWarn;
    check.found = grouped(static_cast<std::uint64_t>(sum)) + " packets, some time in the past";
    check.mend = fmt::format("ethtool -S {} | grep -iE 'miss|drop|fifo|no_buf'", name);
  }
  return check;
}

Check check_interrupts(const std::string& name, const SystemTree& system) {
  Check check{"irq-affinity", CheckState::kUnknown, "the adapter has no interrupts of its own",
              "Queues whose interrupts all come to one CPU are emptied by that CPU alone.", ""};
  const auto interrupts = system.names("/sys/class/net/" + name + "/device/msi_irqs");
  if (interrupts.empty()) return check;
  std::set<std::string> places;
  for (const std::string& irq : interrupts) {
    const std::string folder = "/proc/irq/" + irq + "/";
    auto place = system.text(folder + "effective_affinity_list");
    if (!place || place->empty()) place = system.text(folder + "smp_affinity_list");
    if (place && !place->empty()) places.insert(*place);
  }
  check.found = fmt::format("{} interrupts over {} CPU sets", interrupts.size(), places.size());
  const bool single =
      places.size() == 1 && places.begin()->find_first_of(",-") == std::string::npos;
  check.state = places.empty() ? CheckState::kUnknown : CheckState::kOk;
  // One vector of a pair often is for link events only: two are still one queue.
  if (single && interrupts.size() > 2) {
    check.state = CheckState::kWarn;
    check.found = fmt::format("{} interrupts, all on CPU {}", interrupts.size(), *places.begin());
    check.mend = fmt::format(
        "n=0; for i in $(ls /sys/class/net/{}/device/msi_irqs); do echo $((n++ % $(nproc))) > "
        "/proc/irq/$i/smp_affinity_list; done",
        name);
  }
  return check;
}

Check check_node(const std::string& name, const SystemTree& system) {
  Check check{"numa", CheckState::kOk, "one memory node",
              "A ring on another node than the adapter is filled and emptied across the link "
              "between the processors.",
              ""};
  const auto node = system.number("/sys/class/net/" + name + "/device/numa_node");
  if (!system.exists("/sys/devices/system/node/node1")) return check;
  if (!node || *node < 0) {
    check.state = CheckState::kUnknown;
    check.found = "the adapter names no node";
    return check;
  }
  const std::string cpus =
      system.text(fmt::format("/sys/devices/system/node/node{}/cpulist", *node)).value_or("");
  const std::string allowed =
      system.keyed_text("/proc/self/status", "Cpus_allowed_list:").value_or("");
  check.found =
      fmt::format("adapter on node {} (CPUs {}), this process may use {}", *node, cpus, allowed);
  try {
    const auto near = parse_cpu_list(cpus);
    const std::set<int> near_set(near.begin(), near.end());
    for (const int cpu : parse_cpu_list(allowed)) {
      if (!near_set.contains(cpu)) check.state = CheckState::kWarn;
    }
  } catch (const UsageError&) {
    check.state = CheckState::kUnknown;
  }
  if (check.state == CheckState::kWarn) {
    check.mend =
        fmt::format("capstan record --cpus {} ... (or numactl --cpunodebind={})", cpus, *node);
  }
  return check;
}

}  // namespace

Checks check_link(const LinkFacts& link, std::size_t cpus) {
  return {
      offload(link, "gro", link.gro, CheckState::kCost,
              "Packets are merged before the recorder sees them: the file then does not hold the "
              "packets of the wire."),
      offload(link, "lro", link.lro, CheckState::kCost,
              "The adapter merges packets before anyone sees them: the file then does not hold the "
              "packets of the wire."),
      offload(link, "tso", link.tso, CheckState::kWarn,
              "What this machine itself sends is recorded before the adapter cuts it into packets; "
              "a port that only receives does not care."),
      offload(link, "gso", link.gso, CheckState::kWarn,
              "What this machine itself sends is recorded before the kernel cuts it into packets; "
              "a port that only receives does not care."),
      check_vlan(link),
      check_ring(link),
      check_queues(link, cpus),
      check_hash(link),
      check_pause(link),
  };
}

Checks check_link_placing(const std::string& name, const SystemTree& system) {
  return {check_drops(name, system), check_interrupts(name, system), check_node(name, system)};
}

}  // namespace capstan::tools
