// --since, --until and --last, the same for every command that reads recordings.
#pragma once

#include <string>
#include <string_view>

#include "engine/reader/set_reader.h"

namespace capstan::tools {

class CommandLine;

// The values as typed.
struct TimeRangeFlags {
  std::string since;
  std::string until;
  std::string last;
};

// Adds the three flags to `app`, which keeps references to `raw`.
void add_time_range_flags(CommandLine& app, TimeRangeFlags& raw);

// To be called after parsing. `now_ns`: base of relative times. Throws UsageError, whose text has
// `dashes` in front of since, until and last: "" where they are not flags.
TimeRange understand_time_range(const TimeRangeFlags& raw, std::uint64_t now_ns,
                                std::string_view dashes = "--");

// Reads a size in bytes: "500", "10k", "1.5MB", "2GiB". Throws UsageError that begins with
// `option`.
std::uint64_t parse_size(std::string_view option, std::string_view text);

}  // namespace capstan::tools
