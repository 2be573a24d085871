// The tunnels of transport.h: what begins behind GRE, MPLS, NSH, ESP and the UDP ports of tunnels.
#include <algorithm>

#include "engine/flow/checksum.h"
#include "engine/flow/transport_walk.h"

namespace capstan {

namespace {

// IEEE 802.1 and RFC numbers shared by VXLAN-GPE and NSH ("next protocol").
enum NextProtocol : std::uint8_t {
  kNextIpv4 = 1,
  kNextIpv6 = 2,
  kNextEthernet = 3,
  kNextNsh = 4,
  kNextMpls = 5
};

bool is_transport(std::uint8_t protocol) noexcept {
  return protocol == ip_protocol::kTcp || protocol == ip_protocol::kUdp ||
         protocol == ip_protocol::kIcmp || protocol == ip_protocol::kIcmp6 ||
         protocol == ip_protocol::kSctp || protocol == ip_protocol::kIpv4 ||
         protocol == ip_protocol::kIpv6 || protocol == ip_protocol::kGre ||
         protocol == ip_protocol::kEsp || protocol == ip_protocol::kHopByHop ||
         protocol == ip_protocol::kFragment;
}

}  // namespace

// An IP header whose lengths can be.
bool TransportWalk::plausible_ip(std::size_t at) const noexcept {
  const std::uint8_t first = all_.u8(at);
  if (first >> 4 == 6) return has(at, 40) && is_transport(all_.u8(at + 6));
  const std::size_t head = (first & 15U) * 4;
  return first >> 4 == 4 && head >= 20 && has(at, head) && all_.be16(at + 2) >= head &&
         at + all_.be16(at + 2) <= wire_end_;
}

// The same, and it ends where this packet ends; IPv4 with a correct checksum besides. For places
// where nothing else tells that a packet begins there.
bool TransportWalk::exact_ip(std::size_t at) const noexcept {
  const std::uint8_t first = all_.u8(at);
  if (first >> 4 == 6) {
    return plausible_ip(at) && at + 40 + all_.be16(at + 4) == wire_end_ && all_.be16(at + 4) != 0;
  }
  return first >> 4 == 4 && plausible_ip(at) && at + all_.be16(at + 2) == wire_end_ &&
         is_transport(all_.u8(at + 9)) &&
         checksum_error(all_.from(at).first((first & 15U) * 4)) == 0;
}

// An Ethernet header in front of something that is known.
bool TransportWalk::plausible_ethernet(std::size_t at) const noexcept {
  if (!has(at, 14)) return false;
  const std::uint16_t type = all_.be16(at + 12);
  switch (type) {
    case ether_type::kIpv4:
    case ether_type::kIpv6:
      return plausible_ip(at + 14);
    case ether_type::kArp:
    case ether_type::kVlan:
    case ether_type::kQinQ:
    case ether_type::kMpls:
    case ether_type::kPppoeSession:
    case ether_type::kPppoeDiscovery:
    case ether_type::kLldp:
    case ether_type::kSlow:
    case ether_type::kEapol:
    case ether_type::kPbb:
      return true;
    default:
      return type <= ether_type::kMaxLength && type >= 3 && at + 14 + type <= wire_end_ &&
             (all_.be16(at + 14) == 0xaaaa || all_.be16(at + 14) == 0x4242 ||
              all_.be16(at + 14) == 0xfefe);
  }
}

// RFC 3032: labels down to the bottom of the stack. What follows is not named anywhere: IP by its
// first four bits, or a pseudowire.
void TransportWalk::mpls() noexcept {
  std::size_t at = at_;
  for (int labels = 0; labels < kMaxLayers; ++labels) {
    if (!has(at, 4)) return damaged();
    const bool bottom = (all_.u8(at + 2) & 1) != 0;
    at += 4;
    if (!bottom) continue;
    const std::uint8_t version = all_.u8(at) >> 4;
    if ((version == 4 || version == 6) && plausible_ip(at)) return go(Layer::kIp, at);
    at_ = at;
    return pseudowire();
  }
  stop({"packet with more headers in each other than are followed"});
}

// RFC 4448: Ethernet, behind a control word (RFC 4385) or without one.
void TransportWalk::pseudowire() noexcept {
  if (all_.u8(at_) >> 4 == 0 && plausible_ethernet(at_ + 4)) return go(Layer::kEthernet, at_ + 4);
  if (plausible_ethernet(at_)) return go(Layer::kEthernet, at_);
  if (all_.u8(at_) >> 4 == 1) return stop({});  // an associated channel (RFC 5586)
  if (all_.u8(at_) >> 4 == 0 && plausible_ip(at_ + 4)) return go(Layer::kIp, at_ + 4);
  stop({"MPLS payload that is neither IP nor Ethernet"});
}

// RFC 2784, RFC 2890, RFC 1701; version 1: RFC 2637.
void TransportWalk::gre() noexcept {
  if (!has(at_, 4)) return damaged();
  const std::uint16_t flags = all_.be16(at_);
  const std::uint16_t protocol = all_.be16(at_ + 2);
  constexpr std::uint16_t kChecksum = 0x8000;
  constexpr std::uint16_t kRouting = 0x4000;
  constexpr std::uint16_t kKey = 0x2000;
  constexpr std::uint16_t kSequence = 0x1000;
  constexpr std::uint16_t kAcknowledgement = 0x0080;
  std::size_t at = at_ + 4;
  const unsigned version = flags & 7U;
  if (version > 1) return damaged();
  if (version == 1 && protocol == ether_type::kEoip) {  // length and tunnel, then the frame
    limit(at + 4, all_.be16(at));
    return go(Layer::kEthernet, at + 4);
  }
  if (version == 0 && (flags & (kChecksum | kRouting)) != 0) at += 4;
  if ((flags & kKey) != 0) at += 4;
  if ((flags & kSequence) != 0) at += 4;
  if (version == 1) {
    if ((flags & kAcknowledgement) != 0) at += 4;
    if ((flags & kSequence) == 0) return stop({});  // an acknowledgement alone
  } else if ((flags & kRouting) != 0) {
    for (int routes = 0; routes < kMaxLayers && has(at, 4); ++routes) {
      const std::size_t size = all_.u8(at + 3);
      at += 4 + size;
      if (size == 0) break;
    }
  }
  gre_payload(flags, protocol, at);
}

void TransportWalk::gre_payload(std::uint16_t flags, std::uint16_t protocol,
                                std::size_t at) noexcept {
  constexpr std::uint16_t kSequence = 0x1000;
  switch (protocol) {
    // draft-foschiano-erspan: type I has no header of its own and no sequence number.
    case ether_type::kErspan:
      return go(Layer::kEthernet, at + ((flags & kSequence) != 0 ? 8U : 0U));
    case ether_type::kErspan3: {
      constexpr std::uint8_t kPlatformHeader = 0x01;
      return go(Layer::kEthernet, at + ((all_.u8(at + 11) & kPlatformHeader) != 0 ? 20U : 12U));
    }
    case ether_type::kWccp:  // four bytes of redirection in the newer version
      return go(Layer::kIp, all_.u8(at) >> 4 == 4 ? at : at + 4);
    case ether_type::kIpv4:
    case ether_type::kIpv6:
    case ether_type::kMpls:
    case ether_type::kMplsMulticast:
    case ether_type::kEthernet:
    case ether_type::kPpp:
    case ether_type::kNsh:
    case ether_type::kFrameRelay:
    case ether_type::kVlan:
    case ether_type::kQinQ:
    case ether_type::kTrill:
      return go_type(protocol, at);
    case 0:  // a keep-alive
    case ether_type::kArp:
    case 0x2000:  // Cisco's discovery
    case 0x2001:  // next hop resolution (RFC 2332)
    case 0x00fe:  // ISO routing
      return stop({});
    default:
      return stop({"GRE protocol", protocol});
  }
}

// RFC 8300 section 2.
void TransportWalk::nsh() noexcept {
  const std::size_t size = (all_.be16(at_) & 0x3fU) * 4;
  if (size < 8 || !has(at_, size)) return damaged();
  next_protocol(all_.u8(at_ + 3), at_ + size);
}

void TransportWalk::next_protocol(std::uint8_t number, std::size_t at) noexcept {
  switch (number) {
    case kNextIpv4:
    case kNextIpv6:
      return go(Layer::kIp, at);
    case kNextEthernet:
      return go(Layer::kEthernet, at);
    case kNextNsh:
      return go(Layer::kNsh, at);
    case kNextMpls:
      return go(Layer::kMpls, at);
    default:
      return stop({"next protocol of NSH or VXLAN-GPE, number", number});
  }
}

// RFC 2004 section 3.1: protocol, a flag, checksum, the true destination and, flagged, the source.
void TransportWalk::minimal_encapsulation() noexcept {
  const bool has_source = (all_.u8(at_ + 1) & 0x80) != 0;
  const std::size_t size = has_source ? 12 : 8;
  if (!has(at_, size)) return damaged();
  packet.protocol = all_.u8(at_);
  std::copy_n(all_.data() + at_ + 4, 4, packet.destination.begin());
  if (has_source) std::copy_n(all_.data() + at_ + 8, 4, packet.source.begin());
  go(Layer::kIpPayload, at_ + size);
}

// RFC 3931 section 4.1.1: a session, then a cookie and a sublayer whose sizes the two ends agreed
// on; the frame behind them shows where they end.
void TransportWalk::l2tp3(std::size_t at) noexcept {
  if (!has(at, 4)) return damaged();
  if (all_.be32(at) == 0) return stop({});  // control
  for (std::size_t skipped = 0; skipped <= 12; skipped += 4) {
    const std::size_t inner = at + 4 + skipped;
    if (plausible_ethernet(inner)) return go(Layer::kEthernet, inner);
    if (all_.be32(inner) == 0xff030021 || all_.be32(inner) == 0xff030057 ||
        all_.be16(inner) == 0xff03) {
      return go(Layer::kPpp, inner);
    }
    if (exact_ip(inner)) return go(Layer::kIp, inner);
  }
  stop({"L2TPv3 payload that is neither Ethernet, PPP nor IP"});
}

// ESP without encryption (RFC 2410) does not say so. Found by what must then stand at its end
// (RFC 4303 section 2.4): padding 1, 2, 3, ..., its length, the next protocol, 8 to 32 bytes of
// check; and by a packet that is whole.
void TransportWalk::esp_null() noexcept {
  const std::size_t at = at_ + 8;
  layer_ = Layer::kDone;
  if (end_ != wire_end_ || !has(at, 12)) return;
  for (const std::size_t check : {std::size_t{12}, std::size_t{16}, std::size_t{0}, std::size_t{20},
                                  std::size_t{24}, std::size_t{32}}) {
    if (end_ < at + check + 2) continue;
    const std::size_t trailer = end_ - check - 2;
    const std::uint8_t next = all_.u8(trailer + 1);
    const std::size_t padding = all_.u8(trailer);
    if (padding > trailer - at || padding > 16) continue;
    bool padded = true;
    for (std::size_t i = 0; i < padding; ++i) {
      padded = padded && all_.u8(trailer - padding + i) == i + 1;
    }
    if (!padded) continue;
    const std::size_t payload_end = trailer - padding;
    bool whole = false;
    if (next == ip_protocol::kIpv4) {
      whole = plausible_ip(at) && at + all_.be16(at + 2) == payload_end;
    } else if (next == ip_protocol::kIpv6) {
      whole = plausible_ip(at) && at + 40 + all_.be16(at + 4) == payload_end;
    } else if (next == ip_protocol::kTcp || next == ip_protocol::kUdp) {
      const PseudoHeader pseudo{packet.source.data(), packet.destination.data(),
                                packet.ip_version == 6 ? std::size_t{16} : std::size_t{4}, next,
                                static_cast<std::uint32_t>(payload_end - at)};
      whole = has(at, 8) && checksum_error(pseudo, all_.from(at).first(payload_end - at)) == 0;
    }
    if (!whole) continue;
    limit(0, payload_end);
    packet.protocol = next;
    return go(Layer::kIpPayload, at);
  }
}

bool TransportWalk::udp_tunnel(std::size_t at) noexcept {
  const std::uint16_t to = packet.destination_port;
  const std::uint16_t from = packet.source_port;
  limit(at, packet.payload_wire_bytes);
  switch (to) {
    case udp_port::kVxlan:
    case udp_port::kVxlanLinux:
      if (vxlan(at, false)) return true;
      break;
    case udp_port::kVxlanGpe:
      if (vxlan_gpe(at)) return true;
      break;
    case udp_port::kGeneve:
      if (geneve(at)) return true;
      break;
    case udp_port::kMpls:
      return into(Layer::kMpls, at);
    case udp_port::kLisp:
      if (plausible_ip(at + 8)) return into(Layer::kIp, at + 8);
      break;
    case udp_port::kGue:
      if (gue(at)) return true;
      break;
    case udp_port::kTzsp:
      if (tzsp(at)) return true;
      break;
    default:
      break;
  }
  const auto either = [from, to](std::uint16_t port) { return from == port || to == port; };
  if (either(udp_port::kGtpUser) && gtp(at)) return true;
  if (either(udp_port::kTeredo) && teredo(at)) return true;
  if (either(udp_port::kL2tp) && l2tp(at)) return true;
  if (either(udp_port::kCapwapData) && capwap(at)) return true;
  // On any port: a VXLAN header without a blemish, or an IP packet as such (foo over UDP).
  const std::uint8_t first = all_.u8(at);
  if (first == 0x08) return vxlan(at, true);
  if ((first >> 4 == 4 || first >> 4 == 6) && ip_in_udp(at)) return true;
  return false;
}

// RFC 7348 section 5. Where the port tells, other flags are let pass: Group Based Policy (0x80),
// OTV, which has the same header.
bool TransportWalk::vxlan(std::size_t at, bool any_port) noexcept {
  constexpr std::uint8_t kInstance = 0x08;
  if (any_port) {
    if (all_.be32(at) != 0x08000000 || all_.u8(at + 7) != 0 || !plausible_ethernet(at + 8)) {
      return false;
    }
    return into(Layer::kEthernet, at + 8);
  }
  if ((all_.u8(at) & kInstance) == 0) return false;
  if ((all_.u8(at) & 0x04) != 0 && all_.u8(at + 3) != 0) return vxlan_gpe(at);
  return into(Layer::kEthernet, at + 8);
}

// draft-ietf-nvo3-vxlan-gpe section 3: the P flag says that the next protocol is there.
bool TransportWalk::vxlan_gpe(std::size_t at) noexcept {
  constexpr std::uint8_t kNext = 0x04;
  if ((all_.u8(at) & kNext) == 0) return into(Layer::kEthernet, at + 8);
  next_protocol(all_.u8(at + 3), at + 8);
  return true;
}

// RFC 8926 section 3.4.
bool TransportWalk::geneve(std::size_t at) noexcept {
  constexpr std::uint8_t kControl = 0x80;
  if (all_.u8(at) >> 6 != 0) return false;
  if ((all_.u8(at + 1) & kControl) != 0) return false;
  go_type(all_.be16(at + 2), at + 8 + (all_.u8(at) & 0x3fU) * 4);
  return true;
}

// 3GPP TS 29.281 section 5.1: version 1, a G-PDU; optional fields and extension headers.
bool TransportWalk::gtp(std::size_t at) noexcept {
  if ((all_.u8(at) & 0xf0) != 0x30 || all_.u8(at + 1) != 0xff) return false;
  std::size_t inner = at + 8;
  // Sequence number, N-PDU number and the next extension's type are there if any is.
  if ((all_.u8(at) & 7) != 0) {
    std::uint8_t extension = (all_.u8(at) & 4) != 0 ? all_.u8(at + 11) : std::uint8_t{0};
    inner += 4;
    for (int i = 0; i < kMaxLayers && extension != 0; ++i) {
      const std::size_t size = all_.u8(inner) * 4U;
      if (size == 0) return false;
      extension = all_.u8(inner + size - 1);
      inner += size;
    }
  }
  if (plausible_ip(inner)) return into(Layer::kIp, inner);
  if (plausible_ethernet(inner)) return into(Layer::kEthernet, inner);
  if (has(inner, 20) && (all_.u8(inner) >> 4 == 4 || all_.u8(inner) >> 4 == 6)) {
    return into(Layer::kIp, inner);
  }
  unseen = {"GTP-U payload that is neither IP nor Ethernet"};
  return false;
}

// RFC 4380 section 5.1.1: perhaps an authentication, perhaps an origin, then IPv6.
bool TransportWalk::teredo(std::size_t at) noexcept {
  if (all_.be16(at) == 0x0001) at += 4U + all_.u8(at + 2) + all_.u8(at + 3) + 9U;
  if (all_.be16(at) == 0x0000) at += 8;
  if (all_.u8(at) >> 4 != 6 || !has(at, 40)) return false;
  return into(Layer::kIp, at);
}

// RFC 2661 section 3.1 (version 2), RFC 3931 section 4.1.2.1 (version 3).
bool TransportWalk::l2tp(std::size_t at) noexcept {
  const std::uint16_t flags = all_.be16(at);
  constexpr std::uint16_t kControl = 0x8000;
  constexpr std::uint16_t kLength = 0x4000;
  constexpr std::uint16_t kSequence = 0x0800;
  constexpr std::uint16_t kOffset = 0x0200;
  const unsigned version = flags & 0x0fU;
  if ((flags & kControl) != 0) return false;
  if (version == 3) {
    l2tp3(at + 4);
    return true;
  }
  if (version != 2) return false;
  std::size_t inner = at + 2;
  if ((flags & kLength) != 0) {
    limit(at, all_.be16(inner));
    inner += 2;
  }
  inner += 4;  // tunnel, session
  if ((flags & kSequence) != 0) inner += 4;
  if ((flags & kOffset) != 0) inner += 2U + all_.be16(inner);
  return into(Layer::kPpp, inner);
}

// RFC 5415 section 4.3.
bool TransportWalk::capwap(std::size_t at) noexcept {
  constexpr std::uint8_t kFragmented = 0x80;
  constexpr std::uint8_t kKeepAlive = 0x08;
  if ((all_.u8(at) & 0x0f) != 0) return false;  // DTLS
  const std::size_t size = (all_.u8(at + 1) >> 3) * 4U;
  if (size < 8 || !has(at, size)) return false;
  const bool native = (all_.u8(at + 2) & 1) != 0;
  const std::uint8_t flags = all_.u8(at + 3);
  if ((flags & kKeepAlive) != 0) return false;
  const bool later = (all_.be16(at + 6) & 0xfff8U) != 0;
  if ((flags & kFragmented) != 0) {
    unseen = {"fragment of a CAPWAP frame"};
    if (later) return false;
  }
  if (!native) return into(Layer::kEthernet, at + size);
  type_ = 0;
  return into(Layer::kWifi, at + size);
}

// draft-ietf-intarea-gue section 3: version 0 has a header, version 1 is IP at once.
bool TransportWalk::gue(std::size_t at) noexcept {
  const std::uint8_t first = all_.u8(at);
  if (first >> 6 == 1) return plausible_ip(at) && into(Layer::kIp, at);
  constexpr std::uint8_t kControl = 0x20;
  if (first >> 6 != 0 || (first & kControl) != 0) return false;
  packet.protocol = all_.u8(at + 1);
  return into(Layer::kIpPayload, at + 4 + (first & 0x1fU) * 4);
}

// Version 1, a type, the encapsulated protocol, tagged fields up to the end tag; then the frame.
bool TransportWalk::tzsp(std::size_t at) noexcept {
  if (all_.u8(at) != 1) return false;
  const std::uint8_t type = all_.u8(at + 1);
  if (type > 1 && type != 5) return false;
  const std::uint16_t protocol = all_.be16(at + 2);
  std::size_t field = at + 4;
  for (int fields = 0; fields < kMaxLayers && has(field, 1); ++fields) {
    const std::uint8_t tag = all_.u8(field++);
    constexpr std::uint8_t kPadding = 0;
    constexpr std::uint8_t kEnd = 1;
    if (tag == kPadding) continue;
    if (tag != kEnd) {
      field += 1U + all_.u8(field);
      continue;
    }
    type_ = 0;
    if (protocol == 1) return into(Layer::kEthernet, field);
    if (protocol == 18) return into(Layer::kWifi, field);
    unseen = {"TZSP protocol", protocol};
    return false;
  }
  return false;
}

bool TransportWalk::ip_in_udp(std::size_t at) noexcept {
  return exact_ip(at) && into(Layer::kIp, at);
}

}  // namespace capstan
