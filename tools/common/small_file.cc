#include "tools/common/small_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "engine/core/errors.h"
#include "engine/core/unique_fd.h"

namespace capstan::tools {

namespace {

[[noreturn]] void refuse(std::string_view what, const std::string& path, std::string_view why) {
  throw UsageError(fmt::format("{} {}: {}", what, path, why));
}

// Before each read: a FIFO without a writer is at its end for read(2), and not for poll(2).
void wait_for_bytes(int fd, int patience_ms, std::string_view what, const std::string& path) {
  pollfd event{fd, POLLIN, 0};
  int ready = ::poll(&event, 1, patience_ms);
  while (ready < 0 && errno == EINTR) ready = ::poll(&event, 1, patience_ms);
  if (ready < 0) refuse(what, path, errno_text(errno));
  if (ready == 0) {
    refuse(what, path, fmt::format("a pipe, and nothing came out of it in {} ms", patience_ms));
  }
}

}  // namespace

std::string read_small_file(std::string_view what, const std::string& path, int patience_ms) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) refuse(what, path, errno_text(errno));
  if (S_ISDIR(status.st_mode)) refuse(what, path, "it is a directory");
  std::string text(kMostSmallFileBytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    if (!S_ISREG(status.st_mode)) wait_for_bytes(file.get(), patience_ms, what, path);
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

}  // namespace capstan::tools
