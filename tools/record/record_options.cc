#include "tools/record/record_options.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "tools/common/outputs.h"
#include "tools/common/packet_format.h"

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
  for (const std::string& file : options.files) {
    if (file.empty()) problems.push_back("-w has an empty name");
    const Compression compression = file_ending(file).compression;
    if (compression == Compression::kNone) continue;
    const std::string plain = file.substr(0, file.rfind('.'));
    problems.push_back(fmt::format(
        "-w {0}: a recording is not compressed while it is made; '-w {1} {2}' makes {0} of it when "
        "it is finished",
        file, plain,
        compression == Compression::kGzip ? "-z gzip" : "--on-file \"zstd -q --rm {}\""));
  }
  if (options.split_rings && options.files.size() > 1) {
    problems.push_back("--split-rings goes with one -w: its rings name the files");
  }
  if (options.split_rings && !options.feed.targets.empty()) {
    problems.push_back("--split-rings goes with files only, not with tcp-listen: and tcp:");
  }
  for (std::string& problem : validate_feed_options(options.feed)) {
    problems.push_back(std::move(problem));
  }
  if (options.split_rings && !options.files.empty() && options.files[0] == "-") {
    problems.push_back("--split-rings needs a file name, not standard output");
  }
}

// Outputs that would get into each other.
void check_targets(const RecordOptions& options, Problems& problems) {
  std::vector<NamedOutput> outputs;
  for (const std::string& file : options.files) outputs.push_back({"-w", file});
  outputs.push_back({"--stats-json", options.statistics_target()});
  outputs.push_back({"--audit", options.audit_file});
  const std::string names = options.print_names == "stdout" ? "-" : options.print_names;
  if (names != "stderr") outputs.push_back({"-b printname:", names});
  for (std::string& problem : output_problems(outputs)) problems.push_back(std::move(problem));
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
  check_targets(options, problems);
  if (problems.empty()) problems = validate_capture_options(options.capture);
  return problems;
}

}  // namespace capstan::tools
