// Waits at the start for interfaces that do not exist yet (--wait-for-interface).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tools/common/signals.h"

namespace capstan::tools {

// Returns true once every interface exists and is up, false when SIGINT, SIGTERM or SIGHUP comes
// first. `waiting` is called with the name of the first missing interface whenever that changes;
// `tick` is called several times a second.
bool wait_for_interfaces(std::vector<std::string> names, SignalEvents& signals,
                         const std::function<void(const std::string& name)>& waiting,
                         const std::function<void()>& tick);

}  // namespace capstan::tools
