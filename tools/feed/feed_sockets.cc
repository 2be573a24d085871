#include "tools/feed/feed_sockets.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "engine/core/errors.h"

namespace capstan::tools {

namespace {

constexpr int kBacklog = 64;
constexpr int kIdleSeconds = 15;
constexpr int kProbeSeconds = 5;
constexpr int kProbes = 4;
constexpr int kReceiveBytes = 4096;

void set(int fd, int level, int option, int value) noexcept {
  // Of a connection that has just ended any of them may fail; the next send says so.
  static_cast<void>(::setsockopt(fd, level, option, &value, sizeof(value)));
}

}  // namespace

UniqueFd listening_socket(const TcpAddress& address, const std::string& target) {
  UniqueFd fd(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (fd.get() < 0) throw_errno(fmt::format("a socket for -w {}", target));
  set(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (address.family() == AF_INET6) set(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0);
  return fd;
}

int begin_listening(int fd, const TcpAddress& address) noexcept {
  // EINVAL: it is bound, and only listening failed the last time: two may have a port, one listens.
  if (::bind(fd, address.get(), address.size) != 0 && errno != EINVAL) return errno;
  return ::listen(fd, kBacklog) == 0 ? 0 : errno;
}

bool may_listen_later(int error) noexcept { return error == EADDRINUSE || error == EADDRNOTAVAIL; }

UniqueFd socket_for(const TcpAddress& address) noexcept {
  return UniqueFd(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

Connecting begin_connect(int fd, const TcpAddress& address, int& error) noexcept {
  if (::connect(fd, address.get(), address.size) == 0) return Connecting::kThere;
  error = errno;
  return error == EINPROGRESS ? Connecting::kUnderWay : Connecting::kFailed;
}

Connecting look_at_connect(int fd, int& error) noexcept {
  pollfd wait = {fd, POLLOUT, 0};
  if (::poll(&wait, 1, 0) != 1) return Connecting::kUnderWay;
  socklen_t size = sizeof(error);
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  return error == 0 ? Connecting::kThere : Connecting::kFailed;
}

void disconnect(int fd) noexcept {
  sockaddr nowhere{};
  nowhere.sa_family = AF_UNSPEC;
  static_cast<void>(::connect(fd, &nowhere, sizeof(nowhere)));
}

void set_up_connection(int fd) noexcept {
  set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(fd, IPPROTO_TCP, TCP_KEEPIDLE, kIdleSeconds);
  set(fd, IPPROTO_TCP, TCP_KEEPINTVL, kProbeSeconds);
  set(fd, IPPROTO_TCP, TCP_KEEPCNT, kProbes);
  // Never read: what somebody sends waits in this much memory, and then on his side.
  set(fd, SOL_SOCKET, SO_RCVBUF, kReceiveBytes);
}

}  // namespace capstan::tools
