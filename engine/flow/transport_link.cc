// The link types of transport.h and what lies between a link header and IP
// (https://www.tcpdump.org/linktypes.html).
#include <algorithm>

#include "engine/flow/transport_walk.h"

namespace capstan {

namespace {

constexpr std::uint32_t kAnyFamily = 0xffffffff;

}  // namespace

void TransportWalk::link() noexcept {
  switch (link_type_) {
    case link_type::kEthernet:
      return go(Layer::kEthernet, at_);
    case link_type::kLinuxSll:
      if (!has(at_, 16)) return damaged();
      return go_type(all_.be16(at_ + 14), at_ + 16);
    case link_type::kLinuxSll2:
      if (!has(at_, 20)) return damaged();
      return go_type(all_.be16(at_), at_ + 20);
    case link_type::kRaw:
    case link_type::kRawBsd:
    case link_type::kIpv4:
    case link_type::kIpv6:
      return go(Layer::kIp, at_);
    // The address family, in the byte order of the host that captured: 2 is IPv4 everywhere, IPv6
    // is 10, 24, 28 or 30. The IP header itself is the better witness.
    case link_type::kNull:
    case link_type::kLoop:
      return family(kAnyFamily, at_ + 4);
    case link_type::kEnc:  // family, security parameters index, flags
      return family(kAnyFamily, at_ + 12);
    case link_type::kPppHdlc:
      // Cisco's framing shares the link type: its address is 0x0f, or 0x8f for all (RFC 1547
      // section 4.3.1; tcpdump.org/linktypes, LINKTYPE_PPP_HDLC).
      if ((all_.u8(at_) & 0x7f) == 0x0f) return go_type(all_.be16(at_ + 2), at_ + 4);
      return go(Layer::kPpp, at_);
    case link_type::kPpp:
      return go(Layer::kPpp, at_);
    case link_type::kPppPppd:  // the direction in place of the address, or in front of it
      return go(Layer::kPpp, all_.be16(at_ + 1) == 0xff03 ? at_ + 1 : at_);
    case link_type::kPppWithDirection:
      return go(Layer::kPpp, at_ + 1);
    case link_type::kPppEther:  // PPPoE's header (RFC 2516 section 4) without Ethernet's
      return go_type(ether_type::kPppoeSession, at_);
    case link_type::kCiscoHdlc:
    case link_type::kCiscoHdlcBsd:
      return go_type(all_.be16(at_ + 2), at_ + 4);
    case link_type::kCiscoHdlcWithDirection:
      return go_type(all_.be16(at_ + 3), at_ + 5);
    case link_type::kFrameRelay:
      return go(Layer::kFrameRelay, at_);
    case link_type::kFrameRelayWithDirection:
      return go(Layer::kFrameRelay, at_ + 1);
    case link_type::kWifi:
      return go(Layer::kWifi, at_);
    case link_type::kRadiotap:
    case link_type::kWifiPrism:
    case link_type::kWifiAvs:
    case link_type::kPpi:
    case link_type::kPktap:
      return pseudo_header(at_);
    case link_type::kTokenRing: {
      // Access and frame control, two addresses, a route when the source's first bit is set.
      const std::size_t route = (all_.u8(at_ + 8) & 0x80U) != 0 ? all_.u8(at_ + 14) & 0x1fU : 0;
      return go(Layer::kLlc, at_ + 14 + route);
    }
    case link_type::kFddi:
      return go(Layer::kLlc, at_ + 13);
    case link_type::kIpOverFc:
      return go(Layer::kLlc, at_ + 16);
    case link_type::kAtmRfc1483:
      return go(Layer::kLlc, at_);
    case link_type::kAtmClip:
      return ip_or_llc(at_);
    case link_type::kSunAtm:
      return sun_atm();
    case link_type::kArcnetLinux:
      // Two addresses, two bytes of offset, the type; in packets of RFC 1201 three more.
      if (all_.u8(at_ + 4) == 0xd4) return go(Layer::kIp, at_ + 8);
      return all_.u8(at_ + 4) == 0xf0 ? go(Layer::kIp, at_ + 5) : stop({});
    case link_type::kAppleFirewire:
      return go_type(all_.be16(at_ + 16), at_ + 18);
    case link_type::kIpnet:
      return go(Layer::kIp, at_ + 24);
    case link_type::kIpoib:
      return go_type(all_.be16(at_ + 40), at_ + 44);
    case link_type::kNetanalyzer:
      return go(Layer::kEthernet, at_ + 4);
    case link_type::kNetanalyzerTransparent:
      return go(Layer::kEthernet, at_ + 12);
    case link_type::kEpon:
      return go(Layer::kEthernet, at_ + 8);
    case link_type::kSlip:
      return go(Layer::kIp, at_ + 16);
    case link_type::kNflog:
      return nflog();
    case link_type::kPflog:
      return pflog();
    case link_type::kDsaBroadcom:
    case link_type::kDsaMarvell:
      return dsa(at_ + 12);
    case link_type::kEdsaMarvell:
      return dsa(at_ + 16);
    case link_type::kDsaBroadcomPrepended:
      return go(Layer::kEthernet, at_ + 4);
    default:
      return stop({"link type", link_type_});
  }
}

void TransportWalk::ethernet() noexcept {
  if (!has(at_, 14)) return damaged();
  mac_at_ = at_;
  has_mac_ = true;
  const std::uint16_t type = all_.be16(at_ + 12);
  if (type <= ether_type::kMaxLength) {
    limit(at_ + 14, type);
    return go(Layer::kLlc, at_ + 14);
  }
  go_type(type, at_ + 14);
}

void TransportWalk::rare_ether_type() noexcept {
  switch (type_) {
    case ether_type::kMpls:
    case ether_type::kMplsMulticast:
      return go(Layer::kMpls, at_);
    case ether_type::kPppoeSession: {  // RFC 2516 section 4; code 0 is data
      if (!has(at_, 6) || all_.u8(at_) != 0x11) return damaged();
      if (all_.u8(at_ + 1) != 0) return stop({});
      limit(at_ + 6, all_.be16(at_ + 4));
      return go(Layer::kPpp, at_ + 6);
    }
    case ether_type::kPpp:
      return go(Layer::kPpp, at_);
    case ether_type::kEthernet:
      return go(Layer::kEthernet, at_);
    case ether_type::kPbb:  // 802.1ah: the service tag, then the customer's frame
      return go(Layer::kEthernet, at_ + 4);
    case ether_type::kVnTag:
      return go_type(all_.be16(at_ + 4), at_ + 6);
    case ether_type::kETag:
      return go_type(all_.be16(at_ + 6), at_ + 8);
    case ether_type::kCiscoMetadata: {  // version, length in words of four bytes, then options
      const std::size_t size = std::max<std::size_t>(all_.u8(at_ + 1), 1) * 4 + 2;
      return go_type(all_.be16(at_ + size), at_ + size + 2);
    }
    case ether_type::kNsh:
      return go(Layer::kNsh, at_);
    case ether_type::kMacsec:
      return macsec();
    case ether_type::kTrill: {  // RFC 6325 section 3.2: options in words, then the frame
      const std::size_t options = ((all_.be16(at_) >> 6) & 0x1fU) * 4;
      return go(Layer::kEthernet, at_ + 6 + options);
    }
    case ether_type::kFabricPath:
      return go(Layer::kEthernet, at_ + 2);
    case ether_type::kFrameRelay:
      return go(Layer::kFrameRelay, at_);
    case ether_type::kEapol:
      return message(Carrier::kEapol, at_);
    case 0x0004:  // 802.2, as Linux cooked captures name it
      return go(Layer::kLlc, at_);
    case ether_type::kArp:
    case ether_type::kRarp:
    case ether_type::kFlowControl:
    case ether_type::kSlow:
    case ether_type::kPppoeDiscovery:
    case ether_type::kLldp:
    case ether_type::kPtp:
    case ether_type::kCfm:
    case ether_type::kLoopback:
      return stop({});
    default:
      if (type_ <= ether_type::kMaxLength) return go(Layer::kLlc, at_);
      return stop({"ethertype", type_});
  }
}

// 802.2 logical link control, with or without SNAP (RFC 1042).
void TransportWalk::llc() noexcept {
  if (!has(at_, 3)) return damaged();
  const std::uint16_t points = all_.be16(at_);
  const std::uint8_t control = all_.u8(at_ + 2);
  constexpr std::uint8_t kUnnumbered = 0x03;
  if (points == 0xaaaa && control == kUnnumbered) {
    if (!has(at_, 8)) return damaged();
    const std::uint32_t organization = all_.be24(at_ + 3);
    const std::uint16_t type = all_.be16(at_ + 6);
    constexpr std::uint32_t kEncapsulated = 0x0000f8;  // Apple's and Cisco's way of bridging types
    if (organization == 0 || organization == kEncapsulated) return go_type(type, at_ + 8);
    constexpr std::uint32_t kBridged = 0x0080c2;  // RFC 2684 section 5.2
    if (organization == kBridged && (type == 1 || type == 7)) {
      return go(Layer::kEthernet, at_ + 10);
    }
    return stop({});  // Cisco's discovery, VTP and their kin
  }
  if (points == 0x0606 && control == kUnnumbered) return go(Layer::kIp, at_ + 3);
  if (points == 0xfefe && control == kUnnumbered) {
    // ISO network layer protocol identifiers (RFC 2684 section 5.1)
    if (all_.u8(at_ + 3) == 0xcc) return go(Layer::kIp, at_ + 4);
    if (all_.u8(at_ + 3) == 0x8e) return go(Layer::kIp, at_ + 4);
    return stop({});
  }
  if (points == 0x4242 || points == 0xffff) return stop({});  // spanning tree, old IPX
  stop({"802.2 access points in place of an ethertype", points});
}

void TransportWalk::ip_or_llc(std::size_t at) noexcept {
  if (all_.be24(at) == 0xaaaa03) return go(Layer::kLlc, at);
  go(Layer::kIp, at);
}

void TransportWalk::family(std::uint32_t family, std::size_t at) noexcept {
  if (family == kAnyFamily && all_.u8(at) >> 4 != 4 && all_.u8(at) >> 4 != 6) {
    return stop({});  // another family: AppleTalk, OSI
  }
  go(Layer::kIp, at);
}

// Attributes of a length, a type, and padding to four bytes, in the byte order of the host; number
// 9 is the packet.
void TransportWalk::nflog() noexcept {
  constexpr std::uint16_t kPayload = 9;
  std::size_t at = at_ + 4;
  const bool big = all_.le16(at) > 0x00ff && all_.be16(at) <= 0x00ff;
  while (has(at, 4)) {
    const std::size_t size = big ? all_.be16(at) : all_.le16(at);
    const std::uint16_t type = (big ? all_.be16(at + 2) : all_.le16(at + 2)) & 0x7fffU;
    if (size < 4) return damaged();
    if (type == kPayload) {
      limit(at, size);
      return go(Layer::kIp, at + 4);
    }
    at += (size + 3) & ~std::size_t{3};
  }
  stop({});
}

// OpenBSD's packet filter log: its length, which does not count the padding, and the family.
void TransportWalk::pflog() noexcept {
  const std::size_t size = (all_.u8(at_) + 3U) & ~std::size_t{3};
  if (size < 28) return damaged();
  go(Layer::kIp, at_ + size);
}

void TransportWalk::sun_atm() noexcept {
  constexpr std::uint8_t kLlcTraffic = 2;
  constexpr std::uint8_t kLaneTraffic = 1;
  switch (all_.u8(at_) & 0x0f) {
    case kLlcTraffic:
      return go(Layer::kLlc, at_ + 4);
    case kLaneTraffic:
      return go(Layer::kEthernet, at_ + 6);
    default:
      return stop({});
  }
}

// A switch's tag in place of the VLAN tag: four bytes, in which Marvell keeps the VLAN.
void TransportWalk::dsa(std::size_t tag_at) noexcept {
  if (!has(tag_at, 6)) return damaged();
  mac_at_ = at_;
  has_mac_ = true;
  constexpr std::uint8_t kTagged = 0x20;
  if (link_type_ != link_type::kDsaBroadcom && (all_.u8(tag_at) & kTagged) != 0) {
    tag(all_.be16(tag_at + 2));
  }
  const std::uint16_t type = all_.be16(tag_at + 4);
  if (type <= ether_type::kMaxLength) return go(Layer::kLlc, tag_at + 6);
  go_type(type, tag_at + 6);
}

// IEEE 802.1AE section 9: with neither encryption bit set the frame is only authenticated.
void TransportWalk::macsec() noexcept {
  constexpr std::uint8_t kEncrypted = 0x0c;  // E and C
  constexpr std::uint8_t kChannelPresent = 0x20;
  constexpr std::size_t kCheckBytes = 16;
  const std::uint8_t control = all_.u8(at_);
  if ((control & kEncrypted) != 0) return stop({"frame encrypted by MACsec"});
  const std::size_t at = at_ + ((control & kChannelPresent) != 0 ? 14U : 6U);
  if (wire_end_ >= at + 2 + kCheckBytes) limit(0, wire_end_ - kCheckBytes);
  go_type(all_.be16(at), at + 2);
}

}  // namespace capstan
