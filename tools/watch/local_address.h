// ADDRESS:PORT, the value of --metrics, and the listening socket for it.
#pragma once

#include <optional>
#include <string>

#include "engine/core/tcp_address.h"
#include "engine/core/unique_fd.h"

namespace capstan::tools {

struct ListenAddress {
  TcpAddress address;
  std::string text;  // "127.0.0.1:9117"
};

// Parses "ADDRESS:PORT", "[IPV6]:PORT", ":PORT" or "PORT"; without an address it is 127.0.0.1.
// Numeric only: a recorder does not look up names. nullopt for any other text.
std::optional<ListenAddress> parse_listen_address(const std::string& text);

// Returns a listening, non-blocking socket. `option` is named in messages. `backlog`: connections
// that may wait to be accepted; the default is for a few that ask for figures. Throws
// std::system_error.
UniqueFd listen_on(const ListenAddress& where, const char* option = "--metrics", int backlog = 16);

}  // namespace capstan::tools
