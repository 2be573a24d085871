#include "tools/common/open_output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "engine/core/clock.h"
#include "engine/core/errors.h"

namespace capstan::tools {

namespace {

constexpr std::uint64_t kReaderLookNs = 20 * kNanosecondsPerMillisecond;

// fifo(7): with O_NONBLOCK it is ENXIO that says that there is no reader yet.
int open_with_patience(const std::string& path, int flags, int patience_ms) noexcept {
  const std::uint64_t end_ns =
      monotonic_clock_ns() + static_cast<std::uint64_t>(patience_ms) * kNanosecondsPerMillisecond;
  while (true) {
    const int fd = ::open(path.c_str(), flags | O_NONBLOCK, 0640);
    const bool again = fd < 0 && errno == ENXIO && monotonic_clock_ns() < end_ns;
    if (!again) return fd;
    sleep_ns(kReaderLookNs);
  }
}

}  // namespace

UniqueFd open_output(const std::string& target, std::string_view what, OutputStart start,
                     int patience_ms) {
  const auto check = [&](bool good) {
    if (good) return;
    const bool no_reader = errno == ENXIO;
    throw_errno(fmt::format("open {} for {}", target, what),
                no_reader ? "Nobody reads this pipe: start what reads it first" : "");
  };
  if (target == "-") {
    UniqueFd fd(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
    check(static_cast<bool>(fd));
    return fd;
  }
  const int how = start == OutputStart::kEmptied ? O_TRUNC : O_APPEND;
  UniqueFd fd(
      open_with_patience(target, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | how, patience_ms));
  check(static_cast<bool>(fd));
  const int flags = ::fcntl(fd.get(), F_GETFL);
  check(flags >= 0 && ::fcntl(fd.get(), F_SETFL, flags & ~O_NONBLOCK) == 0);
  return fd;
}

}  // namespace capstan::tools
