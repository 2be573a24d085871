// Command-line options for WatchOptions.
#pragma once

#include <string>
#include <vector>

#include "tools/watch/watch_options.h"

namespace capstan::tools {

class CommandLine;

// The values as typed.
struct RawWatchOptions {
  std::string metrics;
  std::string status_socket;
  std::string alarm_disk = "5%";
  double alarm_silent_s = 0;
};

void add_watch_options(CommandLine& app, RawWatchOptions& raw);
// Adds a sentence to `problems` for each value that is not valid.
WatchOptions read_watch_options(const RawWatchOptions& raw, std::vector<std::string>& problems);

}  // namespace capstan::tools
