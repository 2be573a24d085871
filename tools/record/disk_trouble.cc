#include "tools/record/disk_trouble.h"

#include <fmt/format.h>

#include <cerrno>
#include <string>

#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "engine/format/part_name.h"
#include "tools/common/log.h"
#include "tools/common/units.h"

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
  return fmt::format(
      "{}: no new file can be begun: {}. The recording goes on in the file it has, and turns as "
      "soon as {} takes files again",
      path, errno_text(error), directory_of(path));
}

void say(LogLevel level, const std::string& text) { standard_log().write(level, text); }

}  // namespace

void DiskTrouble::look(const WriterThread& writer) {
  look_at_writes(writer);
  look_at_series(writer);
}

void DiskTrouble::look_at_writes(const WriterThread& writer) {
  const int refused = writer.trouble();
  if (refused != 0 && refused_ == 0) {
    since_ns_ = monotonic_clock_ns();
    say(LogLevel::kInfo, trouble_text(writer.path(), refused));
  } else if (refused == 0 && refused_ != 0 && writer.error() == 0) {
    say(LogLevel::kInfo, fmt::format("{}: the disk takes writes again, after {}", writer.path(),
                                     human_duration(monotonic_clock_ns() - since_ns_)));
  }
  refused_ = refused;
  const std::uint64_t unsynced = writer.counters().syncs_refused.get();
  if (unsynced != 0 && syncs_refused_ == 0) {
    say(LogLevel::kWarning,
        fmt::format("{}: the disk refused to make durable what was written (fdatasync): it may be "
                    "lost without another word at a power loss",
                    writer.path()));
  }
  syncs_refused_ = unsynced;
}

void DiskTrouble::look_at_series(const WriterThread& writer) {
  const FileSeries* series = writer.series();
  if (series == nullptr) return;
  const int undeleted = series->delete_error();
  if (undeleted != 0 && delete_error_ == 0) {
    say(LogLevel::kInfo,
        fmt::format("{}: old files cannot be deleted: {}", writer.path(), errno_text(undeleted)));
  }
  delete_error_ = undeleted;
  // A full disk is said above.
  const int no_turn = refused_ != 0 ? 0 : series->turn_error();
  if (no_turn != 0 && turn_error_ == 0) {
    say(LogLevel::kWarning, turn_text(writer.path(), no_turn));
  } else if (no_turn == 0 && turn_error_ != 0 && refused_ == 0) {
    say(LogLevel::kInfo, fmt::format("{}: a new file could be begun again", writer.path()));
  }
  turn_error_ = no_turn;
}

}  // namespace capstan::tools
