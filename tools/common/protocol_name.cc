#include "tools/common/protocol_name.h"

#include "engine/flow/protocol_numbers.h"

namespace capstan::tools {

std::string ip_protocol_name(std::uint8_t protocol) {
  constexpr std::uint8_t kIgmp = 2;
  switch (protocol) {
    case ip_protocol::kIcmp:
      return "icmp";
    case kIgmp:
      return "igmp";
    case ip_protocol::kTcp:
      return "tcp";
    case ip_protocol::kUdp:
      return "udp";
    case ip_protocol::kGre:
      return "gre";
    case ip_protocol::kEsp:
      return "esp";
    case ip_protocol::kIcmp6:
      return "icmp6";
    case ip_protocol::kOspf:
      return "ospf";
    case ip_protocol::kVrrp:
      return "vrrp";
    case ip_protocol::kSctp:
      return "sctp";
    default:
      return std::to_string(protocol);
  }
}

}  // namespace capstan::tools
