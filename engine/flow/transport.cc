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
