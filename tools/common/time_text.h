// Times and durations as people write them on a command line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace capstan::tools {

// The accepted forms, for --help and man pages.
inline constexpr const char* kTimeForms =
    "14:05, 14:05:30.25, 2026-11-27, '2026-11-27 14:05', 2026-11-27T14:05Z, "
    "'2026-11-27 14:05 +01:00', @1795788300.5, 'yesterday 14:00', today, now, -10m";

// Returns nanoseconds since 1970. Local time (TZ) unless a zone is given; a time without a date is
// today's; "-10m" and "10m ago" are relative to `now_ns`. Up to nine decimals of a second. Throws
// UsageError that begins with `option` for a text in none of the forms of kTimeForms and for an
// invalid date.
std::uint64_t parse_time(std::string_view option, std::string_view text, std::uint64_t now_ns);

// Returns nanoseconds: "90s", "10m", "1h30m", "2d", "250ms", "1.5h"; a bare number is seconds.
// Throws UsageError as above; also for zero and for more than 200 years.
std::uint64_t parse_duration(std::string_view option, std::string_view text);

}  // namespace capstan::tools
