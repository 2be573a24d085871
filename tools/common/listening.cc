#include "tools/common/listening.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

namespace capstan::tools {

UniqueFd listening_socket(int family) noexcept {
  UniqueFd fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fd;
  // The first, so that a recorder that is started again at once finds its port free.
  constexpr int kOn = 1;
  constexpr int kOff = 0;
  static_cast<void>(::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &kOn, sizeof(kOn)));
  if (family == AF_INET6) {
    static_cast<void>(::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &kOff, sizeof(kOff)));
  }
  return fd;
}

int begin_listening(int fd, const TcpAddress& address, int backlog) noexcept {
  // EINVAL: it is bound, and only listening failed the last time: two may have a port, one listens.
  if (::bind(fd, address.get(), address.size) != 0 && errno != EINVAL) return errno;
  return ::listen(fd, backlog) == 0 ? 0 : errno;
}

bool may_listen_later(int error) noexcept { return error == EADDRINUSE || error == EADDRNOTAVAIL; }

}  // namespace capstan::tools
