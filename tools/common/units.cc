#include "tools/common/units.h"

#include <fmt/format.h>

#include <charconv>
#include <ctime>

#include "engine/core/clock.h"
#include "tools/common/utf8.h"

namespace capstan::tools {

namespace {

std::tm broken_down(std::uint64_t timestamp_ns, bool local) {
  const auto seconds = static_cast<std::time_t>(timestamp_ns / kNanosecondsPerSecond);
  std::tm parts{};
  if (local) {
    ::localtime_r(&seconds, &parts);
  } else {
    ::gmtime_r(&seconds, &parts);
  }
  return parts;
}

std::string formatted(const std::tm& parts, const char* format) {
  char text[64] = {};
  const std::size_t size = std::strftime(text, sizeof(text), format, &parts);
  return {text, size};
}

}  // namespace

std::string grouped(std::uint64_t value) {
  std::string digits = fmt::format("{}", value);
  for (std::size_t place = digits.size(); place > 3;) {
    place -= 3;
    digits.insert(place, 1, ',');
  }
  return digits;
}

std::string human_bytes(std::uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} bytes", bytes);
  double value = static_cast<double>(bytes);
  const char* unit = "";
  for (const char* next : {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}) {
    if (value < 1023.95) break;
    value /= 1024;
    unit = next;
  }
  return fmt::format("{:.1f} {}", value, unit);
}

std::string human_rate(double per_second) {
  double value = per_second;
  const char* unit = "";
  for (const char* next : {"k", "M", "G", "T"}) {
    if (value < 999.5) break;
    value /= 1000;
    unit = next;
  }
  return fmt::format("{:.{}f} {}", value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0, unit);
}

std::string human_duration(std::uint64_t duration_ns) {
  const auto ns = static_cast<double>(duration_ns);
  if (duration_ns < 1'000) return fmt::format("{} ns", duration_ns);
  if (duration_ns < 1'000'000) return fmt::format("{:.3g} us", ns / 1e3);
  if (duration_ns < kNanosecondsPerSecond) return fmt::format("{:.3g} ms", ns / 1e6);
  if (duration_ns < 100 * kNanosecondsPerSecond) return fmt::format("{:.3f} s", ns / 1e9);
  const std::uint64_t seconds = duration_ns / kNanosecondsPerSecond;
  const std::uint64_t minutes = seconds / 60;
  if (minutes < 60) return fmt::format("{} min {:02} s", minutes, seconds % 60);
  return fmt::format("{} h {:02} min {:02} s", minutes / 60, minutes % 60, seconds % 60);
}

std::string local_time(std::uint64_t timestamp_ns) {
  const std::tm parts = broken_down(timestamp_ns, true);
  return fmt::format("{}.{:09} {}", formatted(parts, "%Y-%m-%d %H:%M:%S"),
                     timestamp_ns % kNanosecondsPerSecond, formatted(parts, "%z"));
}

std::string utc_time(std::uint64_t timestamp_ns) {
  const std::tm parts = broken_down(timestamp_ns, false);
  return fmt::format("{}.{:09}Z", formatted(parts, "%Y-%m-%dT%H:%M:%S"),
                     timestamp_ns % kNanosecondsPerSecond);
}

std::string printable(const std::string& text) {
  std::string clean = text;
  for (char& c : clean) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7F) c = '.';
  }
  return clean;
}

std::string visible_text(std::string_view text, std::string_view kept) {
  std::string safe;
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if ((byte >= 0x20 && byte < 0x7f) || kept.find(text[at]) != std::string_view::npos) {
      safe.push_back(text[at++]);
      continue;
    }
    const std::size_t length = utf8_length(text, at);
    // C1 control characters (U+0080 to U+009F) steer terminals too.
    if (length <= 1 ||
        (length == 2 && byte == 0xc2 && static_cast<unsigned char>(text[at + 1]) < 0xa0)) {
      safe.push_back('?');
      at += std::max<std::size_t>(length, 1);
      continue;
    }
    safe.append(text.substr(at, length));
    at += length;
  }
  return safe;
}

std::string escape_xml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out.push_back(c);
    }
  }
  return out;
}

std::optional<Quantity> parse_quantity(std::string_view text) {
  Quantity quantity;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, quantity.number);
  if (error != std::errc{} || !(quantity.number >= 0) || quantity.number > 1e18) {
    return std::nullopt;
  }
  quantity.unit = {rest, static_cast<std::size_t>(end - rest)};
  return quantity;
}

double bytes_of_unit(std::string_view unit) {
  struct Unit {
    std::string_view name;
    double bytes;
  };
  constexpr Unit kUnits[] = {{"B", 1},
                             {"kB", 1e3},
                             {"KB", 1e3},
                             {"MB", 1e6},
                             {"GB", 1e9},
                             {"TB", 1e12},
                             {"KiB", 1024.0},
                             {"MiB", 1048576.0},
                             {"GiB", 1073741824.0},
                             {"TiB", 1099511627776.0},
                             {"k", 1024.0},
                             {"K", 1024.0},
                             {"M", 1048576.0},
                             {"m", 1048576.0},
                             {"G", 1073741824.0},
                             {"T", 1099511627776.0}};
  for (const Unit& known : kUnits) {
    if (unit == known.name) return known.bytes;
  }
  return 0;
}

std::optional<std::uint64_t> parse_size(std::string_view text, std::uint64_t plain_bytes) {
  const std::optional<Quantity> quantity = parse_quantity(text);
  if (!quantity) return std::nullopt;
  const double unit_bytes =
      quantity->unit.empty() ? static_cast<double>(plain_bytes) : bytes_of_unit(quantity->unit);
  const double bytes = quantity->number * unit_bytes;
  constexpr double kLimit = 9.2e18;
  if (unit_bytes == 0 || !(bytes < kLimit)) return std::nullopt;
  return static_cast<std::uint64_t>(bytes);
}

}  // namespace capstan::tools
