#include "tools/info/info_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "engine/core/errors.h"
#include "engine/reader/recording_summary.h"
#include "engine/reader/recordings_together.h"
#include "tools/common/exit_status.h"
#include "tools/common/json_text.h"
#include "tools/common/log.h"
#include "tools/info/info_cli.h"
#include "tools/info/info_json.h"
#include "tools/info/info_text.h"

namespace capstan::tools {

namespace {

// Texts in a file may be no UTF-8: what is not is replaced, never refused.
std::string dump(const nlohmann::ordered_json& json) { return dump_json(json, 2); }

// kExitFailed when the file is damaged or cut short; one that is no capture file throws UsageError.
int print_info(const InfoCommandLine& line, const std::string& path, RecordingsTogether& together) {
  CaptureFile file = CaptureFile::open(path);
  const RecordingSummary summary = summarize(file);
  together.add(summary);
  if (line.json) {
    fmt::print("{}\n", dump(info_json(summary)));
  } else {
    fmt::print("{}", info_text(summary, line.all));
  }
  return summary.damaged() ? kExitFailed : kExitDone;
}

}  // namespace

int info_command(int argc, char** argv) {
  const auto line = parse_info_command_line(argc, argv);
  if (!line) return kExitDone;
  int status = kExitDone;
  RecordingsTogether together;
  bool first = true;
  for (const std::string& path : line->files) {
    if (!first && !line->json) fmt::print("\n");
    first = false;
    try {
      status = std::max(status, print_info(*line, path, together));
    } catch (const UsageError& error) {  // the files that follow are still of use
      say("capstan info: {}\n", error.what());
      status = kExitUsage;
    }
  }
  const TogetherReport report = together.report();
  if (line->json) {
    if (line->together) fmt::print("{}\n", dump(together_json(report)));
  } else if (report.files > 1) {
    fmt::print("\n{}", together_text(report));
  }
  return status;
}

}  // namespace capstan::tools
