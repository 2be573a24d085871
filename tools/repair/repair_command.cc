#include "tools/repair/repair_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>

#include "engine/core/errors.h"
#include "tools/common/exit_status.h"
#include "tools/common/log.h"
#include "tools/common/units.h"
#include "tools/repair/repair_cli.h"

namespace capstan::tools {

namespace {

std::string packets_in(std::uint64_t packets, std::uint64_t bytes) {
  return fmt::format("{} packet{} in {}", grouped(packets), packets == 1 ? "" : "s",
                     human_bytes(bytes));
}

std::string repaired_text(const RepairReport& report, const RepairOptions& options) {
  std::string text = fmt::format("{}: {}kept {}", visible_text(report.path),
                                 options.dry_run ? "would be repaired: " : "",
                                 packets_in(report.kept_packets, report.kept_bytes));
  if (report.result_path != report.path) {
    text += fmt::format(", {} {}", options.dry_run ? "to become" : "now",
                        visible_text(report.result_path));
  }
  text += '\n';
  if (!report.end.clean()) {
    text += fmt::format("  {}\n", report.end.text());
    text += fmt::format("  cut {}, {} of them more than zeros\n", human_bytes(report.cut_bytes),
                        grouped(report.cut_data_bytes));
  }
  if (report.behind_bytes != 0) {
    const std::string what = packets_in(report.behind_packets, report.behind_bytes);
    text += options.salvage
                ? fmt::format("  with {} from behind a hole\n", what)
                : fmt::format("  dropped {} behind a hole; --salvage keeps them\n", what);
  }
  return text;
}

int repair_one(const RepairCommandLine& line, const std::string& path) {
  const RepairReport report = repair_recording(path, line.options);
  const bool failed = report.outcome == RepairReport::Outcome::kRefused ||
                      report.outcome == RepairReport::Outcome::kEmpty;
  const std::string text = repair_text(report, line.options);
  if (failed) {
    say("{}", text);
  } else {
    fmt::print("{}", text);
  }
  return failed ? kExitFailed : kExitDone;
}

}  // namespace

std::string repair_text(const RepairReport& report, const RepairOptions& options) {
  const std::string name = visible_text(report.path);  // which may hold anything
  switch (report.outcome) {
    case RepairReport::Outcome::kNothingToDo:
      return fmt::format("{}: nothing to repair: {}, ends cleanly\n", name,
                         packets_in(report.kept_packets, report.kept_bytes));
    case RepairReport::Outcome::kEmpty:
      return fmt::format("{}: holds no record ({}); nothing to keep, left as it is\n", name,
                         human_bytes(report.size_bytes));
    case RepairReport::Outcome::kRefused:
      return fmt::format(
          "{}: left as it is: {}. Cutting there would keep {}: --output FILE writes that to a new "
          "file, --force cuts in place\n",
          name, visible_text(report.why), packets_in(report.kept_packets, report.kept_bytes));
    case RepairReport::Outcome::kRepaired:
      break;
  }
  return repaired_text(report, options);
}

int repair_command(int argc, char** argv) {
  const auto line = parse_repair_command_line(argc, argv);
  if (!line) return kExitDone;
  int status = kExitDone;
  for (const std::string& path : line->files) {
    try {
      status = std::max(status, repair_one(*line, path));
    } catch (const UsageError& error) {  // the files that follow can still be repaired
      say("capstan repair: {}\n", visible_text(error.what()));
      status = kExitUsage;
    } catch (const std::exception& error) {
      say("capstan repair: {}\n", visible_text(error.what()));
      status = std::max(status, kExitFailed);
    }
  }
  return status;
}

}  // namespace capstan::tools
