#include "tools/watch/watch_cli.h"

#include <fmt/format.h>

#include "tools/common/command_line.h"

namespace capstan::tools {

namespace {

constexpr double kLongestSilenceS = 1e9;

}  // namespace

void add_watch_options(CommandLine& app, RawWatchOptions& raw) {
  app.add_option("--metrics", raw.metrics,
                 "Serve figures for Prometheus at http://ADDRESS:PORT/metrics (without an address: "
                 "127.0.0.1)");
  app.add_option(
      "--status-socket", raw.status_socket,
      "Where 'capstan status' reaches this recorder: a path, or none (default: a name of "
      "its own below /run/capstan or $XDG_RUNTIME_DIR)");
  app.add_option("--alarm-disk", raw.alarm_disk,
                 "Raise an alarm when the target has less room: a share such as 5% or a size such "
                 "as 20GB; 0 never (default 5%)");
  app.add_option("--alarm-silent", raw.alarm_silent_s,
                 "Raise an alarm when an interface brings no packet for so many seconds");
}

WatchOptions read_watch_options(const RawWatchOptions& raw, std::vector<std::string>& problems) {
  WatchOptions options;
  if (!raw.metrics.empty()) {
    options.metrics = parse_listen_address(raw.metrics);
    if (!options.metrics) {
      problems.push_back(fmt::format(
          "--metrics '{}' is no address and port in numbers, such as 127.0.0.1:9117, [::1]:9117 or "
          ":9117",
          raw.metrics));
    }
  }
  options.status_socket = raw.status_socket;
  if (const std::optional<FreeSpaceLimit> limit = parse_free_space(raw.alarm_disk)) {
    options.alarms.disk = *limit;
  } else {
    problems.push_back(fmt::format(
        "--alarm-disk '{}' is neither a share below 100% nor a size such as 20GB", raw.alarm_disk));
  }
  if (raw.alarm_silent_s >= 0 && raw.alarm_silent_s <= kLongestSilenceS) {
    options.alarms.silent_ns = static_cast<std::uint64_t>(raw.alarm_silent_s * 1e9);
  } else {
    problems.push_back(
        fmt::format("--alarm-silent {} is no number of seconds", raw.alarm_silent_s));
  }
  return options;
}

}  // namespace capstan::tools
