#include "tools/watch/watch_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <string_view>

namespace capstan::tools {

namespace {

constexpr double kLongestSilenceS = 1e9;

struct Unit {
  std::string_view name;
  double bytes;
};
constexpr Unit kUnits[] = {{"B", 1},           {"KB", 1e3},           {"MB", 1e6},
                           {"GB", 1e9},        {"TB", 1e12},          {"KiB", 1024.0},
                           {"MiB", 1048576.0}, {"GiB", 1073741824.0}, {"TiB", 1099511627776.0}};

}  // namespace

void add_watch_options(CLI::App& app, RawWatchOptions& raw) {
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

std::optional<FreeSpaceLimit> parse_free_space(const std::string& text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || !(value >= 0) || value > 1e18) return std::nullopt;
  const std::string_view unit(rest, static_cast<std::size_t>(end - rest));
  if (unit == "%") return value < 100 ? std::optional(FreeSpaceLimit{value, 0}) : std::nullopt;
  if (unit.empty() && value == 0) return FreeSpaceLimit{};
  for (const Unit& known : kUnits) {
    if (unit == known.name && value * known.bytes <= 1e18) {
      return FreeSpaceLimit{0, static_cast<std::uint64_t>(value * known.bytes)};
    }
  }
  return std::nullopt;
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
