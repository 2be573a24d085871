// How a recording can be watched: what is published where, and what raises an alarm.
#pragma once

#include <optional>
#include <string>

#include "tools/watch/alarms.h"
#include "tools/watch/local_address.h"

namespace capstan::tools {

struct WatchOptions {
  std::optional<ListenAddress> metrics;
  // Where `capstan status` finds this recorder: a path, "none", or empty for the default place.
  std::string status_socket;
  AlarmLimits alarms;
};

// Reads "5%", "20GB" (decimal), "500MiB", or "0" for no alarm; nullopt for any other text.
std::optional<FreeSpaceLimit> parse_free_space(const std::string& text);

}  // namespace capstan::tools
