#include "tools/record/option_text.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "engine/core/errors.h"
#include "engine/core/joined.h"
#include "tools/common/packet_format.h"
#include "tools/common/units.h"

namespace capstan::tools {

namespace {

constexpr double kMaxSeconds = 1e9;
constexpr double kMaxFiles = 1e6;
constexpr std::uint64_t kMostBytes = 1'000'000'000'000'000'000;

// Seconds of one of `unit`; 0 for any that is not known.
double seconds_of_unit(std::string_view unit) {
  if (unit == "s") return 1;
  if (unit == "min") return 60;
  if (unit == "h") return 3600;
  if (unit == "d") return 86400;
  return unit == "w" ? 604800 : 0;
}

// 0 when it is no size from 1 byte on.
std::uint64_t bytes_of(const Quantity& quantity) {
  const double bytes = quantity.number * bytes_of_unit(quantity.unit);
  return bytes < kMostBytes ? static_cast<std::uint64_t>(bytes) : 0;
}

}  // namespace

std::optional<double> positive_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !(value > 0) || value > 1e15) {
    return std::nullopt;
  }
  return value;
}

bool read_keep(const std::string& text, RetentionLimits& limits) {
  const std::optional<Quantity> keep = parse_quantity(text);
  if (!keep) return false;
  // Minutes, months or MiB? Whoever guesses wrong deletes recordings.
  if (keep->unit == "m") return false;
  const double number = keep->number;
  const double seconds = number * seconds_of_unit(keep->unit);
  if (keep->unit == "files" || keep->unit == "file") {
    if (number < 1 || number != std::floor(number) || number > kMaxFiles) return false;
    limits.files = static_cast<std::uint32_t>(number);
  } else if (const std::uint64_t bytes = bytes_of(*keep)) {
    limits.bytes = bytes;
  } else if (seconds >= 1 && seconds <= kMaxSeconds) {
    limits.age_ns = static_cast<std::uint64_t>(seconds * 1e9);
  } else {
    return false;
  }
  return true;
}

bool read_min_free(const std::string& text, RetentionLimits& limits) {
  const std::optional<Quantity> free = parse_quantity(text);
  if (!free) return false;
  if (free->unit == "%") {
    if (free->number < 1 || free->number > 90 || free->number != std::floor(free->number)) {
      return false;
    }
    limits.min_free_percent = static_cast<std::uint32_t>(free->number);
    return true;
  }
  limits.min_free_bytes = bytes_of(*free);
  return limits.min_free_bytes != 0;
}

std::optional<FileFormat> file_format_of(std::string_view text) {
  if (text == "pcapng") return FileFormat::kPcapng;
  if (text == "pcap") return FileFormat::kPcapMicroseconds;
  if (text == "pcap-ns" || text == "nsecpcap") return FileFormat::kPcapNanoseconds;
  return std::nullopt;
}

FileFormat file_format_of(PacketFileFormat format) {
  switch (format) {
    case PacketFileFormat::kPcapng:
      break;
    case PacketFileFormat::kPcap:
      return FileFormat::kPcapMicroseconds;
    case PacketFileFormat::kPcapNanoseconds:
      return FileFormat::kPcapNanoseconds;
  }
  return FileFormat::kPcapng;
}

FileFormat file_format_by_ending(const std::vector<std::string>& files) {
  std::optional<PacketFileFormat> format;
  for (const std::string& file : files) {
    const std::optional<PacketFileFormat> ending = file_ending(file).format;
    if (!ending) continue;
    if (format && *format != *ending) {
      throw UsageError(fmt::format(
          "{}: outputs that end in .pcap and in .pcapng: all have one format, and -F says which",
          joined(files, ", ")));
    }
    format = ending;
  }
  return file_format_of(format.value_or(PacketFileFormat::kPcapng));
}

std::optional<Layout> layout_of(std::string_view text) {
  if (text == "auto") return Layout::kAuto;
  if (text == "in-place") return Layout::kInPlace;
  if (text == "packed") return Layout::kPacked;
  return std::nullopt;
}

std::optional<OnFull> on_full_of(std::string_view text) {
  if (text == "stop") return OnFull::kStop;
  if (text == "oldest") return OnFull::kOldest;
  if (text == "pause") return OnFull::kPause;
  return std::nullopt;
}

bool read_sync(std::string_view text, RecordOptions& options) {
  if (text == "never" || text == "file") {
    options.sync_at_close = text == "file";
    options.sync_interval_ns = 0;
    return true;
  }
  const std::optional<double> seconds = positive_number(text);
  if (!seconds || *seconds < 0.01 || *seconds > 86400) return false;
  options.sync_at_close = true;
  options.sync_interval_ns = static_cast<std::uint64_t>(*seconds * 1e9);
  return true;
}

}  // namespace capstan::tools
