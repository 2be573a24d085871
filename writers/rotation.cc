#include "writers/rotation.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <filesystem>
#include <string_view>

#include "engine/core/clock.h"

namespace capstan {

namespace {

constexpr std::size_t kNumberDigits = 5;  // at least; more when there are more files
constexpr std::size_t kDateDigits = 14;

bool all_digits(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

void Rotation::start_file(std::uint64_t monotonic_ns, std::uint64_t wall_ns) noexcept {
  started_ns_ = monotonic_ns;
  interval_number_ = limits_.interval_ns == 0 ? 0 : wall_ns / limits_.interval_ns;
}

bool Rotation::due(std::uint64_t monotonic_ns, std::uint64_t wall_ns,
                   std::uint64_t size_bytes) const noexcept {
  if (limits_.size_bytes != 0 && size_bytes >= limits_.size_bytes) return true;
  if (limits_.duration_ns != 0 && monotonic_ns - started_ns_ >= limits_.duration_ns) return true;
  // A clock that was put back turns no file.
  return limits_.interval_ns != 0 && wall_ns / limits_.interval_ns > interval_number_;
}

std::string rotated_name(const std::string& path, std::uint32_t number, std::uint64_t wall_ns) {
  const std::filesystem::path whole(path);
  const auto seconds = static_cast<std::time_t>(wall_ns / kNanosecondsPerSecond);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  char date[32];
  std::strftime(date, sizeof(date), "%Y%m%d%H%M%S", &local);
  return (whole.parent_path() / fmt::format("{}_{:05}_{}{}", whole.stem().string(), number, date,
                                            whole.extension().string()))
      .string();
}

std::optional<std::uint32_t> number_of_rotated_name(const std::string& path,
                                                    const std::string& file_name) {
  const std::filesystem::path whole(path);
  const std::string head = whole.stem().string() + "_";
  const std::string tail = whole.extension().string();
  std::string_view text(file_name);
  if (!text.starts_with(head) || !text.ends_with(tail)) return std::nullopt;
  if (text.size() < head.size() + kNumberDigits + 1 + kDateDigits + tail.size()) {
    return std::nullopt;
  }
  text.remove_prefix(head.size());
  text.remove_suffix(tail.size());
  const std::string_view digits = text.substr(0, text.size() - kDateDigits - 1);
  if (text[digits.size()] != '_' || !all_digits(text.substr(digits.size() + 1)) ||
      !all_digits(digits)) {
    return std::nullopt;
  }
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{}) return std::nullopt;
  return number;
}

}  // namespace capstan
