#include "tools/watch/wait_for_interfaces.h"

#include <poll.h>
#include <signal.h>

#include <algorithm>

#include "engine/capture/interfaces.h"

namespace capstan::tools {

namespace {

constexpr int kLookMs = 200;

// The first of `names` that is not there or not up; empty when all are.
std::string first_missing(const std::vector<std::string>& names) {
  const std::vector<NetworkInterface> present = list_interfaces();
  for (const std::string& name : names) {
    // A place in the list of interfaces (-D) names one that is there, or none.
    if (name.find_first_not_of("0123456789") == std::string::npos) continue;
    const bool ready = std::any_of(present.begin(), present.end(), [&](const auto& interface) {
      return interface.name == name && interface.up;
    });
    if (!ready) return name;
  }
  return {};
}

}  // namespace

bool wait_for_interfaces(std::vector<std::string> names, SignalEvents& signals,
                         const std::function<void(const std::string& name)>& waiting,
                         const std::function<void()>& tick) {
  std::string told;
  while (true) {
    const std::string missing = first_missing(names);
    if (missing.empty()) return true;
    if (missing != told) waiting(missing);
    told = missing;
    pollfd wait{signals.descriptor(), POLLIN, 0};
    ::poll(&wait, 1, kLookMs);
    while (const int signal = signals.take()) {
      // The others ask for a new file or for figures, and there are none yet.
      if (signal == SIGINT || signal == SIGTERM || signal == SIGHUP) return false;
    }
    tick();
  }
}

}  // namespace capstan::tools
