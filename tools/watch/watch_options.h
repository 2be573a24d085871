// The options of `capstan record` that have to do with watching it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/watch/alarms.h"
#include "tools/watch/local_address.h"

namespace CLI {
class App;
}

namespace capstan::tools {

struct WatchOptions {
  std::optional<ListenAddress> metrics;
  // Where `capstan status` finds this recorder: a path, "none", or empty for the usual place.
  std::string status_socket;
  AlarmLimits alarms;
};

// As typed.
struct RawWatchOptions {
  std::string metrics;
  std::string status_socket;
  std::string alarm_disk = "5%";
  double alarm_silent_s = 0;
};

void add_watch_options(CLI::App& app, RawWatchOptions& raw);
WatchOptions read_watch_options(const RawWatchOptions& raw, std::vector<std::string>& problems);

// "5%", "20GB" (decimal), "500MiB"; nullopt when it is neither.
std::optional<FreeSpaceLimit> parse_free_space(const std::string& text);

}  // namespace capstan::tools
