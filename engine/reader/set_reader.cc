#include "engine/reader/set_reader.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "engine/core/unique_fd.h"
#include "engine/format/part_name.h"
#include "engine/reader/file_cursor.h"
#include "engine/reader/unreadable_file.h"

namespace capstan {

namespace {

// In so much of a recording's start its first packet is found, or else it is opened at once.
constexpr std::size_t kLookBytes = 16384;
// A file is opened so long before its first packet's time: at a turn of files a ring may have an
// older packet in the next one.
constexpr std::uint64_t kEarlyNs = 2 * kNanosecondsPerSecond;

struct Look {
  bool is_capture = true;
  std::uint64_t first_ns = 0;  // 0: not known
  std::string error;           // it cannot be read
};

std::uint64_t first_time_in(std::span<const std::uint8_t> start, const std::string& path) {
  CaptureFile file = CaptureFile::from_bytes(start, path);
  PacketView packet;
  return file.next(packet) ? packet.timestamp_ns : 0;
}

// The start of a file on the stack: gone with the frame, so that no core dump holds its packets.
struct FileStart {
  std::array<std::uint8_t, kLookBytes> bytes;
  ~FileStart() { ::explicit_bzero(bytes.data(), bytes.size()); }
};

Look look_at(const std::string& path) {
  Look look;
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) {
    look.error = errno_text(errno);
    return look;
  }
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return look;
  // The start alone: nothing shall be read ahead. What a recorder writes is read past the cache.
  static_cast<void>(::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_RANDOM));
  const bool locked = ::flock(fd.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  QuietFile file(std::move(fd), locked ? QuietFile::Manner::kDirect : QuietFile::Manner::kUncached);
  FileStart start;
  const std::size_t count = file.read_at(0, start.bytes.data(), start.bytes.size());
  if (count == 0) {
    look.error = file.error();
    if (look.error.empty() && has_recording_name(path)) {
      look.error = "empty, so not a capture file";
    }
    look.is_capture = false;
    return look;
  }
  if (detect_compression(start.bytes.data(), count) != Compression::kNone) return look;
  try {
    look.first_ns = first_time_in({start.bytes.data(), count}, path);
  } catch (const UnreadableFile& error) {
    look.error = without_name(path, error.what());
  } catch (const UsageError&) {
    look.is_capture = false;
  }
  return look;
}

}  // namespace

SetReader::SetReader(const RecordingSet& set, SetReaderOptions options)
    : set_(set),
      options_(std::move(options)),
      outcomes_(set.files.size()),
      cursors_(set.files.size()) {
  for (std::uint32_t file = 0; file < set_.files.size(); ++file) look_into(file);
}

SetReader::~SetReader() = default;

void SetReader::note_unreadable(std::uint32_t file, const std::string& error) {
  outcomes_[file].state = FileOutcome::State::kUnreadable;
  outcomes_[file].error = error;
}

void SetReader::look_into(std::uint32_t file) {
  const SetFile& what = set_.files[file];
  if (options_.stop != nullptr && options_.stop->load(std::memory_order_relaxed)) {
    stopped_ = true;
    return;
  }
  if (what.path == "-" || is_tcp_source(what.path) || set_.files.size() == 1) {
    order_.put(file, 0);
    return;
  }
  if (options_.plan && is_planned(file)) return;
  const Look look = look_at(what.path);
  if (!look.error.empty() && !what.named) {
    // What retention took, or a recorder gave its name, since the directory was read, is looked
    // for again when its turn comes.
    if (::access(what.path.c_str(), F_OK) == 0) {
      note_unreadable(file, look.error);
      return;
    }
  } else if (!look.is_capture && !what.named) {
    outcomes_[file].state = FileOutcome::State::kIgnored;
    return;
  }
  order_.put(file, look.first_ns > kEarlyNs ? look.first_ns - kEarlyNs : 0);
}

// By its index alone, without a look at the file.
bool SetReader::is_planned(std::uint32_t file) {
  try {
    FilePlan plan = options_.plan(set_.files[file]);
    if (plan.skip) {
      leave_planned(file, std::move(plan));
      return true;
    }
    if (!plan.ranges) return false;
    order_.put(file, plan.first_ns > kEarlyNs ? plan.first_ns - kEarlyNs : 0);
    return true;
  } catch (const std::exception&) {  // said when its turn comes
    return false;
  }
}

void SetReader::leave_planned(std::uint32_t file, FilePlan plan) {
  FileOutcome& outcome = outcomes_[file];
  outcome.state = FileOutcome::State::kPlanned;
  outcome.loss = std::move(plan.loss);
  outcome.first_ns = plan.first_ns;
  outcome.last_ns = plan.last_ns;
  outcome.end.kind = FileEnd::Kind::kClean;
}

// False when nothing of the file is to be read.
bool SetReader::open(std::uint32_t file) {
  SetFile what = set_.files[file];
  if (what.unfinished && ::access(what.path.c_str(), F_OK) != 0) {
    const std::string finished = finished_path(what.path);
    if (::access(finished.c_str(), F_OK) == 0) what.path = finished;
  }
  try {
    FilePlan plan;
    if (options_.plan) plan = options_.plan(what);
    if (plan.skip) {
      leave_planned(file, std::move(plan));
      return false;
    }
    cursors_[file] = std::make_unique<FileCursor>(what, file, options_, std::move(plan));
    return true;
  } catch (const UsageError& error) {
    const bool gone = !is_tcp_source(what.path) && ::access(what.path.c_str(), F_OK) != 0;
    if (what.named && !gone) throw;
    note_unreadable(
        file, gone ? "deleted before it could be read" : without_name(what.path, error.what()));
  } catch (const std::system_error& error) {
    if (what.named) throw;
    note_unreadable(file, error.what());
  }
  return false;
}

void SetReader::close(std::uint32_t file) {
  stopped_ = stopped_ || cursors_[file]->stopped();
  outcomes_[file] = cursors_[file]->outcome();
  cursors_[file].reset();
}

bool SetReader::next(SetPacket& packet) {
  while (!order_.empty() && !stopped_) {
    const auto file = static_cast<std::uint32_t>(order_.first());
    if (!cursors_[file]) {
      if (options_.stop != nullptr && options_.stop->load(std::memory_order_relaxed)) {
        stopped_ = true;
        break;
      }
      if (!open(file)) {
        order_.remove_first();
        continue;
      }
      has_current_ = true;
    }
    if (has_current_) {
      has_current_ = false;
      if (!cursors_[file]->next()) {
        close(file);
        order_.remove_first();
        continue;
      }
      order_.advance_first(cursors_[file]->packet().packet.timestamp_ns);
      continue;  // another one may be first now
    }
    packet = cursors_[file]->packet();
    has_current_ = true;
    return true;
  }
  return false;
}

void SetReader::finish() {
  for (std::uint32_t file = 0; file < cursors_.size(); ++file) {
    if (cursors_[file]) close(file);
  }
}

}  // namespace capstan
