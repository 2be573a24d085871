#include "tools/info/info_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <utility>
#include <vector>

#include "engine/core/errors.h"
#include "engine/reader/recording_set.h"
#include "engine/reader/recording_summary.h"
#include "engine/reader/recordings_together.h"
#include "tools/common/exit_status.h"
#include "tools/common/json_text.h"
#include "tools/common/log.h"
#include "tools/common/units.h"
#include "tools/info/info_cli.h"
#include "tools/info/info_json.h"
#include "tools/info/info_text.h"

namespace capstan::tools {

namespace {

// Texts in a file may be no UTF-8: what is not is replaced, never refused.
std::string dump(const nlohmann::ordered_json& json) { return dump_json(json, 2); }

// kExitFailed when the file is damaged or cut short; one that is no capture file throws UsageError.
int print_info(const InfoCommandLine& line, const std::string& path, RecordingsTogether& together,
               bool& first) {
  CaptureFile file = CaptureFile::open(path);
  const RecordingSummary summary = summarize(file);
  if (!std::exchange(first, false) && !line.json) fmt::print("\n");
  together.add(summary);
  if (line.json) {
    fmt::print("{}\n", dump(info_json(summary)));
  } else {
    fmt::print("{}", info_text(summary, line.all));
  }
  return summary.damaged() ? kExitFailed : kExitDone;
}

// A directory stands for the recordings in it and beneath it. One that a recorder still writes is
// left out: reading it through the page cache would be in the recorder's way.
std::vector<SetFile> files_of(const std::string& name) {
  std::error_code error;
  if (!std::filesystem::is_directory(name, error)) return {{name, true, false}};
  RecordingSet set = RecordingSet::find({name});
  for (const SetTrouble& trouble : set.troubles) {
    say("capstan info: {}: {}\n", printable(trouble.path), trouble.text);
  }
  std::erase_if(set.files, [](const SetFile& file) {
    if (file.unfinished) {
      say("capstan info: {}: not finished, left out; capstan info {} reads it\n",
          printable(file.path), printable(file.path));
    }
    return file.unfinished;
  });
  return std::move(set.files);
}

}  // namespace

int info_command(int argc, char** argv) {
  const auto line = parse_info_command_line(argc, argv);
  if (!line) return kExitDone;
  int status = kExitDone;
  RecordingsTogether together;
  bool first = true;
  for (const std::string& name : line->files) {
    try {
      for (const SetFile& file : files_of(name)) {
        try {
          status = std::max(status, print_info(*line, file.path, together, first));
        } catch (const UsageError&) {
          if (file.named) throw;  // others in a directory are no recordings
        }
      }
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
