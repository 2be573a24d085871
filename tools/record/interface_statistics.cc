#include "tools/record/interface_statistics.h"

#include <fmt/format.h>
#include <poll.h>

#include <csignal>
#include <cstdint>
#include <cstdio>

#include "engine/capture/interfaces.h"
#include "tools/watch/nic_drops.h"

namespace capstan::tools {

namespace {

// Since the begin, also of one that vanishes and comes back.
struct Counts {
  NicDrops received;
  NicDrops dropped;
};

std::uint64_t read_all_drops(const std::string& interface) noexcept {
  return read_nic_drops(interface) + read_rx_dropped(interface);
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
  std::vector<Counts> counts;
  for (const std::string& name : interfaces) {
    counts.push_back({NicDrops(name, read_rx_packets), NicDrops(name, read_all_drops)});
  }
  fmt::print("{:<15} {:>12} {:>12}\n", "Interface", "Received", "Dropped");
  constexpr int kSecondMs = 1000;
  while (std::fflush(stdout) == 0) {
    pollfd wait{signals.descriptor(), POLLIN, 0};
    if (::poll(&wait, 1, kSecondMs) > 0 && signals.take() != 0) return;
    for (std::size_t place = 0; place < interfaces.size(); ++place) {
      fmt::print("{:<15} {:>12} {:>12}\n", interfaces[place], counts[place].received.total(),
                 counts[place].dropped.total());
    }
  }
}

}  // namespace capstan::tools
