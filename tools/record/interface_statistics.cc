#include "tools/record/interface_statistics.h"

#include <fmt/format.h>
#include <poll.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <fstream>

#include "engine/capture/interfaces.h"

namespace capstan::tools {

namespace {

// A counter of /sys/class/net; 0 where there is none, or no such interface any more.
std::uint64_t counter_of(const std::string& interface, const char* counter) {
  std::ifstream file(fmt::format("/sys/class/net/{}/statistics/{}", interface, counter));
  std::uint64_t value = 0;
  file >> value;
  return file ? value : 0;
}

struct Counts {
  std::uint64_t received = 0;
  std::uint64_t dropped = 0;
};

Counts counts_of(const std::string& interface) {
  const std::uint64_t dropped = counter_of(interface, "rx_dropped") +
                                counter_of(interface, "rx_missed_errors") +
                                counter_of(interface, "rx_fifo_errors");
  return {counter_of(interface, "rx_packets"), dropped};
}

}  // namespace

void print_interface_statistics(std::vector<std::string> interfaces, SignalEvents& signals) {
  std::signal(SIGPIPE, SIG_IGN);
  for (std::string& name : interfaces) resolve_interface(name);
  if (interfaces.empty()) {
    for (const NetworkInterface& info : list_interfaces()) {
      if (info.index != 0) interfaces.push_back(info.name);
    }
  }
  std::vector<Counts> before;
  for (const std::string& name : interfaces) before.push_back(counts_of(name));
  fmt::print("{:<15} {:>12} {:>12}\n", "Interface", "Received", "Dropped");
  constexpr int kSecondMs = 1000;
  while (std::fflush(stdout) == 0) {
    pollfd wait{signals.descriptor(), POLLIN, 0};
    if (::poll(&wait, 1, kSecondMs) > 0 && signals.take() != 0) return;
    for (std::size_t place = 0; place < interfaces.size(); ++place) {
      const Counts now = counts_of(interfaces[place]);
      fmt::print("{:<15} {:>12} {:>12}\n", interfaces[place], now.received - before[place].received,
                 now.dropped - before[place].dropped);
    }
  }
}

}  // namespace capstan::tools
