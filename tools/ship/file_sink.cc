#include "tools/ship/file_sink.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "engine/core/errors.h"
#include "engine/core/files.h"
#include "engine/core/write_all.h"
#include "engine/format/part_name.h"
#include "tools/common/units.h"

namespace capstan::fleet {

Answer FileSink::open() {
  const auto failed = [this](std::string_view what) {
    return Answer::later(fmt::format("{} {}: {}", what, path_, errno_text(errno)));
  };
  fd_ = UniqueFd(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
  if (!fd_) return failed("open");
  struct stat status {};
  if (::fstat(fd_.get(), &status) != 0) return failed("look at");
  if (!S_ISREG(status.st_mode)) {
    return Answer::refused(
        fmt::format("{} is no regular file: what was written to it cannot be "
                    "known after a crash",
                    path_));
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  const auto inode = static_cast<std::uint64_t>(status.st_ino);
  if (state_.sink_inode == inode) {
    if (size < state_.sink_position) {
      return Answer::refused(fmt::format(
          "{} has {} bytes, and {} were written: somebody cut it. Move it away: a file that begins "
          "anew is gone on with",
          path_, tools::grouped(size), tools::grouped(state_.sink_position)));
    }
    if (size > state_.sink_position &&
        ::ftruncate(fd_.get(), static_cast<off_t>(state_.sink_position)) != 0) {
      return failed("cut");
    }
    return {};
  }
  // Another file: the first, or one that took the place of a file that was moved away.
  if (size != 0) {
    return Answer::refused(
        fmt::format("{} has lines already, and the state {} does not say whose: move it away",
                    path_, state_.path()));
  }
  errno = sync_directory(directory_of(path_));
  if (errno != 0) return failed("make durable");
  // Before the first line: lines in a file that the state does not know would be nobody's.
  state_.sink_inode = inode;
  state_.sink_position = 0;
  state_.save();
  return {};
}

Answer FileSink::settle(const Spool& spool, std::uint64_t& batches) {
  batches = state_.current ? state_.current->next : 0;
  batches = std::min<std::uint64_t>(batches, spool.batches().size());
  return {};
}

Answer FileSink::put(const Spool& spool, std::uint64_t number) {
  // Moved away by a rotation of logs: what follows belongs into a new file.
  struct stat status {};
  if (::stat(path_.c_str(), &status) != 0 ||
      static_cast<std::uint64_t>(status.st_ino) != state_.sink_inode) {
    if (Answer answer = open(); !answer.done()) return answer;
  }
  const std::vector<std::uint8_t> bytes = spool.read(spool.batches()[number]);
  const WriteOutcome outcome =
      pwrite_all(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(state_.sink_position));
  int error = outcome.error;
  if (error == 0 && ::fdatasync(fd_.get()) != 0) error = errno;
  if (error != 0) {
    return Answer::later(fmt::format("write {}: {}", path_, errno_text(error)));
  }
  state_.sink_position += bytes.size();
  return {};
}

}  // namespace capstan::fleet
