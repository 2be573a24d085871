// Numbers, sizes, rates and times as text for people.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace capstan::tools {

// "12,345,678".
std::string grouped(std::uint64_t value);

// "17 bytes", "1.4 GiB".
std::string human_bytes(std::uint64_t bytes);

// With decimal steps: "1.25 M" for 1'250'000. The unit follows: human_rate(x) + "b/s".
std::string human_rate(double per_second);

// "12.345 s", "3 h 04 min 05 s", "250 us".
std::string human_duration(std::uint64_t duration_ns);

// Local time with all nine digits: "2026-11-23 13:18:40.123456789 +0100".
std::string local_time(std::uint64_t timestamp_ns);

// RFC 3339 in UTC: "2026-11-23T12:18:40.123456789Z".
std::string utc_time(std::uint64_t timestamp_ns);

// Makes a text from a file harmless for a terminal: each byte that is not printable ASCII becomes
// '.'.
std::string printable(const std::string& text);

// Makes a name or any other text from outside harmless for a terminal: control characters, except
// those in `kept`, and bytes that are not UTF-8 become '?'.
std::string visible_text(std::string_view text, std::string_view kept = {});

// Escapes &, <, > and both kinds of quotes for HTML and SVG, in text and attributes.
std::string escape_xml(std::string_view text);

// A non-negative number followed by text: "1.5GB" is {1.5, "GB"}. parse_quantity() returns nullopt
// for other texts.
struct Quantity {
  double number = 0;
  std::string_view unit;  // part of the text that was parsed
};
std::optional<Quantity> parse_quantity(std::string_view text);

// Number of bytes in one `unit`: decimal B, kB or KB, MB, GB, TB; binary KiB, MiB, GiB, TiB, and K,
// M, G, T, which mean the same as these (as in dd(1) and ls(1)). 0 for any other.
double bytes_of_unit(std::string_view unit);

// A size on a command line: "1.5GB", "64M", or a bare number, which counts `plain_bytes` each.
// Returns nullopt if the text is not a size or the size is not below 2^63 bytes.
std::optional<std::uint64_t> parse_size(std::string_view text, std::uint64_t plain_bytes);

}  // namespace capstan::tools
