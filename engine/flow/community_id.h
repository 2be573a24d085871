// Community ID v1: a name for a flow that all tools agree on
// (github.com/corelight/community-id-spec).
#pragma once

#include <string>

#include "engine/flow/transport.h"

namespace capstan {

struct FlowEnds {
  Address source{};
  Address destination{};
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint8_t protocol = 0;
  std::uint8_t ip_version = 4;  // 0: the addresses are link-layer addresses
  Carrier carrier = Carrier::kIp;
};

// "1:" and the base64 of a SHA-1 over seed, ends (the smaller first), protocol and ports. Of ICMP
// and ICMPv6 the ports are what TransportPacket has: type and type of the answer, or, of messages
// that have no answer, type and code; the ends of those are not put in order. Empty for link-layer
// addresses: Community ID 1 is of IP alone.
std::string community_id(const FlowEnds& ends, std::uint16_t seed = 0);

// "192.0.2.1", "2001:db8::1"; for link-layer addresses (ip_version 0) "02:00:00:00:00:01".
std::string address_text(const Address& address, std::uint8_t ip_version);

// Whether the protocol has ports; if not, the port fields hold something else or 0.
bool has_ports(const FlowEnds& ends) noexcept;

}  // namespace capstan
