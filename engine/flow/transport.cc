#include "engine/flow/transport.h"

#include <algorithm>

#include "engine/flow/transport_walk.h"

namespace capstan {

bool TransportWalk::run() noexcept {
  for (int layers = 0; layers < kMaxLayers; ++layers) {
    switch (layer_) {
      case Layer::kDone:
        return true;
      case Layer::kStop:
        return false;
      case Layer::kEthernet:
        ethernet();
        break;
      case Layer::kEtherType:
        ether_type();
        break;
      case Layer::kIp:
        ip();
        break;
      case Layer::kIpPayload:
        ip_payload();
        break;
      case Layer::kTransport:
        transport();
        break;
      case Layer::kLink:
        link();
        break;
      case Layer::kLlc:
        llc();
        break;
      case Layer::kMpls:
        mpls();
        break;
      case Layer::kPpp:
        ppp();
        break;
      case Layer::kWifi:
        wifi();
        break;
      case Layer::kFrameRelay:
        frame_relay();
        break;
      case Layer::kGre:
        gre();
        break;
      case Layer::kNsh:
        nsh();
        break;
    }
  }
  if (layer_ == Layer::kDone) return true;
  if (layer_ != Layer::kStop) stop({"packet with more headers in each other than are followed"});
  return false;
}

bool TransportWalk::usual() noexcept {
  constexpr std::size_t kLink = 14;
  constexpr std::size_t kTag = 4;
  constexpr std::size_t kIpv4 = 20;
  constexpr std::size_t kIpv6 = 40;
  if (end_ < kLink + kTag + kIpv4) return false;
  const std::uint8_t* const data = all_.data();
  std::uint16_t type = all_.be16(12);
  const bool tagged = type == ether_type::kVlan;
  if (tagged) type = all_.be16(kLink + 2);
  const std::size_t at = tagged ? kLink + kTag : kLink;
  const std::uint8_t* const head = data + at;
  if (type == ether_type::kIpv4) {
    const std::size_t length = all_.be16(at + 2);
    // A head without options, whole, and long enough for itself.
    if (head[0] != 0x45 || (all_.be16(at + 6) & 0x3fffU) != 0) return false;
    if (head[9] != kProtocolTcp && head[9] != kProtocolUdp) return false;
    if (length != 0) {
      if (length < kIpv4) return false;
      limit(at, length);
    }
    packet.ip_version = 4;
    packet.protocol = head[9];
    std::copy_n(head + 12, 4, packet.source.begin());
    std::copy_n(head + 16, 4, packet.destination.begin());
    at_ = at + kIpv4;
  } else if (type == ether_type::kIpv6) {
    if (end_ < at + kIpv6 || head[0] >> 4 != 6) return false;
    if (head[6] != kProtocolTcp && head[6] != kProtocolUdp) return false;
    const std::size_t length = all_.be16(at + 4);
    if (length != 0) limit(at, length + kIpv6);
    packet.ip_version = 6;
    packet.protocol = head[6];
    std::copy_n(head + 8, 16, packet.source.begin());
    std::copy_n(head + 24, 16, packet.destination.begin());
    at_ = at + kIpv6;
  } else {
    return false;
  }
  if (tagged) tag(all_.be16(kLink));
  packet.ip_offset = static_cast<std::uint32_t>(at);
  has_mac_ = true;
  outer_ip_ = true;
  transport();
  return layer_ == Layer::kDone;
}

void TransportWalk::ether_type() noexcept {
  switch (type_) {
    case ether_type::kIpv4:
    case ether_type::kIpv6:
      return go(Layer::kIp, at_);
    case ether_type::kVlan:
    case ether_type::kQinQ:
    case ether_type::kVlan9100:
    case ether_type::kVlan9200:
      if (!has(at_, 4)) return damaged();
      tag(all_.be16(at_));
      return go_type(all_.be16(at_ + 2), at_ + 4);
    default:
      return rare_ether_type();
  }
}

void TransportWalk::ip() noexcept {
  packet.ip_offset = static_cast<std::uint32_t>(at_);
  const std::uint8_t version = all_.u8(at_) >> 4;
  if (version == 4) return ipv4();
  if (version == 6) return ipv6();
  damaged();
}

// RFC 791 section 3.1.
void TransportWalk::ipv4() noexcept {
  const std::size_t head = (all_.u8(at_) & 15U) * 4;
  if (head < 20 || !has(at_, head)) return damaged();
  const std::size_t length = all_.be16(at_ + 2);
  // A length of 0 is what segmentation offload leaves behind.
  if (length != 0) {
    if (length < head) return damaged();
    limit(at_, length);
  }
  outer_ip_ = true;
  packet.ip_version = 4;
  packet.protocol = all_.u8(at_ + 9);
  packet.source = packet.destination = {};
  std::copy_n(all_.data() + at_ + 12, 4, packet.source.begin());
  std::copy_n(all_.data() + at_ + 16, 4, packet.destination.begin());
  const std::uint16_t flags = all_.be16(at_ + 6);
  if ((flags & 0x3fffU) != 0) {
    return fragment((flags & 0x1fffU) * 8, (flags & 0x2000) != 0, all_.be16(at_ + 4), at_ + head);
  }
  packet.is_fragment = false;
  go(packet.protocol == kProtocolTcp ? Layer::kTransport : Layer::kIpPayload, at_ + head);
}

// RFC 8200 section 3.
void TransportWalk::ipv6() noexcept {
  if (!has(at_, 40)) return damaged();
  const std::size_t length = all_.be16(at_ + 4);
  if (length != 0) limit(at_, length + 40);
  outer_ip_ = true;
  packet.ip_version = 6;
  std::copy_n(all_.data() + at_ + 8, 16, packet.source.begin());
  std::copy_n(all_.data() + at_ + 24, 16, packet.destination.begin());
  packet.protocol = all_.u8(at_ + 6);
  packet.is_fragment = false;
  go(packet.protocol == kProtocolTcp ? Layer::kTransport : Layer::kIpPayload, at_ + 40);
}

void TransportWalk::fragment(std::uint32_t offset, bool more, std::uint32_t id,
                             std::size_t from) noexcept {
  if (from > end_) return damaged();
  packet.is_fragment = true;
  packet.fragment = {id, offset, more};
  packet.ip_payload = {all_.data() + from, end_ - from};
  go(Layer::kDone, from);
}

// An IPv6 extension header (RFC 8200 section 4) or one that both versions may have, at at_.
// False when the protocol is none.
bool TransportWalk::extension_header() noexcept {
  std::size_t size = 0;
  switch (packet.protocol) {
    case ip_protocol::kHopByHop:
    case ip_protocol::kRouting:
    case ip_protocol::kDestinationOptions:
    case ip_protocol::kMobility:
    case ip_protocol::kHip:
    case ip_protocol::kShim6:
      if (packet.ip_version != 6) return false;
      size = (all_.u8(at_ + 1) + 1U) * 8;
      break;
    case ip_protocol::kAh:  // RFC 4302 section 2.2
      size = (all_.u8(at_ + 1) + 2U) * 4;
      break;
    case ip_protocol::kFragment: {
      if (packet.ip_version != 6) return false;
      if (!has(at_, 8)) {
        damaged();
        return true;
      }
      const std::uint16_t field = all_.be16(at_ + 2);
      packet.protocol = all_.u8(at_);
      if ((field & 0xfff9U) == 0) {  // "atomic": all of it (RFC 6946)
        go(Layer::kIpPayload, at_ + 8);
      } else {
        fragment(field & 0xfff8U, (field & 1) != 0, all_.be32(at_ + 4), at_ + 8);
      }
      return true;
    }
    default:
      return false;
  }
  if (!has(at_, size)) {
    damaged();
    return true;
  }
  packet.protocol = all_.u8(at_);
  go(Layer::kIpPayload, at_ + size);
  return true;
}

void TransportWalk::ip_payload() noexcept {
  if (extension_header()) return;
  switch (packet.protocol) {
    case ip_protocol::kIpv4:
    case ip_protocol::kIpv6:
    case ip_protocol::kIpip:
      return go(Layer::kIp, at_);
    case ip_protocol::kGre:
      return go(Layer::kGre, at_);
    case ip_protocol::kMobile:
      return minimal_encapsulation();
    case ip_protocol::kEtherip:
      return go(Layer::kEthernet, at_ + 2);
    case ip_protocol::kEthernet:
      return go(Layer::kEthernet, at_);
    case ip_protocol::kMplsInIp:
      return go(Layer::kMpls, at_);
    case ip_protocol::kL2tp3:
      return l2tp3(at_);
    case ip_protocol::kIpcomp:
      return stop({"compressed payload"});
    case ip_protocol::kEsp:
      return esp_null();
    default:
      return transport();
  }
}

void TransportWalk::transport() noexcept {
  if (at_ > end_ || !read_transport_header({all_.data() + at_, end_ - at_},
                                           wire_end_ - static_cast<std::uint32_t>(at_), packet)) {
    return damaged();
  }
  layer_ = Layer::kDone;
  if (packet.protocol == kProtocolUdp && packet.payload.size() >= 8 && udp_tunnel(at_ + 8)) {
    // What lies inside is the packet: of this one nothing stays but where it lay.
    packet.payload = {};
    packet.source_port = packet.destination_port = 0;
  }
}

// The message of a carrier that is not IP. Its ends are those of the IP tunnel it came through, or
// the addresses of its link.
void TransportWalk::message(Carrier carrier, std::size_t at) noexcept {
  if (at >= end_) return damaged();
  packet.carrier = carrier;
  packet.protocol = 0;
  packet.source_port = packet.destination_port = 0;
  packet.is_fragment = false;
  if (!outer_ip_) {
    packet.ip_version = 0;
    packet.source = packet.destination = {};
    if (has_mac_) {
      std::copy_n(all_.data() + mac_at_ + 6, 6, packet.source.begin());
      std::copy_n(all_.data() + mac_at_, 6, packet.destination.begin());
    }
  }
  packet.payload = {all_.data() + at, end_ - at};
  packet.payload_wire_bytes = wire_end_ - static_cast<std::uint32_t>(at);
  layer_ = Layer::kDone;
}

std::optional<TransportPacket> read_transport(const PacketView& view, Unseen& unseen) noexcept {
  TransportWalk walk({view.data, view.caplen}, std::max(view.wirelen, view.caplen));
  const bool found = walk.from_link(view.link_type);
  unseen = walk.unseen;
  if (!found) return std::nullopt;
  TransportPacket& packet = walk.packet;
  if (!packet.payload.empty()) {
    packet.transport_offset = static_cast<std::uint32_t>(packet.payload.data() - view.data);
  }
  return packet;
}

std::optional<TransportPacket> read_transport(const PacketView& view) noexcept {
  Unseen unseen;
  auto packet = read_transport(view, unseen);
  if (packet && packet->carrier != Carrier::kIp) packet.reset();
  return packet;
}

bool read_reassembled(std::span<const std::uint8_t> bytes, TransportPacket& packet,
                      Unseen& unseen) noexcept {
  TransportWalk walk({bytes.data(), bytes.size()}, static_cast<std::uint32_t>(bytes.size()));
  walk.packet = packet;
  walk.packet.is_fragment = false;
  const bool found = walk.from_ip_payload();
  unseen = walk.unseen;
  packet = walk.packet;
  return found;
}

}  // namespace capstan
