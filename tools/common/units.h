// Numbers, sizes, rates and times as people read them.
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

// Control characters and invalid bytes of a text from a file, made harmless for a terminal.
std::string printable(const std::string& text);

// A name, or any other text of the world outside, made harmless for a terminal: control characters,
// but those of `kept`, and bytes that are no UTF-8 become '?'.
std::string visible_text(std::string_view text, std::string_view kept = {});

// &, <, > and both quotes of a text made harmless in HTML and SVG, text and attributes.
std::string escape_xml(std::string_view text);

// A number that is not negative and whole text behind it: "1.5GB" is {1.5, "GB"}. None: not so.
struct Quantity {
  double number = 0;
  std::string_view unit;  // of the text given
};
std::optional<Quantity> parse_quantity(std::string_view text);

// What one of `unit` is in bytes: decimal B, kB or KB, MB, GB, TB; binary KiB, MiB, GiB, TiB, and
// K, M, G, T, which are those (as in dd(1) and ls(1)). 0 for any other.
double bytes_of_unit(std::string_view unit);

// A size on a command line: "1.5GB", "64M", or a number alone, which counts `plain_bytes` each.
// None: it is no size, or not below 2^63 bytes.
std::optional<std::uint64_t> parse_size(std::string_view text, std::uint64_t plain_bytes);

}  // namespace capstan::tools
