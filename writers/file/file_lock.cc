#include "writers/file/file_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <sstream>
#include <string>

#include "engine/core/clock.h"
#include "engine/core/unique_fd.h"

namespace capstan {

namespace {

constexpr std::uint64_t kPatienceNs = 10 * kNanosecondsPerSecond;
constexpr std::uint64_t kLookNs = 20 * kNanosecondsPerMillisecond;

// Opened once, and first when the first file is: a process that has given up its rights to other
// folders (Landlock) can read it no more by its name, but still through this. -1: it cannot be
// read.
int locks_descriptor() {
  static const UniqueFd locks(::open("/proc/locks", O_RDONLY | O_CLOEXEC));
  return locks.get();
}

std::string read_locks() {
  std::string text;
  std::array<char, 4096> part;
  while (true) {
    const ssize_t count =
        ::pread(locks_descriptor(), part.data(), part.size(), static_cast<off_t>(text.size()));
    if (count <= 0) return text;
    text.append(part.data(), static_cast<std::size_t>(count));
  }
}

// Whether /proc/locks names a living process that holds a flock on this file. The line of a process
// that is gone is left out (proc_locks(5): "1: FLOCK ADVISORY WRITE PID MAJOR:MINOR:INODE 0 EOF").
bool living_process_holds(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return false;
  const std::string file =
      fmt::format("{:02x}:{:02x}:{}", major(status.st_dev), minor(status.st_dev), status.st_ino);
  std::istringstream locks(read_locks());
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);
    std::string number, kind, mode, access, where;
    pid_t pid = 0;
    if (!(words >> number >> kind >> mode >> access >> pid >> where)) continue;
    if (kind != "FLOCK" || where != file || pid <= 0) continue;
    if (::kill(pid, 0) == 0 || errno == EPERM) return true;
  }
  return false;
}

}  // namespace

bool try_lock_file(int fd) {
  locks_descriptor();
  const std::uint64_t deadline_ns = monotonic_clock_ns() + kPatienceNs;
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    if (error != EWOULDBLOCK || living_process_holds(fd) || monotonic_clock_ns() > deadline_ns) {
      errno = error;
      return false;
    }
    sleep_ns(kLookNs);
  }
  return true;
}

void unlock_file(int fd) noexcept { ::flock(fd, LOCK_UN); }

}  // namespace capstan
