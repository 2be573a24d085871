#include "tools/common/small_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "engine/core/unique_fd.h"

namespace capstan::tools {

namespace {

[[noreturn]] void refuse(std::string_view what, const std::string& path, std::string_view why) {
  throw UsageError(fmt::format("{} {}: {}", what, path, why));
}

// Before each read: a FIFO without a writer is at its end for read(2), and not for poll(2).
// `end_ns`: when waiting is over.
void wait_for_bytes(int fd, std::uint64_t end_ns, std::string_view what, const std::string& path) {
  pollfd event{fd, POLLIN, 0};
  int ready = 0;
  do {
    const std::uint64_t now_ns = monotonic_clock_ns();
    const std::uint64_t left_ns = end_ns > now_ns ? end_ns - now_ns : 0;
    ready = ::poll(&event, 1, static_cast<int>(left_ns / kNanosecondsPerMillisecond));
  } while (ready < 0 && errno == EINTR);
  if (ready < 0) refuse(what, path, errno_text(errno));
  if (ready == 0) refuse(what, path, "a pipe whose end does not come: does somebody write to it?");
}

}  // namespace

std::string read_small_file(std::string_view what, const std::string& path, int patience_ms) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) refuse(what, path, errno_text(errno));
  if (S_ISDIR(status.st_mode)) refuse(what, path, "it is a directory");
  const std::uint64_t end_ns =
      monotonic_clock_ns() + static_cast<std::uint64_t>(patience_ms) * kNanosecondsPerMillisecond;
  std::string text(kMostSmallFileBytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    if (!S_ISREG(status.st_mode)) wait_for_bytes(file.get(), end_ns, what, path);
    const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
    if (got == 0) break;
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) refuse(what, path, errno_text(errno));
    size += static_cast<std::size_t>(got);
  }
  if (size > kMostSmallFileBytes) {
    refuse(what, path,
           fmt::format("it has more than {} bytes: is it the right file?", kMostSmallFileBytes));
  }
  text.resize(size);
  return text;
}

std::string why_unreadable(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || ::access(path.c_str(), R_OK) != 0) {
    return errno_text(errno);
  }
  return S_ISREG(status.st_mode) ? "" : "it is no regular file";
}

}  // namespace capstan::tools
