// --since, --until and --last, the same for every command that reads recordings.
#pragma once

#include <string>
#include <string_view>

#include "engine/reader/set_reader.h"

namespace CLI {
class App;
}  // namespace CLI

namespace capstan::tools {

// Values as text.
struct TimeRangeFlags {
  std::string since;
  std::string until;
  std::string last;
};

// Adds them to `app`, which borrows `raw`.
void add_time_range_flags(CLI::App& app, TimeRangeFlags& raw);

// After parsing; `now_ns` is what relative times are counted from. Throws UsageError, in which
// `dashes` stands before since, until and last: "" where they are no flags.
TimeRange understand_time_range(const TimeRangeFlags& raw, std::uint64_t now_ns,
                                std::string_view dashes = "--");

// "500", "10k", "1.5MB", "2GiB". Throws UsageError that begins with `option`.
std::uint64_t parse_size(std::string_view option, std::string_view text);

}  // namespace capstan::tools
