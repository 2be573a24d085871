#include "tools/info/info_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "engine/core/errors.h"
#include "engine/reader/recording_set.h"
#include "engine/reader/recording_summary.h"
#include "engine/reader/recordings_together.h"
#include "engine/reader/unreadable_file.h"
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

// What could not be read: `text` names it for people, `name` in the report of all.
int leave_out(const std::string& name, std::string_view text, Files& files) {
  say("capstan info: {}\n", visible_text(text));
  files.together.add_unread(name);
  files.lossless = false;
  return kExitFailed;
}

// A directory stands for the recordings in it and beneath it. One that a recorder still writes is
// left out: reading it through the page cache would be in the recorder's way.
// `status`: kExitFailed if something in it cannot be read.
std::vector<SetFile> files_of(const std::string& name, Files& files, int& status) {
  std::error_code error;
  if (!std::filesystem::is_directory(name, error)) return {{name, true, false}};
  RecordingSet set = RecordingSet::find({name});
  for (const SetTrouble& trouble : set.troubles) {
    status = std::max(status, leave_out(trouble.path, trouble.path + ": " + trouble.text, files));
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

// Of a directory's files, those that are no recordings are passed over.
int print_found(const InfoCommandLine& line, const SetFile& file, Files& files) {
  if (file.named) return print_info(line, file.path, files);
  try {
    return print_info(line, file.path, files);
  } catch (const UnreadableFile& error) {
    return leave_out(file.path, error.what(), files);
  } catch (const UsageError&) {
    return kExitDone;
  } catch (const std::system_error& error) {
    return leave_out(file.path, error.what(), files);
  }
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
      for (const SetFile& file : files_of(name, files, status)) {
        status = std::max(status, print_found(*line, file, files));
      }
    } catch (const UsageError& error) {  // the files that follow are still of use
      leave_out(name, error.what(), files);
      status = kExitUsage;
      if (line->stop_at_error) return status;
    }
  }
  const TogetherReport report = files.together.report();
  const bool several = report.files > 1 || (report.files == 1 && report.unread != 0);
  if (table) {
    if (several) say("{}", together_text(report));
  } else if (line->json) {
    if (line->together) fmt::print("{}\n", dump(together_json(report)));
  } else if (several) {
    fmt::print("\n{}", together_text(report));
  }
  // Files that are right each may lack what lay between them.
  const bool lossless = files.lossless && !report.lossy() && report.proof != LossProof::kUnknown;
  return status == kExitDone && line->fail_on_loss && !lossless ? kExitLoss : status;
}

}  // namespace capstan::tools
