// Recorder's files on disk: what earlier runs left, finished files, trouble and its end.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "engine/format/part_name.h"
#include "tools/common/units.h"
#include "tools/record/recorder.h"
#include "writers/repair/repair.h"

namespace capstan::tools {

namespace {

std::string trouble_text(const std::string& path, int error) {
  const bool full = error == ENOSPC || error == EDQUOT;
  return fmt::format(
      "{}: {}. The recording waits and the ring takes what arrives; it goes on by itself{}", path,
      errno_text(error), full ? " once there is space" : " once the disk takes writes again");
}

// The next file cannot be made, and the recording goes on in the one it has.
std::string turn_text(const std::string& path, int error) {
  const std::filesystem::path directory = std::filesystem::path(path).parent_path();
  return fmt::format(
      "{}: no new file can be begun: {}. The recording goes on in the file it has, and turns as "
      "soon as {} takes files again",
      path, errno_text(error), directory.empty() ? "." : directory.string());
}

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

}  // namespace

// "-": standard output. `what` is for the error's text.
UniqueFd Recorder::open_output(const std::string& target, std::string_view what) {
  UniqueFd fd(target == "-"
                  ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
                  : ::open(target.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
  if (!fd) throw_errno(fmt::format("open {} for {}", target, what));
  return fd;
}

// Where -b printname: says.
void Recorder::open_names_file() {
  const std::string& target = line_.print_names;
  if (target.empty()) return;
  names_fd_ = target == "stderr"
                  ? UniqueFd(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3))
                  : open_output(target == "stdout" ? "-" : target, "the names of files");
  if (!names_fd_) throw_errno("open standard error for the names of files");
  names_.emplace(names_fd_.get());
}

// For the writers: the name is printed, the program is started. Called by their threads.
std::function<void(const FinishedFile&)> Recorder::on_finished_file() {
  if (!names_fd_ && !hook_ && !index_) return {};
  return [this, hook = hook_.get()](const FinishedFile& file) {
    if (index_) index_->file_finished(file);
    const int error = names_ ? names_->put(file.path + '\n') : 0;
    if (error != 0) {
      say(fmt::format("print the name of {}: {}", file.path, errno_text(error)),
          LogLevel::kWarning);
    }
    if (hook != nullptr) hook->run_for(file.path);
  };
}

// What of the command line is about files on disk.
void Recorder::set_storage_options(RecordingOptions& options) {
  options.rotation = line_.rotation;
  options.retention = line_.retention;
  options.on_full = line_.on_full;
  options.file.sync = line_.sync_at_close;
  options.sync_interval_ns = line_.sync_interval_ns;
  options.on_finished = on_finished_file();
  if (line_.rotation.size_bytes != 0) {
    // A block or two may come behind the limit.
    options.file.preallocate_bytes =
        std::min(options.file.preallocate_bytes, line_.rotation.size_bytes + (4U << 20));
  }
}

// What an earlier run left when it was cut short becomes a finished file. Of a series it gets its
// own name, and retention counts it; else the name is wanted for what is recorded now, and it gets
// another. One that nothing can be made of is put aside: it must not keep a recorder from starting.
void Recorder::finish_leftover(const std::string& path) {
  const std::string part = part_path(path);
  std::error_code ignored;
  // A link is not ours: what it leads to must not be cut.
  if (!std::filesystem::is_regular_file(std::filesystem::symlink_status(part, ignored))) return;
  if (std::filesystem::file_size(part, ignored) == 0) return;
  RepairReport report;
  try {
    report = repair_recording(part, {});
  } catch (const UsageError& error) {  // no capture file: its head never reached the disk
    report.outcome = RepairReport::Outcome::kRefused;
    report.why = error.what();
  }
  if (report.outcome == RepairReport::Outcome::kEmpty) {
    std::filesystem::remove(part);
    return;
  }
  const bool refused = report.outcome == RepairReport::Outcome::kRefused;
  std::string kept_as = report.result_path;
  if (refused || (kept_as == path && !line_.rotation.active())) {
    kept_as = beside(path, refused ? "unreadable" : "recovered");
    std::filesystem::rename(refused ? part : path, kept_as);
  }
  say(refused ? fmt::format("an earlier recording of this name cannot be read and is now {}: {}",
                            kept_as, report.why)
              : fmt::format(
                    "an earlier recording of this name was cut short; its {} packets are now in {}",
                    grouped(report.kept_packets), kept_as),
      refused ? LogLevel::kWarning : LogLevel::kInfo);
}

// The same for every file that rotation names after `pattern`.
void Recorder::finish_leftovers(const std::string& pattern) {
  const SeriesNames names(pattern);
  std::filesystem::path directory = std::filesystem::path(pattern).parent_path();
  if (directory.empty()) directory = ".";
  std::vector<std::string> cut_short;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(directory, ignored)) {
    const std::string path = finished_path(entry.path().string());
    const std::string name = std::filesystem::path(path).filename().string();
    if (path.empty() || !names.number_of(name)) continue;
    cut_short.push_back((std::filesystem::path(pattern).parent_path() / name).string());
  }
  std::sort(cut_short.begin(), cut_short.end());
  for (const std::string& path : cut_short) finish_leftover(path);
}

// Says when a disk's trouble begins and when it ends, once each.
void Recorder::watch_disks() {
  troubles_.resize(writers_.size());
  for (std::size_t i = 0; i < writers_.size(); ++i) {
    FileTrouble& disk = troubles_[i];
    const int trouble = writers_[i]->trouble();
    if (trouble != 0 && disk.trouble == 0) {
      disk.since_ns = monotonic_clock_ns();
      say(trouble_text(writers_[i]->path(), trouble));
    } else if (trouble == 0 && disk.trouble != 0 && writers_[i]->error() == 0) {
      say(fmt::format("{}: the disk takes writes again, after {}", writers_[i]->path(),
                      human_duration(monotonic_clock_ns() - disk.since_ns)));
    }
    disk.trouble = trouble;
    const std::uint64_t unsynced = writers_[i]->counters().syncs_refused.get();
    if (unsynced != 0 && disk.syncs_refused == 0) {
      say(fmt::format(
              "{}: the disk refused to make durable what was written (fdatasync): it may be "
              "lost without another word at a power loss",
              writers_[i]->path()),
          LogLevel::kWarning);
    }
    disk.syncs_refused = unsynced;
    const FileSeries* series = writers_[i]->series();
    const int refused = series == nullptr ? 0 : series->delete_error();
    if (refused != 0 && disk.delete_error == 0) {
      say(fmt::format("{}: old files cannot be deleted: {}", writers_[i]->path(),
                      errno_text(refused)));
    }
    disk.delete_error = refused;
    // A full disk is said above.
    const int no_turn = series == nullptr || trouble != 0 ? 0 : series->turn_error();
    if (no_turn != 0 && disk.turn_error == 0) {
      say(turn_text(writers_[i]->path(), no_turn), LogLevel::kWarning);
    } else if (no_turn == 0 && disk.turn_error != 0 && trouble == 0) {
      say(fmt::format("{}: a new file could be begun again", writers_[i]->path()));
    }
    disk.turn_error = no_turn;
  }
}

// The wall clock was set: told here and in every file, and nothing is done about it.
void Recorder::watch_clock() {
  const std::optional<ClockJump> jump = clock_.look(read_clocks());
  if (!jump) return;
  RecordedEvent event;
  event.timestamp_ns = jump->now_ns;
  event.change = LinkChange::kClockSet;
  event.text = clock_jump_text(*jump);
  say(event.text, LogLevel::kWarning);
  for (const auto& writer : writers_) writer->add_event(event);
}

// The recording is over; the programs of --on-file may not be. A further signal leaves them to
// themselves.
void Recorder::wait_for_programs() {
  if (!hook_) return;
  const int before = end_.count();
  while (!hook_->finished() && end_.count() == before) {
    wait_and_handle(monotonic_clock_ns() + kTickNs);
  }
}

}  // namespace capstan::tools
