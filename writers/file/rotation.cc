#include "writers/file/rotation.h"

#include <fmt/format.h>

#include <charconv>
#include <ctime>
#include <filesystem>
#include <string_view>

#include "engine/core/clock.h"
#include "engine/core/errors.h"

namespace capstan {

namespace {

constexpr std::size_t kNumberDigits = 5;  // at least; more when there are more files

std::tm local_time_of(std::uint64_t wall_ns) noexcept {
  const auto seconds = static_cast<std::time_t>(wall_ns / kNanosecondsPerSecond);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  return local;
}

std::string formatted(const std::string& pattern, const std::tm& local) {
  if (pattern.empty()) return {};
  std::string text(pattern.size() * 4 + 64, '\0');  // no known conversion makes more of itself
  text.resize(std::strftime(text.data(), text.size(), pattern.c_str(), &local));
  return text;
}

// What a conversion's text looks like: 9 for a digit, + for further digits. Empty: not known.
std::string_view shape_of(char conversion) noexcept {
  switch (conversion) {
    case 'Y':
      return "9999";
    case 'y':
    case 'm':
    case 'd':
    case 'H':
    case 'M':
    case 'S':
      return "99";
    case 'j':
      return "999";
    case 's':
      return "9+";
    case 'F':
      return "9999-99-99";
    case 'T':
      return "99:99:99";
    default:
      return {};
  }
}

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

bool take_char(std::string_view& text, char wanted) noexcept {
  if (text.empty() || (wanted == '9' ? !is_digit(text[0]) : text[0] != wanted)) return false;
  text.remove_prefix(1);
  return true;
}

// Takes what `pattern` can have made off the front of `text`.
bool take_pattern(std::string_view& text, std::string_view pattern) noexcept {
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    if (pattern[at] != '%') {
      if (text.empty() || text[0] != pattern[at]) return false;
      text.remove_prefix(1);
      continue;
    }
    const char letter = pattern[++at];
    if (letter == '%' && !take_char(text, '%')) return false;
    for (const char wanted : shape_of(letter)) {
      if (wanted == '+') {
        while (!text.empty() && is_digit(text[0])) text.remove_prefix(1);
      } else if (!take_char(text, wanted)) {
        return false;
      }
    }
  }
  return true;
}

std::optional<std::uint32_t> take_number(std::string_view& text) noexcept {
  std::uint32_t number = 0;
  const char* const begin = text.data();
  const auto [end, error] = std::from_chars(begin, begin + text.size(), number);
  if (error != std::errc{} || end - begin < static_cast<std::ptrdiff_t>(kNumberDigits)) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(end - begin));
  return number;
}

}  // namespace

void Rotation::start_file(std::uint64_t boot_ns, std::uint64_t wall_ns) noexcept {
  const std::uint64_t late_ns = boot_ns - started_ns_ - limits_.duration_ns;
  // One that is very late (the disk was away) is no beginning to count from: the next file would be
  // hardly there before it ended.
  const bool was_due = begun_ && limits_.duration_ns != 0 && late_ns <= limits_.duration_ns / 2;
  started_ns_ = was_due ? started_ns_ + limits_.duration_ns : boot_ns;
  begun_ = true;
  interval_number_ = limits_.interval_ns == 0 ? 0 : wall_ns / limits_.interval_ns;
}

bool Rotation::due(std::uint64_t boot_ns, std::uint64_t wall_ns, std::uint64_t size_bytes,
                   std::uint64_t packets) const noexcept {
  if (limits_.packets != 0 && packets >= limits_.packets) return true;
  if (limits_.size_bytes != 0 && size_bytes >= limits_.size_bytes) return true;
  if (limits_.duration_ns != 0 && boot_ns - started_ns_ >= limits_.duration_ns) return true;
  // Another one, not a later one: a clock that was put back would turn nothing until it has come to
  // where it was.
  return limits_.interval_ns != 0 && wall_ns / limits_.interval_ns != interval_number_;
}

SeriesNames::SeriesNames(const std::string& path) {
  const std::filesystem::path whole(path);
  directory_ = whole.parent_path().string();
  stem_ = whole.stem().string();
  extension_ = whole.extension().string();
  by_time_ = path.find('%') != std::string::npos;
  if (directory_.find('%') != std::string::npos) {
    throw UsageError(fmt::format("{}: only the file name may change with time", path));
  }
  for (const std::string& part : {stem_, extension_}) {
    for (std::size_t at = part.find('%'); at != std::string::npos; at = part.find('%', at + 2)) {
      const char letter = at + 1 < part.size() ? part[at + 1] : '\0';
      if (letter != '%' && shape_of(letter).empty()) {
        throw UsageError(
            fmt::format("{}: of strftime's conversions {} are understood", path, kConversions));
      }
    }
  }
}

std::string SeriesNames::path_of(std::uint32_t number, std::uint64_t wall_ns) const {
  const std::tm local = local_time_of(wall_ns);
  const std::string name =
      by_time_ ? fmt::format("{}{}{}", formatted(stem_, local),
                             number == 1 ? std::string() : fmt::format("_{:05}", number),
                             formatted(extension_, local))
               : fmt::format("{}_{:05}_{}{}", stem_, number, formatted("%Y%m%d%H%M%S", local),
                             extension_);
  return (std::filesystem::path(directory_) / name).string();
}

std::optional<SeriesNames::Parsed> SeriesNames::parse(const std::string& file_name) const {
  std::string_view rest(file_name);
  if (by_time_) {
    if (!take_pattern(rest, stem_)) return std::nullopt;
    Parsed parsed{1, file_name};
    if (rest.starts_with('_')) {
      const std::size_t at = file_name.size() - rest.size();
      rest.remove_prefix(1);
      const std::optional<std::uint32_t> second = take_number(rest);
      if (!second) return std::nullopt;
      parsed.number = *second;
      parsed.first_name.erase(at, file_name.size() - rest.size() - at);
    }
    return take_pattern(rest, extension_) && rest.empty() ? std::optional(parsed) : std::nullopt;
  }
  if (!rest.starts_with(stem_)) return std::nullopt;
  rest.remove_prefix(stem_.size());
  if (!rest.starts_with('_')) return std::nullopt;
  rest.remove_prefix(1);
  const std::optional<std::uint32_t> number = take_number(rest);
  if (!number || !take_pattern(rest, "_%Y%m%d%H%M%S") || rest != extension_) return std::nullopt;
  return Parsed{*number, {}};
}

std::optional<std::uint32_t> SeriesNames::number_of(const std::string& file_name) const {
  const std::optional<Parsed> parsed = parse(file_name);
  return parsed ? std::optional(parsed->number) : std::nullopt;
}

}  // namespace capstan
