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

// What is said of several files one after the other.
struct Files {
  RecordingsTogether together;
  bool first = true;
  bool lossless = true;  // as far as is known: each of them
};

// kExitFailed when the file is damaged or cut short; one that is no capture file throws UsageError.
int print_info(const InfoCommandLine& line, const std::string& path, Files& files) {
  CaptureFile file = CaptureFile::open(path);
  const RecordingSummary summary = summarize(file);
  const bool table = line.fields && line.fields->table;
  if (!std::exchange(files.first, false) && !line.json && !table) fmt::print("\n");
  files.together.add(summary);
  // A file that a recorder still writes is not over yet.
  files.lossless = files.lossless && !summary.loss.lossy() &&
                   (summary.loss.proof == LossProof::kProved ||
                    (summary.being_written && summary.loss.proof == LossProof::kUpToItsEnd));
  if (line.fields) {
    fmt::print("{}", fields_text(summary, *line.fields));
  } else if (line.json) {
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
  Files files;
  const bool table = line->fields && line->fields->table;
  if (table && line->fields->header) fmt::print("{}", fields_header(*line->fields));
  for (const std::string& name : line->files) {
    try {
      for (const SetFile& file : files_of(name)) {
        try {
          status = std::max(status, print_info(*line, file.path, files));
        } catch (const UsageError&) {
          if (file.named) throw;  // others in a directory are no recordings
        }
      }
    } catch (const UsageError& error) {  // the files that follow are still of use
      say("capstan info: {}\n", error.what());
      status = kExitUsage;
      if (line->stop_at_error) return status;
    }
  }
  const TogetherReport report = files.together.report();
  if (table) {
    if (report.files > 1) say("{}", together_text(report));
  } else if (line->json) {
    if (line->together) fmt::print("{}\n", dump(together_json(report)));
  } else if (report.files > 1) {
    fmt::print("\n{}", together_text(report));
  }
  // Files that are right each may lack what lay between them.
  const bool lossless = files.lossless && !report.lossy() && report.proof != LossProof::kUnknown;
  return status == kExitDone && line->fail_on_loss && !lossless ? kExitLoss : status;
}

}  // namespace capstan::tools
