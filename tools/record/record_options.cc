#include "tools/record/record_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "engine/core/clock.h"
#include "engine/core/errors.h"

namespace capstan::tools {

namespace {

using Problems = std::vector<std::string>;

constexpr std::uint64_t kShortestIntervalNs = kNanosecondsPerMillisecond;

void check_series(const RecordOptions& options, Problems& problems) {
  const RetentionLimits& keep = options.retention;
  const bool wants_series = keep.files != 0 || keep.watches() || !options.print_names.empty() ||
                            options.rotation.stop_after_files != 0 ||
                            options.on_full == OnFull::kOldest;
  if (options.rotation.active() && options.size_limit_bytes != 0) {
    problems.push_back("-a filesize ends the recording and -b goes on in a new file: not both");
  }
  if (wants_series && !options.rotation.active()) {
    problems.push_back(
        "files:N, printname, -a files, --keep, --min-free and --on-full oldest need to know when a "
        "file ends: -b duration:, interval:, filesize: or packets:");
  }
  if (options.rotation.interval_ns != 0 && options.rotation.interval_ns < kShortestIntervalNs) {
    problems.push_back("-b interval is less than a millisecond");
  }
  if (keep.min_free_percent > 90) problems.push_back("--min-free is more than 90%");
}

void check_series_target(const RecordOptions& options, Problems& problems) {
  if (!options.rotation.active()) return;
  for (const std::string& file : options.files) {
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

void check_files(const RecordOptions& options, Problems& problems) {
  if (options.files.empty()) problems.push_back("no file is named: -w FILE");
  for (std::size_t i = 0; i < options.files.size(); ++i) {
    if (options.files[i].empty()) problems.push_back("-w has an empty name");
    for (std::size_t j = 0; j < i; ++j) {
      if (options.files[i] == options.files[j]) {
        problems.push_back(fmt::format("-w {} is named twice", options.files[i]));
      }
    }
  }
  if (options.split_rings && options.files.size() > 1) {
    problems.push_back("--split-rings goes with one -w: its rings name the files");
  }
  if (options.split_rings && !options.files.empty() && options.files[0] == "-") {
    problems.push_back("--split-rings needs a file name, not standard output");
  }
}

// Outputs that would get into each other.
void check_outputs(const RecordOptions& options, Problems& problems) {
  const bool recorded_there =
      std::count(options.files.begin(), options.files.end(), options.audit_file) != 0;
  std::vector<std::string_view> to_standard_output;
  if (std::count(options.files.begin(), options.files.end(), "-") != 0) {
    to_standard_output.push_back("-w -");
  }
  if (options.statistics_target() == "-") to_standard_output.push_back("--stats-json -");
  if (options.audit_file == "-") to_standard_output.push_back("--audit -");
  if (to_standard_output.size() > 1) {
    problems.push_back(fmt::format("{} {} want standard output",
                                   fmt::join(to_standard_output, " and "),
                                   to_standard_output.size() == 2 ? "both" : "all"));
  }
  if (!options.audit_file.empty() && options.audit_file != "-" &&
      (options.audit_file == options.stats_file || recorded_there)) {
    problems.push_back(fmt::format("--audit {} is the name of another output", options.audit_file));
  }
}

}  // namespace

std::vector<std::string> validate_record_options(const RecordOptions& options) {
  Problems problems;
  check_series(options, problems);
  check_series_target(options, problems);
  if (options.layout == Layout::kInPlace && options.format != FileFormat::kPcapng) {
    problems.push_back("--layout in-place writes pcapng only; leave -F or --layout out");
  }
  if (options.capture.interfaces.empty()) {
    problems.push_back("no interface is named: -i NAME (-D lists them)");
  }
  check_files(options, problems);
  check_outputs(options, problems);
  if (problems.empty()) problems = validate_capture_options(options.capture);
  return problems;
}

}  // namespace capstan::tools
