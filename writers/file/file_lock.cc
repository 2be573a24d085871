#include "writers/file/file_lock.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <string>

#include "engine/core/clock.h"

namespace capstan {

namespace {

constexpr std::uint64_t kPatienceNs = 10 * kNanosecondsPerSecond;
constexpr std::uint64_t kLookNs = 20 * kNanosecondsPerMillisecond;

// Whether /proc/locks names a living process that holds a flock on this file. The line of a process
// that is gone is left out (proc_locks(5): "1: FLOCK ADVISORY WRITE PID MAJOR:MINOR:INODE 0 EOF").
bool living_process_holds(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return false;
  const std::string file =
      fmt::format("{:02x}:{:02x}:{}", major(status.st_dev), minor(status.st_dev), status.st_ino);
  std::ifstream locks("/proc/locks");
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

}  // namespace capstan
