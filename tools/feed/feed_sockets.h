// A feed's connections, and the sockets that it connects with.
#pragma once

#include <optional>
#include <string>

#include "engine/core/tcp_address.h"
#include "engine/core/unique_fd.h"
#include "tools/feed/feed_options.h"

namespace capstan::tools {

// A socket for connections to somebody else. Made before sockets cannot be made any more, and used
// for one connection after the other (connect(2), AF_UNSPEC), to any address of its family. Empty,
// and errno says why: a kernel may know no IPv6.
UniqueFd socket_for(const TcpAddress& address) noexcept;

enum class Connecting : std::uint8_t { kThere, kUnderWay, kFailed };
// Starts a connection without waiting. `error` receives the errno value for kFailed.
Connecting begin_connect(int fd, const TcpAddress& address, int& error) noexcept;
// Checks a connection that was under way.
Connecting look_at_connect(int fd, int& error) noexcept;
// Ends a connection, so that the socket can be used for another one.
void disconnect(int fd) noexcept;

// Sets the socket to detect within a minute that the other side has gone; incoming data is
// discarded.
void set_up_connection(int fd) noexcept;

}  // namespace capstan::tools
