#include "tools/record/leftovers.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <vector>

#include "engine/core/directory_entries.h"
#include "engine/core/errors.h"
#include "engine/format/part_name.h"
#include "tools/common/log.h"
#include "tools/common/units.h"
#include "writers/file/file_series.h"
#include "writers/file/rotation.h"
#include "writers/repair/repair.h"

namespace capstan::tools {

namespace {

// "dir/x.recovered-1.pcapng", or the first number that is free, for "dir/x.pcapng".
std::string beside(const std::string& path, std::string_view mark) {
  const std::filesystem::path whole(path);
  for (int number = 1;; ++number) {
    const std::string name =
        fmt::format("{}.{}-{}{}", whole.stem().string(), mark, number, whole.extension().string());
    const std::filesystem::path taken = whole.parent_path() / name;
    if (!std::filesystem::exists(std::filesystem::symlink_status(taken))) return taken.string();
  }
}

RepairReport repair(const std::string& part) {
  try {
    return repair_recording(part, {});
  } catch (const UsageError& error) {  // no capture file: its head never reached the disk
    RepairReport report;
    report.outcome = RepairReport::Outcome::kRefused;
    report.why = error.what();
    return report;
  }
}

void finish(const std::string& path, bool keeps_name) {
  const std::string part = part_path(path);
  std::error_code ignored;
  // A link is not ours: what it leads to must not be cut.
  if (!std::filesystem::is_regular_file(std::filesystem::symlink_status(part, ignored))) return;
  if (std::filesystem::file_size(part, ignored) == 0) return;
  const RepairReport report = repair(part);
  if (report.outcome == RepairReport::Outcome::kEmpty) {
    std::filesystem::remove(part);
    return;
  }
  const bool refused = report.outcome == RepairReport::Outcome::kRefused;
  std::string kept_as = report.result_path;
  if (refused || (kept_as == path && !keeps_name)) {
    kept_as = beside(path, refused ? "unreadable" : "recovered");
    std::filesystem::rename(refused ? part : path, kept_as);
  }
  if (refused) {
    standard_log().write(
        LogLevel::kWarning,
        fmt::format("an earlier recording of this name cannot be read and is now {}: {}", kept_as,
                    report.why));
  } else {
    standard_log().write(
        LogLevel::kInfo,
        fmt::format("an earlier recording of this name was cut short; its {} packets are now in {}",
                    grouped(report.kept_packets), kept_as));
  }
}

}  // namespace

void finish_leftover(const std::string& path) { finish(path, false); }

void finish_leftovers(const std::string& pattern) {
  const SeriesNames names(pattern);
  std::vector<std::string> cut_short;
  const std::error_code error = for_each_entry(directory_of(pattern), [&](const auto& entry) {
    const std::string path = finished_path(entry.path().string());
    const std::string name = std::filesystem::path(path).filename().string();
    if (path.empty() || !names.number_of(name)) return;
    cut_short.push_back((std::filesystem::path(pattern).parent_path() / name).string());
  });
  refuse_unreadable_series(pattern, error);
  std::sort(cut_short.begin(), cut_short.end());
  for (const std::string& path : cut_short) finish(path, true);
}

}  // namespace capstan::tools
