#include "tools/record/storage_options.h"

#include <fmt/format.h>

#include <cmath>

#include "tools/common/command_line.h"
#include "tools/common/units.h"
#include "tools/record/option_text.h"

namespace capstan::tools {

namespace {

using Problems = std::vector<std::string>;

constexpr double kMaxSeconds = 1e9;
constexpr double kMaxFiles = 1e6;

// "name:number"; the number is 0 when there is none that is positive. That of filesize is in bytes.
struct NameAndNumber {
  std::string name;
  double number = 0;
};

NameAndNumber name_and_number(const std::string& condition) {
  const std::size_t colon = condition.find(':');
  if (colon == std::string::npos) return {condition, 0};
  const std::string name = condition.substr(0, colon);
  const std::string_view value = std::string_view(condition).substr(colon + 1);
  if (name == "filesize") {  // in bytes; a number alone counts 1000 of them, as in dumpcap
    return {name, static_cast<double>(parse_size(value, 1000).value_or(0))};
  }
  return {name, positive_number(value).value_or(0)};
}

void add_autostop_problem(const std::string& condition, Problems& problems) {
  problems.push_back(fmt::format(
      "-a '{}' is none of duration:SECONDS, filesize:KB (or 64M, 1GB), packets:N, files:N with a "
      "positive number",
      condition));
}

void read_autostop(const RawStorageOptions& raw, RecordOptions& options, Problems& problems) {
  for (const std::string& condition : raw.autostop) {
    const auto [name, value] = name_and_number(condition);
    const bool whole = value == std::floor(value);
    if (value == 0) {
      add_autostop_problem(condition, problems);
    } else if (name == "duration" && value <= kMaxSeconds) {
      options.duration_ns = static_cast<std::uint64_t>(value * 1e9);
    } else if (name == "filesize") {
      options.size_limit_bytes = static_cast<std::uint64_t>(value);
    } else if (name == "files" && whole && value <= kMaxFiles) {
      options.rotation.stop_after_files = static_cast<std::uint32_t>(value);
    } else if (name == "packets" && whole) {
      options.capture.packet_limit = static_cast<std::int64_t>(value);
    } else {
      add_autostop_problem(condition, problems);
    }
  }
}

// -b printname's targets are dumpcap's.
bool read_ring_buffer_text(const std::string& condition, RecordOptions& options) {
  constexpr std::string_view kPrintName = "printname:";
  if (!condition.starts_with(kPrintName) || condition.size() == kPrintName.size()) return false;
  options.print_names = condition.substr(kPrintName.size());
  return true;
}

bool read_ring_buffer_number(const std::string& name, double value, RecordOptions& options) {
  RotationLimits& limits = options.rotation;
  const bool whole = value == std::floor(value);
  if (name == "duration" && value <= kMaxSeconds) {
    limits.duration_ns = static_cast<std::uint64_t>(value * 1e9);
  } else if (name == "interval" && value >= 1e-3 && value <= kMaxSeconds) {
    limits.interval_ns = static_cast<std::uint64_t>(value * 1e9);
  } else if (name == "filesize") {
    limits.size_bytes = static_cast<std::uint64_t>(value);
  } else if (name == "packets" && whole) {
    limits.packets = static_cast<std::uint64_t>(value);
  } else if (name == "files" && whole && value <= kMaxFiles) {
    options.retention.files = static_cast<std::uint32_t>(value);
  } else {
    return false;
  }
  return true;
}

void read_ring_buffer(const RawStorageOptions& raw, RecordOptions& options, Problems& problems) {
  for (const std::string& condition : raw.ring_buffer) {
    if (read_ring_buffer_text(condition, options)) continue;
    const auto [name, value] = name_and_number(condition);
    if (value == 0 || !read_ring_buffer_number(name, value, options)) {
      problems.push_back(fmt::format(
          "-b '{}' is none of duration:SECONDS, interval:SECONDS, filesize:KB (or 64M, 1GB), "
          "packets:N, files:N with a positive number, printname:FILE",
          condition));
    }
  }
}

// tcpdump's letters. Its -W is a ring of files with -C, and with -G alone a number after which it
// ends. With both it is a ring within each -G, and keeps what a ring of all files would delete.
void read_tcpdump_letters(const RawStorageOptions& raw, RecordOptions& options,
                          Problems& problems) {
  constexpr std::uint64_t kMegabyte = 1'000'000;
  const std::optional<std::uint64_t> turn_bytes = parse_size(raw.turn_size, kMegabyte);
  if (!turn_bytes) {
    problems.push_back(
        fmt::format("-C '{}' is no size: a number counts millions of bytes, 64M and 1GB are "
                    "understood",
                    raw.turn_size));
  }
  // Put so that "nan" is none either.
  if (!(raw.turn_s >= 0 && raw.turn_s <= kMaxSeconds)) {
    problems.push_back("-G is no number of seconds from 0 to 1000000000");
  }
  if (raw.turn_files < 0 || static_cast<double>(raw.turn_files) > kMaxFiles) {
    problems.push_back("-W is no file count");
  }
  if (!problems.empty()) return;
  if (*turn_bytes > 0) options.rotation.size_bytes = *turn_bytes;
  if (raw.turn_s > 0) options.rotation.duration_ns = static_cast<std::uint64_t>(raw.turn_s * 1e9);
  if (raw.turn_files == 0) return;
  const auto files = static_cast<std::uint32_t>(raw.turn_files);
  if (*turn_bytes > 0 && raw.turn_s > 0) {
    problems.push_back(fmt::format(
        "-W with both -C and -G is a ring within each -G in tcpdump, which is not there: "
        "'-b files:{}' keeps the last {} of all files, '-a files:{}' ends after so many",
        files, files, files));
  } else if (*turn_bytes > 0) {
    options.retention.files = files;
  } else if (raw.turn_s > 0) {
    options.rotation.stop_after_files = files;
  } else {
    problems.push_back("-W N goes with -C (keep N files) or -G (end after N files)");
  }
}

void read_retention(const RawStorageOptions& raw, RecordOptions& options, Problems& problems) {
  for (const std::string& keep : raw.keep) {
    if (!read_keep(keep, options.retention)) {
      problems.push_back(fmt::format(
          "--keep '{}' is no size (500GB), time (7d, 12h, 90min) or number of files (1000files)",
          keep));
    }
  }
  if (!raw.min_free.empty() && !read_min_free(raw.min_free, options.retention)) {
    problems.push_back(
        fmt::format("--min-free '{}' is neither a size (20GB) nor 1% to 90%", raw.min_free));
  }
}

void read_trouble(const RawStorageOptions& raw, RecordOptions& options, Problems& problems) {
  if (const std::optional<OnFull> policy = on_full_of(raw.on_full)) {
    options.on_full = *policy;
  } else {
    problems.push_back(fmt::format("--on-full '{}' is none of stop, oldest, pause", raw.on_full));
  }
  if (!read_sync(raw.sync, options)) {
    problems.push_back(
        fmt::format("--sync '{}' is none of never, file, 0.01 to 86400 seconds", raw.sync));
  }
}

}  // namespace

void add_storage_options(CommandLine& app, RawStorageOptions& raw) {
  app.add_option("-a,--autostop", raw.autostop,
                 "Stop when: duration:SECONDS, filesize:KB (of 1000 bytes; or 64M, 1GB), packets:N "
                 "or, with -b, "
                 "files:N; may be repeated")
      .allow_extra_args(false);
  app.add_option("-b,--ring-buffer", raw.ring_buffer,
                 "Go on in a new file NAME_NUMBER_DATE, or as -w's strftime conversions say, after "
                 "duration:SECONDS, filesize:KB (of 1000 bytes; or 64M, 1GB) or packets:N, at each "
                 "interval:SECONDS of the clock, keeping the last files:N; printname:FILE (stdout, "
                 "stderr) prints each finished file's name; may be repeated. SIGHUP and SIGUSR1 "
                 "do it at once")
      .allow_extra_args(false);
  app.add_option("-C", raw.turn_size, "-b filesize, in millions of bytes or with a unit");
  app.add_option("-G", raw.turn_s, "-b duration");
  app.add_option("-W", raw.turn_files, "With -C -b files, with -G alone -a files");
  app.add_option("--keep", raw.keep,
                 "Delete the oldest finished files beyond a size (500GB), an age (7d) or a number "
                 "(1000files); may be repeated")
      .allow_extra_args(false);
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

void read_storage_options(const RawStorageOptions& raw, RecordOptions& options,
                          std::vector<std::string>& problems) {
  read_autostop(raw, options, problems);
  read_ring_buffer(raw, options, problems);
  read_tcpdump_letters(raw, options, problems);
  read_retention(raw, options, problems);
  read_trouble(raw, options, problems);
  if (!raw.on_file.empty() && !raw.postrotate.empty()) {
    problems.push_back("--on-file and -z are two ways to say one thing");
  }
  options.on_file =
      raw.postrotate.empty() ? raw.on_file : fmt::format("exec {} {{}}", raw.postrotate);
}

}  // namespace capstan::tools
