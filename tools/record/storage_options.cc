#include "tools/record/storage_options.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <filesystem>
#include <iterator>

#include "engine/core/errors.h"
#include "tools/common/units.h"

namespace capstan::tools {

namespace {

using Problems = std::vector<std::string>;

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

// "name:number"; the number is 0 when there is none that is positive.
struct NameAndNumber {
  std::string name;
  double number = 0;
};

NameAndNumber name_and_number(const std::string& condition) {
  const std::size_t colon = condition.find(':');
  if (colon == std::string::npos) return {condition, 0};
  return {condition.substr(0, colon),
          positive_number(std::string_view(condition).substr(colon + 1)).value_or(0)};
}

void add_autostop_problem(const std::string& condition, Problems& problems) {
  problems.push_back(
      fmt::format("-a '{}' is none of duration:SECONDS, filesize:KB, packets:N, files:N with a "
                  "positive number",
                  condition));
}

void read_autostop(const RawStorageOptions& raw, RecordCommandLine& line, Problems& problems) {
  for (const std::string& condition : raw.autostop) {
    const auto [name, value] = name_and_number(condition);
    const bool whole = value == std::floor(value);
    if (value == 0) {
      add_autostop_problem(condition, problems);
    } else if (name == "duration" && value <= kMaxSeconds) {
      line.duration_ns = static_cast<std::uint64_t>(value * 1e9);
    } else if (name == "filesize") {
      line.size_limit_bytes = static_cast<std::uint64_t>(value * 1000);
    } else if (name == "files" && whole && value <= kMaxFiles) {
      line.rotation.stop_after_files = static_cast<std::uint32_t>(value);
    } else if (name == "packets" && whole) {
      line.capture.packet_limit = static_cast<std::int64_t>(value);
    } else {
      add_autostop_problem(condition, problems);
    }
  }
}

// -b printname's targets are dumpcap's.
bool read_ring_buffer_text(const std::string& condition, RecordCommandLine& line) {
  constexpr std::string_view kPrintName = "printname:";
  if (!condition.starts_with(kPrintName) || condition.size() == kPrintName.size()) return false;
  line.print_names = condition.substr(kPrintName.size());
  return true;
}

bool read_ring_buffer_number(const std::string& name, double value, RecordCommandLine& line) {
  RotationLimits& limits = line.rotation;
  const bool whole = value == std::floor(value);
  if (name == "duration" && value <= kMaxSeconds) {
    limits.duration_ns = static_cast<std::uint64_t>(value * 1e9);
  } else if (name == "interval" && value >= 1e-3 && value <= kMaxSeconds) {
    limits.interval_ns = static_cast<std::uint64_t>(value * 1e9);
  } else if (name == "filesize") {
    limits.size_bytes = static_cast<std::uint64_t>(value * 1000);
  } else if (name == "packets" && whole) {
    limits.packets = static_cast<std::uint64_t>(value);
  } else if (name == "files" && whole && value <= kMaxFiles) {
    line.retention.files = static_cast<std::uint32_t>(value);
  } else {
    return false;
  }
  return true;
}

void read_ring_buffer(const RawStorageOptions& raw, RecordCommandLine& line, Problems& problems) {
  for (const std::string& condition : raw.ring_buffer) {
    if (read_ring_buffer_text(condition, line)) continue;
    const auto [name, value] = name_and_number(condition);
    if (value == 0 || !read_ring_buffer_number(name, value, line)) {
      problems.push_back(
          fmt::format("-b '{}' is none of duration:SECONDS, interval:SECONDS, filesize:KB, "
                      "packets:N, files:N with a positive number, printname:FILE",
                      condition));
    }
  }
}

// tcpdump's letters. Its -W is a ring of files with -C, and with -G alone a number after which it
// ends.
void read_tcpdump_letters(const RawStorageOptions& raw, RecordCommandLine& line,
                          Problems& problems) {
  // Put so that "nan" is none either.
  if (!(raw.turn_mb >= 0 && raw.turn_mb <= 1e9)) {
    problems.push_back("-C is no number of megabytes from 0 to 1000000000");
  }
  if (!(raw.turn_s >= 0 && raw.turn_s <= kMaxSeconds)) {
    problems.push_back("-G is no number of seconds from 0 to 1000000000");
  }
  if (raw.turn_files < 0 || static_cast<double>(raw.turn_files) > kMaxFiles) {
    problems.push_back("-W is no file count");
  }
  if (!problems.empty()) return;
  if (raw.turn_mb > 0) line.rotation.size_bytes = static_cast<std::uint64_t>(raw.turn_mb * 1e6);
  if (raw.turn_s > 0) line.rotation.duration_ns = static_cast<std::uint64_t>(raw.turn_s * 1e9);
  if (raw.turn_files == 0) return;
  const auto files = static_cast<std::uint32_t>(raw.turn_files);
  if (raw.turn_mb > 0) {
    line.retention.files = files;
  } else if (raw.turn_s > 0) {
    line.rotation.stop_after_files = files;
  } else {
    problems.push_back("-W N goes with -C (keep N files) or -G (end after N files)");
  }
}

void read_retention(const RawStorageOptions& raw, RecordCommandLine& line, Problems& problems) {
  for (const std::string& keep : raw.keep) {
    if (!read_keep(keep, line.retention)) {
      problems.push_back(fmt::format(
          "--keep '{}' is no size (500GB), time (7d, 12h, 90min) or number of files (1000files)",
          keep));
    }
  }
  if (!raw.min_free.empty() && !read_min_free(raw.min_free, line.retention)) {
    problems.push_back(
        fmt::format("--min-free '{}' is neither a size (20GB) nor 1% to 90%", raw.min_free));
  }
}

void read_trouble(const RawStorageOptions& raw, RecordCommandLine& line, Problems& problems) {
  if (raw.on_full == "stop") {
    line.on_full = OnFull::kStop;
  } else if (raw.on_full == "oldest") {
    line.on_full = OnFull::kOldest;
  } else if (raw.on_full == "pause") {
    line.on_full = OnFull::kPause;
  } else {
    problems.push_back(fmt::format("--on-full '{}' is none of stop, oldest, pause", raw.on_full));
  }
  line.sync_at_close = raw.sync != "never";
  if (raw.sync == "never" || raw.sync == "file") return;
  const auto seconds = positive_number(raw.sync);
  if (seconds && *seconds >= 0.01 && *seconds <= 86400) {
    line.sync_interval_ns = static_cast<std::uint64_t>(*seconds * 1e9);
  } else {
    problems.push_back(
        fmt::format("--sync '{}' is none of never, file, 0.01 to 86400 seconds", raw.sync));
  }
}

void check_series(const RecordCommandLine& line, Problems& problems) {
  const RetentionLimits& keep = line.retention;
  const bool wants_series = keep.files != 0 || keep.watches() || !line.print_names.empty() ||
                            line.rotation.stop_after_files != 0 || line.on_full == OnFull::kOldest;
  if (line.rotation.active() && line.size_limit_bytes != 0) {
    problems.push_back("-a filesize ends the recording and -b goes on in a new file: not both");
  }
  if (wants_series && !line.rotation.active()) {
    problems.push_back(
        "files:N, printname, -a files, --keep, --min-free and --on-full oldest need to know when a "
        "file ends: -b duration:, interval:, filesize: or packets:");
  }
}

void check_series_target(const RecordCommandLine& line, Problems& problems) {
  if (!line.rotation.active()) return;
  for (const std::string& file : line.files) {
    std::error_code ignored;
    const auto type = std::filesystem::status(file, ignored).type();
    const bool plain = type == std::filesystem::file_type::not_found ||
                       type == std::filesystem::file_type::none ||
                       type == std::filesystem::file_type::regular;
    if (file == "-" || !plain) {
      problems.push_back(fmt::format("-b needs a file name, and -w {} is none", file));
      continue;
    }
    try {
      const SeriesNames names(file);
    } catch (const UsageError& error) {
      problems.push_back(error.what());
    }
  }
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

void add_storage_options(CLI::App& app, RawStorageOptions& raw) {
  app.add_option("-a,--autostop", raw.autostop,
                 "Stop when: duration:SECONDS, filesize:KB (of 1000 bytes), packets:N or, with -b, "
                 "files:N; may be repeated")
      ->allow_extra_args(false);
  app.add_option("-b,--ring-buffer", raw.ring_buffer,
                 "Go on in a new file NAME_NUMBER_DATE, or as -w's strftime conversions say, after "
                 "duration:SECONDS, filesize:KB (of 1000 bytes) or packets:N, at each "
                 "interval:SECONDS of the clock, keeping the last files:N; printname:FILE (stdout, "
                 "stderr) prints each finished file's name; may be repeated. SIGHUP and SIGUSR1 "
                 "do it at once")
      ->allow_extra_args(false);
  app.add_option("-C", raw.turn_mb, "-b filesize in millions of bytes");
  app.add_option("-G", raw.turn_s, "-b duration");
  app.add_option("-W", raw.turn_files, "With -C -b files, with -G alone -a files");
  app.add_option("--keep", raw.keep,
                 "Delete the oldest finished files beyond a size (500GB), an age (7d) or a number "
                 "(1000files); may be repeated")
      ->allow_extra_args(false);
  app.add_option("--min-free", raw.min_free,
                 "Delete the oldest finished files while less is free on the disk (5% or 20GB)");
  app.add_option("--on-full", raw.on_full,
                 "When the disk refuses writes: stop (default), pause (wait, the ring fills) or "
                 "oldest (delete the oldest finished files, then as pause)");
  app.add_option("--sync", raw.sync,
                 "Make it durable: never, file (default: when a file is finished) or every so many "
                 "SECONDS");
  app.add_option("--on-file", raw.on_file,
                 "A shell command run for each finished file, {} being its name, at low priority");
  app.add_option("-z", raw.postrotate, "tcpdump's --on-file: a program, given the name");
}

void read_storage_options(const RawStorageOptions& raw, RecordCommandLine& line,
                          std::vector<std::string>& problems) {
  read_autostop(raw, line, problems);
  read_ring_buffer(raw, line, problems);
  read_tcpdump_letters(raw, line, problems);
  read_retention(raw, line, problems);
  read_trouble(raw, line, problems);
  check_series(line, problems);
  check_series_target(line, problems);
  if (!raw.on_file.empty() && !raw.postrotate.empty()) {
    problems.push_back("--on-file and -z are two ways to say one thing");
  }
  line.on_file = raw.postrotate.empty() ? raw.on_file : fmt::format("exec {} {{}}", raw.postrotate);
}

}  // namespace capstan::tools
