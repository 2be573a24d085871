#include "tools/watch/service_notify.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "engine/core/clock.h"

namespace capstan::tools {

namespace {

constexpr std::uint64_t kStatusIntervalNs = 5 * kNanosecondsPerSecond;

// 0: no sign of life is wanted from this process (sd_watchdog_enabled(3)).
std::uint64_t watchdog_ns() {
  // NOLINTBEGIN(concurrency-mt-unsafe): nothing sets them
  const char* const microseconds = std::getenv("WATCHDOG_USEC");
  const char* const pid = std::getenv("WATCHDOG_PID");
  // NOLINTEND(concurrency-mt-unsafe)
  if (microseconds == nullptr) return 0;
  if (pid != nullptr && std::strtol(pid, nullptr, 10) != ::getpid()) return 0;
  return std::strtoull(microseconds, nullptr, 10) * 1000;
}

}  // namespace

ServiceNotify::ServiceNotify() : interval_ns_(kStatusIntervalNs) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing sets it
  const char* const path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr || (path[0] != '/' && path[0] != '@')) return;
  const std::size_t length = std::strlen(path);
  if (length < 2 || length >= sizeof(address_.sun_path)) return;
  address_.sun_family = AF_UNIX;
  std::memcpy(address_.sun_path, path, length);
  if (path[0] == '@') address_.sun_path[0] = '\0';  // an abstract name
  address_bytes_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  fd_ = UniqueFd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (const std::uint64_t limit_ns = watchdog_ns(); limit_ns != 0) {
    watchdog_ = true;
    interval_ns_ = std::min(interval_ns_, limit_ns / 2);  // half, as sd_watchdog_enabled(3) advises
  }
}

void ServiceNotify::send(std::string_view text) const {
  if (!fd_) return;
  // Best effort, like sd_notify(): who does not get it will say so.
  [[maybe_unused]] const ssize_t sent =
      ::sendto(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL,
               reinterpret_cast<const sockaddr*>(&address_), address_bytes_);
}

void ServiceNotify::ready(std::string_view status) {
  send(fmt::format("READY=1\nSTATUS={}\n", status));
}

void ServiceNotify::stopping() { send("STOPPING=1\nSTATUS=writing what is in the ring\n"); }

void ServiceNotify::alive(std::uint64_t now_ns, std::string_view status) {
  send(fmt::format("{}STATUS={}\n", watchdog_ ? "WATCHDOG=1\n" : "", status));
  next_ns_ = now_ns + interval_ns_;
}

}  // namespace capstan::tools
