// Waiting at the start for interfaces that are not there yet (--wait-for-interface).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tools/common/signals.h"

namespace capstan::tools {

// Returns true once every interface is there and up. `waiting` is told which is not, whenever that
// changes; `tick` is called several times a second. False: a signal came first.
bool wait_for_interfaces(std::vector<std::string> names, SignalEvents& signals,
                         const std::function<void(const std::string& name)>& waiting,
                         const std::function<void()>& tick);

}  // namespace capstan::tools
