// The layers from an ethertype to what IP carries, extension headers included.
#include <algorithm>

#include "engine/flow/transport_walk.h"

namespace capstan {

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

}  // namespace capstan
