#include "tools/feed/feed_sockets.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

namespace capstan::tools {

namespace {

constexpr int kIdleSeconds = 15;
constexpr int kProbeSeconds = 5;
constexpr int kProbes = 4;
constexpr int kReceiveBytes = 4096;

void set(int fd, int level, int option, int value) noexcept {
  // Of a connection that has just ended any of them may fail; the next send says so.
  static_cast<void>(::setsockopt(fd, level, option, &value, sizeof(value)));
}

}  // namespace

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
