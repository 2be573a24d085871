// Names of IP protocols, as lines and JSON say them.
#pragma once

#include <cstdint>
#include <string>

namespace capstan::tools {

// "tcp", "icmp6"; the number where there is no name.
std::string ip_protocol_name(std::uint8_t protocol);

}  // namespace capstan::tools
