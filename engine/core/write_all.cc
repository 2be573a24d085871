#include "engine/core/write_all.h"

#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include "engine/core/clock.h"

namespace capstan {

namespace {

// 0 when something may be written, EAGAIN when the time has passed. An error of the descriptor is
// left to the write, which knows its name.
int wait_writable(int fd, int patience_ms) noexcept {
  pollfd wait{fd, POLLOUT, 0};
  int ready = 0;
  do {
    ready = ::poll(&wait, 1, patience_ms);
  } while (ready < 0 && errno == EINTR);
  return ready == 0 ? EAGAIN : 0;
}

}  // namespace

WriteOutcome write_all(int fd, const void* data, std::size_t size, int patience_ms) noexcept {
  const auto* const bytes = static_cast<const char*>(data);
  WriteOutcome outcome;
  std::uint64_t refused_since_ns = 0;  // by EAGAIN; 0: it is not
  while (outcome.written < size) {
    std::size_t piece = size - outcome.written;
    if (patience_ms != kWaitForEver) {
      piece = std::min<std::size_t>(piece, PIPE_BUF);
      outcome.error = wait_writable(fd, patience_ms);
      if (outcome.error != 0) return outcome;
    }
    const ssize_t count = ::write(fd, bytes + outcome.written, piece);
    if (count > 0) {
      outcome.written += static_cast<std::size_t>(count);
      refused_since_ns = 0;
    } else if (count == 0) {
      outcome.error = EIO;  // neither progress nor an error: never repeated for ever
      return outcome;
    } else if (errno == EAGAIN) {
      // One that says it takes something and does not take it must not spin.
      const std::uint64_t now_ns = monotonic_clock_ns();
      if (refused_since_ns == 0) refused_since_ns = now_ns;
      const std::uint64_t refused_ms = (now_ns - refused_since_ns) / kNanosecondsPerMillisecond;
      outcome.error =
          patience_ms != kWaitForEver && refused_ms >= static_cast<std::uint64_t>(patience_ms)
              ? EAGAIN
              : wait_writable(fd, patience_ms);
      if (outcome.error != 0) return outcome;
      sleep_ns(kNanosecondsPerMillisecond);
    } else if (errno != EINTR) {
      outcome.error = errno;
      return outcome;
    }
  }
  return outcome;
}

WriteOutcome pwrite_all(int fd, const void* data, std::size_t size, off_t offset) noexcept {
  const auto* const bytes = static_cast<const char*>(data);
  WriteOutcome outcome;
  while (outcome.written < size) {
    const ssize_t count = ::pwrite(fd, bytes + outcome.written, size - outcome.written,
                                   offset + static_cast<off_t>(outcome.written));
    if (count > 0) {
      outcome.written += static_cast<std::size_t>(count);
    } else if (count == 0 || errno != EINTR) {
      outcome.error = count == 0 ? EIO : errno;
      return outcome;
    }
  }
  return outcome;
}

}  // namespace capstan
