// Sockets that listen for TCP connections, also where they cannot yet.
#pragma once

#include "engine/core/tcp_address.h"
#include "engine/core/unique_fd.h"

namespace capstan::tools {

// A non-blocking socket to listen on an address of this family, for IPv4 too where it is
// AF_INET6. Empty, and errno says why: a kernel may know no IPv6. Made before sockets cannot be
// made any more.
UniqueFd listening_socket(int family) noexcept;
// Listens on the address. Returns 0 or an errno value. `backlog`: connections that may wait to be
// accepted. To be called again where may_listen_later() of what it returned is true.
int begin_listening(int fd, const TcpAddress& address, int backlog) noexcept;
// Somebody else has the port, or no interface has the address: that can change.
bool may_listen_later(int error) noexcept;

}  // namespace capstan::tools
