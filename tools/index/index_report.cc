#include "tools/index/index_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tools/common/counted.h"
#include "tools/common/json_text.h"
#include "tools/common/units.h"

namespace capstan::tools {

namespace {

const char* outcome_name(IndexOutcome outcome) noexcept {
  switch (outcome) {
    case IndexOutcome::kIndexed:
      return "indexed";
    case IndexOutcome::kUpToDate:
      return "up-to-date";
    case IndexOutcome::kHolds:
      return "holds";
    case IndexOutcome::kRefused:
      return "refused";
    case IndexOutcome::kMissing:
      return "missing";
    case IndexOutcome::kBad:
      return "bad";
    case IndexOutcome::kFailed:
      return "failed";
    case IndexOutcome::kNoRecording:
      return "no-recording";
    case IndexOutcome::kStopped:
      return "stopped";
  }
  return "unknown";
}

std::string contents(const IndexResult& result) {
  const IndexSummary& summary = result.summary;
  std::string text = fmt::format("{}, {}", counted(summary.packets, "packet"),
                                 counted(summary.rows, "conversation"));
  if (summary.many_packets != 0) {
    text += fmt::format("; {} of {} more without a row of their own, in {}",
                        counted(summary.many_packets, "packet"),
                        counted(summary.many_rows, "conversation"),
                        counted(summary.many_blocks, "block"));
  }
  if (result.recording_bytes != 0) {
    text += fmt::format("; its index takes {} ({:.2f} %)", human_bytes(result.index_bytes),
                        100.0 * static_cast<double>(result.index_bytes) /
                            static_cast<double>(result.recording_bytes));
  }
  return text;
}

std::string raw_line(const IndexResult& result) {
  switch (result.outcome) {
    case IndexOutcome::kIndexed:
      return fmt::format(
          "{}: {}{}", result.path, contents(result),
          result.reason.empty() ? "" : fmt::format("; the recording is {}", result.reason));
    case IndexOutcome::kUpToDate:
      return fmt::format("{}: has its index already", result.path);
    case IndexOutcome::kHolds:
      return fmt::format("{}: its index holds: {}", result.path, contents(result));
    case IndexOutcome::kRefused:
      return fmt::format("{}: gets no index: {}", result.path, result.reason);
    case IndexOutcome::kMissing:
      return fmt::format("{}: has no index; capstan index makes it", result.path);
    case IndexOutcome::kBad:
      return fmt::format("{}: its index is {}; capstan index makes it anew", result.path,
                         result.reason);
    case IndexOutcome::kNoRecording:  // the path stands in the reason, in both
    case IndexOutcome::kFailed:
      return result.reason.starts_with(result.path)
                 ? result.reason
                 : fmt::format("{}: {}", result.path, result.reason);
    case IndexOutcome::kStopped:
      return fmt::format("{}: stopped; it has no new index", result.path);
  }
  return {};
}

}  // namespace

bool is_failure(IndexOutcome outcome) noexcept {
  return outcome == IndexOutcome::kMissing || outcome == IndexOutcome::kBad ||
         outcome == IndexOutcome::kFailed || outcome == IndexOutcome::kNoRecording;
}

// Names of files may hold anything, a newline too.
std::string index_line(const IndexResult& result) { return visible_text(raw_line(result)); }

std::string index_progress(const IndexRun& run, std::uint64_t elapsed_ns) {
  const std::uint64_t done = run.progress().bytes_done.load(std::memory_order_relaxed);
  const double seconds = static_cast<double>(elapsed_ns) / 1e9;
  const auto rate =
      static_cast<std::uint64_t>(seconds > 0 ? static_cast<double>(done) / seconds : 0);
  return fmt::format("{} of {} files, {} of {}, {}/s",
                     run.progress().files_done.load(std::memory_order_relaxed), run.total_files(),
                     human_bytes(done), human_bytes(run.total_bytes()), human_bytes(rate));
}

std::string index_json(const std::vector<IndexResult>& results) {
  nlohmann::json files = nlohmann::json::array();
  for (const IndexResult& result : results) {
    nlohmann::json file = {{"path", result.path},
                           {"outcome", outcome_name(result.outcome)},
                           {"recording_bytes", result.recording_bytes},
                           {"index_bytes", result.index_bytes}};
    if (!result.reason.empty()) file["reason"] = result.reason;
    if (result.summary.version != 0) {
      const IndexSummary& summary = result.summary;
      file["packets"] = summary.packets;
      file["conversations"] = summary.rows;
      file["blocks"] = summary.blocks;
      file["blocks_skipped"] = summary.skipped_blocks;
      file["blocks_without_all_rows"] = summary.many_blocks;
      file["packets_without_row"] = summary.many_packets;
      file["first_ns"] = summary.first_ns;
      file["last_ns"] = summary.last_ns;
      file["whole"] = summary.whole;
    }
    files.push_back(std::move(file));
  }
  nlohmann::json all;
  all["files"] = std::move(files);
  return dump_json(all, 2);
}

}  // namespace capstan::tools
