// Names of IP protocols, as used in text lines and JSON.
#pragma once

#include <cstdint>
#include <string>

namespace capstan::tools {

// Returns "tcp" or "icmp6", for example; the number where there is no name.
std::string ip_protocol_name(std::uint8_t protocol);

}  // namespace capstan::tools
