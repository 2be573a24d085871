// ADDRESS:PORT as --metrics takes it, and the listening socket for it.
#pragma once

#include <sys/socket.h>

#include <optional>
#include <string>

#include "engine/core/unique_fd.h"

namespace capstan::tools {

struct ListenAddress {
  sockaddr_storage address{};
  socklen_t size_bytes = 0;
  std::string text;  // "127.0.0.1:9117"
};

// "ADDRESS:PORT", "[IPV6]:PORT", ":PORT" or "PORT"; without an address 127.0.0.1. Numbers only:
// looking names up is nothing for a recorder. nullopt: it is none of these.
std::optional<ListenAddress> parse_listen_address(const std::string& text);

// A listening, non-blocking socket, for what `option` asks for. Throws std::system_error.
UniqueFd listen_on(const ListenAddress& where, const char* option = "--metrics");

}  // namespace capstan::tools
