#include "tools/verify/verify_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/common/exit_status.h"
#include "tools/common/json_text.h"
#include "tools/common/log.h"
#include "tools/traffic/verify.h"
#include "tools/verify/verify_cli.h"

namespace capstan::tools {

namespace {

using traffic::FileReport;
using traffic::SequenceRange;
using traffic::StreamReport;
using traffic::VerifyReport;

constexpr std::size_t kPrintedRanges = 10;

nlohmann::json to_json(const StreamReport& stream) {
  nlohmann::json ranges = nlohmann::json::array();
  for (const SequenceRange& range : stream.first_missing) {
    ranges.push_back({range.first, range.last});
  }
  return {{"stream", stream.stream},
          {"first", stream.range.first},
          {"last", stream.range.last},
          {"range_given", stream.is_range_given},
          {"expected", stream.expected},
          {"received", stream.received},
          {"unexpected", stream.unexpected},
          {"missing", stream.missing},
          {"missing_ranges_total", stream.missing_ranges},
          {"missing_ranges", ranges},
          {"duplicates", stream.duplicates},
          {"reordered", stream.reordered},
          {"too_far", stream.too_far}};
}

nlohmann::json to_json(const VerifyReport& report, bool complete) {
  nlohmann::json json;
  json["complete"] = complete;
  json["packets"] = report.packets;
  json["intact"] = report.intact;
  json["truncated"] = report.truncated;
  json["damaged"] = report.damaged;
  json["damages"] = report.damages;
  json["other"] = report.other;
  json["files"] = nlohmann::json::array();
  for (const FileReport& file : report.files) {
    json["files"].push_back(
        {{"path", file.path}, {"packets", file.packets}, {"problem", file.problem}});
  }
  json["streams"] = nlohmann::json::array();
  for (const StreamReport& stream : report.streams) json["streams"].push_back(to_json(stream));
  return json;
}

void print_missing(const StreamReport& stream) {
  if (stream.missing == 0) return;
  fmt::print("  missing    {} in {} {}:", stream.missing, stream.missing_ranges,
             stream.missing_ranges == 1 ? "gap" : "gaps");
  const std::size_t printed = std::min(stream.first_missing.size(), kPrintedRanges);
  for (std::size_t index = 0; index < printed; ++index) {
    const SequenceRange& range = stream.first_missing[index];
    if (range.first == range.last) {
      fmt::print(" {}", range.first);
    } else {
      fmt::print(" {}-{}", range.first, range.last);
    }
  }
  fmt::print("{}\n", stream.missing_ranges > printed ? " ..." : "");
}

void print_stream(const StreamReport& stream) {
  fmt::print("stream {}: {} of {} received, {} to {}{}\n", stream.stream,
             stream.received - stream.unexpected, stream.expected, stream.range.first,
             stream.range.last, stream.is_range_given ? "" : " (lowest and highest seen)");
  print_missing(stream);
  if (stream.duplicates > 0) fmt::print("  doubled    {}\n", stream.duplicates);
  if (stream.reordered > 0) fmt::print("  reordered  {}\n", stream.reordered);
  if (stream.unexpected > 0) {
    fmt::print("  unexpected {} outside of what was to come\n", stream.unexpected);
  }
  if (stream.too_far > 0) {
    fmt::print("  not placed {}: numbers too far apart to be one run\n", stream.too_far);
  }
}

void print_text(const VerifyReport& report, bool complete) {
  for (const StreamReport& stream : report.streams) print_stream(stream);
  fmt::print("{} packets: {} intact, {} truncated, {} damaged, {} of something else\n",
             report.packets, report.intact, report.truncated, report.damaged, report.other);
  for (const auto& [kind, count] : report.damages) fmt::print("  wrong {}: {}\n", kind, count);
  if (report.streams.empty()) {
    fmt::print("none of blast's packets\n");
  } else {
    fmt::print("{}\n", complete ? "complete" : "NOT complete");
  }
}

}  // namespace

int verify_command(int argc, char** argv) {
  const auto line = parse_verify_command_line(argc, argv);
  if (!line) return kExitDone;
  const VerifyReport report = traffic::verify(line->verify);
  VerifyReport judged = report;
  if (line->truncated_ok) judged.truncated = 0;
  // A file without a single packet of blast's proves nothing.
  const bool complete = judged.is_complete() && report.is_readable() && !report.streams.empty();
  if (line->json) {
    fmt::print("{}\n", dump_json(to_json(report, complete), 2));
  } else {
    print_text(report, complete);
  }
  for (const FileReport& file : report.files) {
    if (file.problem.empty()) continue;
    say("capstan verify: {}: breaks off after {} packets: {}\n", file.path, file.packets,
        file.problem);
  }
  if (!report.is_readable()) return kExitUsage;
  return complete ? kExitDone : kExitFailed;
}

}  // namespace capstan::tools
