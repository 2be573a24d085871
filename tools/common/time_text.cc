#include "tools/common/time_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <ctime>
#include <optional>

#include "engine/core/clock.h"
#include "engine/core/errors.h"

namespace capstan::tools {

namespace {

constexpr std::uint64_t kMostNs = std::uint64_t{200} * 366 * 86400 * kNanosecondsPerSecond;
// What the nanoseconds of 64 bits reach: 2554. Years beyond are refused instead of wrapped.
constexpr int kLastYear = 2500;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) {
    text.remove_prefix(1);
  }
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) {
    text.remove_suffix(1);
  }
  return text;
}

bool take(std::string_view& text, std::string_view word) noexcept {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

// A number of `least` to `most` digits.
std::optional<std::uint64_t> take_number(std::string_view& text, std::size_t least,
                                         std::size_t most) noexcept {
  std::uint64_t value = 0;
  std::size_t digits = 0;
  while (digits < text.size() && is_digit(text[digits])) {
    if (digits == most) return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(text[digits] - '0');
    ++digits;
  }
  if (digits < least) return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

// ".25" in nanoseconds; 0 when there is none.
std::optional<std::uint64_t> take_fraction(std::string_view& text) noexcept {
  if (!take(text, ".") && !take(text, ",")) return 0;
  std::uint64_t value = 0;
  std::size_t digits = 0;
  for (; digits < text.size() && is_digit(text[digits]); ++digits) {
    if (digits == 9) return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(text[digits] - '0');
  }
  if (digits == 0) return std::nullopt;
  text.remove_prefix(digits);
  for (; digits < 9; ++digits) value *= 10;
  return value;
}

struct Moment {
  int year = 0;
  int month = 0;  // 1 to 12
  int day = 0;
  std::uint64_t second_of_day = 0;
  std::uint64_t fraction_ns = 0;
  std::optional<std::int64_t> zone_s;  // east of Greenwich; none: local time
};

int days_of(int year, int month) noexcept {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && leap ? 29 : kDays[month - 1];
}

bool take_date(std::string_view& text, Moment& moment) noexcept {
  std::string_view rest = text;
  const auto year = take_number(rest, 4, 4);
  if (!year || !take(rest, "-")) return false;
  const auto month = take_number(rest, 1, 2);
  if (!month || !take(rest, "-")) return false;
  const auto day = take_number(rest, 1, 2);
  if (!day || *year < 1970 || *year > kLastYear || *month < 1 || *month > 12 || *day < 1)
    return false;
  moment.year = static_cast<int>(*year);
  moment.month = static_cast<int>(*month);
  moment.day = static_cast<int>(*day);
  if (moment.day > days_of(moment.year, moment.month)) return false;
  text = rest;
  return true;
}

bool take_clock(std::string_view& text, Moment& moment) noexcept {
  const auto hour = take_number(text, 1, 2);
  if (!hour || *hour > 23 || !take(text, ":")) return false;
  const auto minute = take_number(text, 2, 2);
  if (!minute || *minute > 59) return false;
  moment.second_of_day = (*hour * 60 + *minute) * 60;
  if (!take(text, ":")) return true;
  const auto second = take_number(text, 2, 2);
  if (!second || *second > 60) return false;  // 60: a leap second, as some clocks print it
  moment.second_of_day += *second;
  const auto fraction = take_fraction(text);
  if (!fraction) return false;
  moment.fraction_ns = *fraction;
  return true;
}

bool take_zone(std::string_view& text, Moment& moment) noexcept {
  if (take(text, "Z") || take(text, "z") || take(text, "UTC") || take(text, "GMT")) {
    moment.zone_s = 0;
    return true;
  }
  const bool east = text.starts_with("+");
  if (!east && !text.starts_with("-")) return false;
  text.remove_prefix(1);
  const auto hours = take_number(text, 2, 4);
  if (!hours) return false;
  std::uint64_t minutes = 0;
  std::uint64_t whole_hours = *hours;
  if (*hours >= 100) {  // +0130
    minutes = *hours % 100;
    whole_hours = *hours / 100;
  } else if (take(text, ":")) {
    const auto more = take_number(text, 2, 2);
    if (!more) return false;
    minutes = *more;
  }
  if (whole_hours > 14 || minutes > 59) return false;
  const auto offset = static_cast<std::int64_t>((whole_hours * 60 + minutes) * 60);
  moment.zone_s = east ? offset : -offset;
  return true;
}

std::optional<std::uint64_t> to_ns(const Moment& moment) noexcept {
  std::tm parts{};
  parts.tm_year = moment.year - 1900;
  parts.tm_mon = moment.month - 1;
  parts.tm_mday = moment.day;
  parts.tm_hour = static_cast<int>(moment.second_of_day / 3600);
  parts.tm_min = static_cast<int>(moment.second_of_day / 60 % 60);
  parts.tm_sec = static_cast<int>(moment.second_of_day % 60);
  parts.tm_isdst = -1;
  const std::int64_t seconds = moment.zone_s ? std::int64_t{::timegm(&parts)} - *moment.zone_s
                                             : std::int64_t{::mktime(&parts)};
  if (seconds < 0) return std::nullopt;
  return static_cast<std::uint64_t>(seconds) * kNanosecondsPerSecond + moment.fraction_ns;
}

void set_date_of(std::uint64_t ns, int days_back, Moment& moment) noexcept {
  const auto seconds = static_cast<std::time_t>(ns / kNanosecondsPerSecond);
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  parts.tm_mday -= days_back;
  parts.tm_hour = 12;  // no change of the clocks comes near
  parts.tm_isdst = -1;
  static_cast<void>(::mktime(&parts));
  moment.year = parts.tm_year + 1900;
  moment.month = parts.tm_mon + 1;
  moment.day = parts.tm_mday;
}

std::optional<std::uint64_t> parse_calendar(std::string_view text, std::uint64_t now_ns) noexcept {
  Moment moment;
  bool has_date = true;
  if (take(text, "yesterday")) {
    set_date_of(now_ns, 1, moment);
  } else if (take(text, "today")) {
    set_date_of(now_ns, 0, moment);
  } else if (!take_date(text, moment)) {
    has_date = false;
    set_date_of(now_ns, 0, moment);
  }
  if (has_date && !text.empty()) {
    if (text[0] != ' ' && text[0] != 'T' && text[0] != 't' && text[0] != '_') return std::nullopt;
    text = trimmed(text.substr(1));
  }
  if (!has_date || !text.empty()) {
    if (!take_clock(text, moment)) return std::nullopt;
  }
  text = trimmed(text);
  if (!text.empty() && (!take_zone(text, moment) || !text.empty())) return std::nullopt;
  return to_ns(moment);
}

std::optional<std::uint64_t> parse_epoch(std::string_view text) noexcept {
  const auto seconds = take_number(text, 1, 11);
  if (!seconds) return std::nullopt;
  const auto fraction = take_fraction(text);
  if (!fraction || !text.empty()) return std::nullopt;
  if (*seconds > ~std::uint64_t{0} / kNanosecondsPerSecond - 1) return std::nullopt;
  return *seconds * kNanosecondsPerSecond + *fraction;
}

// Nanoseconds of one of this unit; 0: no unit.
std::uint64_t take_unit(std::string_view& text) noexcept {
  struct Unit {
    const char* name;
    std::uint64_t ns;
  };
  constexpr std::uint64_t kSecond = kNanosecondsPerSecond;
  // The longer names first: "ms" begins as "m" does.
  constexpr Unit kUnits[] = {
      {"nanoseconds", 1},
      {"ns", 1},
      {"us", 1000},
      {"milliseconds", kNanosecondsPerMillisecond},
      {"ms", kNanosecondsPerMillisecond},
      {"seconds", kSecond},
      {"second", kSecond},
      {"sec", kSecond},
      {"s", kSecond},
      {"minutes", 60 * kSecond},
      {"minute", 60 * kSecond},
      {"min", 60 * kSecond},
      {"m", 60 * kSecond},
      {"hours", 3600 * kSecond},
      {"hour", 3600 * kSecond},
      {"h", 3600 * kSecond},
      {"days", 86400 * kSecond},
      {"day", 86400 * kSecond},
      {"d", 86400 * kSecond},
      {"weeks", 7 * 86400 * kSecond},
      {"week", 7 * 86400 * kSecond},
      {"w", 7 * 86400 * kSecond},
  };
  for (const Unit& unit : kUnits) {
    if (take(text, unit.name)) return unit.ns;
  }
  return 0;
}

std::optional<std::uint64_t> duration_of(std::string_view text) noexcept {
  text = trimmed(text);
  if (text.empty()) return std::nullopt;
  std::uint64_t sum = 0;
  while (!text.empty()) {
    const auto number = take_number(text, 1, 10);
    if (!number) return std::nullopt;
    const auto fraction = take_fraction(text);  // billionths of the unit
    if (!fraction) return std::nullopt;
    text = trimmed(text);
    std::uint64_t unit = kNanosecondsPerSecond;
    if (!text.empty() && (unit = take_unit(text)) == 0) return std::nullopt;
    if (*number > kMostNs / unit) return std::nullopt;
    sum += *number * unit +
           static_cast<std::uint64_t>(
               static_cast<double>(*fraction) / 1e9 * static_cast<double>(unit) + 0.5);
    text = trimmed(text);
    if (sum > kMostNs) return std::nullopt;
  }
  return sum == 0 ? std::nullopt : std::optional(sum);
}

}  // namespace

std::uint64_t parse_time(std::string_view option, std::string_view text, std::uint64_t now_ns) {
  std::string_view rest = trimmed(text);
  std::optional<std::uint64_t> moment;
  if (rest == "now") {
    moment = now_ns;
  } else if (take(rest, "@")) {
    moment = parse_epoch(rest);
  } else if (rest.starts_with("-") || rest.ends_with("ago")) {
    if (!take(rest, "-")) rest.remove_suffix(3);
    const auto back = duration_of(rest);
    if (back && *back <= now_ns) moment = now_ns - *back;
  } else {
    moment = parse_calendar(rest, now_ns);
  }
  if (!moment) {
    throw UsageError(fmt::format("{} {}: no time; it is one of {}", option, text, kTimeForms));
  }
  return *moment;
}

std::uint64_t parse_duration(std::string_view option, std::string_view text) {
  const auto duration = duration_of(text);
  if (!duration) {
    throw UsageError(
        fmt::format("{} {}: no span of time; it is one like 90s, 10m, 1h30m or 2d", option, text));
  }
  return *duration;
}

}  // namespace capstan::tools
