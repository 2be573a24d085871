// PPP and Frame Relay, wherever they are met.
#include "engine/flow/transport_walk.h"

namespace capstan {

// RFC 1661, with address and control (RFC 1662) or without, the protocol perhaps compressed.
void TransportWalk::ppp() noexcept {
  if (!has(at_, 2)) return damaged();
  const std::uint16_t first = all_.be16(at_);
  // pppd writes the direction, 0 or 1, where 0xff was.
  if (first == 0xff03 || first == 0x0003 || first == 0x0103) at_ += 2;
  if (all_.u8(at_) % 2 != 0) return ppp_payload(all_.u8(at_), at_ + 1);
  ppp_payload(all_.be16(at_), at_ + 2);
}

void TransportWalk::ppp_payload(std::uint16_t protocol, std::size_t at) noexcept {
  switch (protocol) {
    case ppp_protocol::kIpv4:
    case ppp_protocol::kIpv6:
    case ether_type::kIpv4:  // Cisco's HDLC inside what is called PPP
    case ether_type::kIpv6:
      return go(Layer::kIp, at);
    case ppp_protocol::kMpls:
    case ppp_protocol::kMplsMulticast:
      return go(Layer::kMpls, at);
    case ppp_protocol::kBridged:  // RFC 3518 section 4.2: flags and pads, then the kind of MAC
      if (all_.u8(at + 1) == 1) return go(Layer::kEthernet, at + 2);
      return stop({"PPP protocol", protocol});
    case ppp_protocol::kMultilink:
      return ppp_multilink(at);
    case ppp_protocol::kPap:
    case ppp_protocol::kChap:
    case ppp_protocol::kEap:
      return message(Carrier::kPpp, at - 2);
    case 0x002d:  // Van Jacobson's compressed and uncompressed TCP (RFC 1144)
    case 0x002f:
    case 0x0053:  // encrypted (RFC 1968)
    case 0x0055:
    case 0x00fb:  // compressed (RFC 1962)
    case 0x00fd:
    case 0x0061:  // header compression (RFC 2509)
    case 0x0063:
    case 0x0065:
    case 0x0067:
    case 0x0069:
      return stop({"compressed payload"});
    default:
      // From 0x4000 on there are no network protocols (RFC 1661 section 2).
      if (protocol >= 0x4000) return stop({});
      return stop({"PPP protocol", protocol});
  }
}

// RFC 1990 section 3: a fragment that both begins and ends a packet is the packet.
void TransportWalk::ppp_multilink(std::size_t at) noexcept {
  constexpr std::uint8_t kWhole = 0xc0;
  if ((all_.u8(at) & kWhole) != kWhole) return stop({"fragment of multilink PPP"});
  // Sequence numbers have 24 bits, or 12 where that was agreed: what follows them tells.
  const auto protocol_at = [this](std::size_t where) {
    const std::uint16_t protocol = all_.u8(where) % 2 != 0 ? all_.u8(where) : all_.be16(where);
    return protocol == ppp_protocol::kIpv4 || protocol == ppp_protocol::kIpv6 ||
           protocol == ppp_protocol::kMpls || protocol >= 0x8000;
  };
  go(Layer::kPpp, protocol_at(at + 4) || !protocol_at(at + 2) ? at + 4 : at + 2);
}

// RFC 2427 section 3: two to four bytes of address, control, the protocol's identifier; or Cisco's
// way, an Ethernet type behind the address.
void TransportWalk::frame_relay() noexcept {
  std::size_t at = at_;
  for (int i = 0; i < 4 && (all_.u8(at) & 1) == 0; ++i) ++at;
  ++at;
  if (all_.u8(at) != 0x03) return go_type(all_.be16(at), at + 2);
  ++at;
  if (all_.u8(at) == 0) ++at;  // padding to an even place
  const std::uint8_t identifier = all_.u8(at);
  switch (identifier) {
    case 0xcc:
    case 0x8e:
      return go(Layer::kIp, at + 1);
    case 0xcf:
      return go(Layer::kPpp, at + 1);
    case 0x80: {  // SNAP
      const std::uint32_t organization = all_.be24(at + 1);
      const std::uint16_t type = all_.be16(at + 4);
      if (organization == 0) return go_type(type, at + 6);
      constexpr std::uint32_t kBridged = 0x0080c2;
      if (organization == kBridged && (type == 1 || type == 7)) return go(Layer::kEthernet, at + 6);
      return stop({});
    }
    default:
      return stop({});  // link management, ISO routing
  }
}

}  // namespace capstan
