#include "tools/common/time_range.h"

#include <fmt/format.h>

#include <optional>

#include "engine/core/errors.h"
#include "tools/common/command_line.h"
#include "tools/common/time_text.h"
#include "tools/common/units.h"

namespace capstan::tools {

void add_time_range_flags(CommandLine& app, TimeRangeFlags& raw) {
  app.add_option("--since", raw.since, fmt::format("Packets from this time on: {}", kTimeForms));
  app.add_option("--until", raw.until, "Packets before this time");
  app.add_option("--last", raw.last, "Packets of the last so much time: 90s, 10m, 1h30m, 2d");
}

TimeRange understand_time_range(const TimeRangeFlags& raw, std::uint64_t now_ns,
                                std::string_view dashes) {
  const auto name = [dashes](const char* flag) { return fmt::format("{}{}", dashes, flag); };
  TimeRange range;
  if (!raw.last.empty()) {
    if (!raw.since.empty() || !raw.until.empty()) {
      throw UsageError(fmt::format("{} counts back from now: it goes without {} and {}",
                                   name("last"), name("since"), name("until")));
    }
    const std::uint64_t back = parse_duration(name("last"), raw.last);
    range.since_ns = back < now_ns ? now_ns - back : 0;
    return range;
  }
  if (!raw.since.empty()) range.since_ns = parse_time(name("since"), raw.since, now_ns);
  if (!raw.until.empty()) range.until_ns = parse_time(name("until"), raw.until, now_ns);
  if (range.since_ns >= range.until_ns) {
    throw UsageError(fmt::format("{} {} is not before {} {}: {} and {}", name("since"), raw.since,
                                 name("until"), raw.until, local_time(range.since_ns),
                                 local_time(range.until_ns)));
  }
  return range;
}

std::uint64_t parse_size(std::string_view option, std::string_view text) {
  const std::optional<Quantity> quantity = parse_quantity(text);
  double unit = 0;
  if (quantity) {
    std::string name(quantity->unit);
    if (name.empty()) name = "B";
    // A bare letter is what tcpdump and others take it for: a thousand, or a thousand squared.
    if (name.size() == 1 && name != "B") name += 'B';
    if (name == "kB" || name == "KB") name = "kB";
    unit = bytes_of_unit(name);
  }
  const double bytes = quantity ? quantity->number * unit : 0;
  if (unit == 0 || bytes < 1 || bytes > 9e18) {
    throw UsageError(
        fmt::format("{} {}: no size; it is one like 500000, 64MB or 2GiB", option, text));
  }
  return static_cast<std::uint64_t>(bytes);
}

}  // namespace capstan::tools
