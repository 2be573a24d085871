#include "engine/flow/transport.h"

#include <algorithm>

#include "engine/flow/byte_reader.h"

namespace capstan {

namespace {

constexpr std::uint16_t kEtherIpv4 = 0x0800;
constexpr std::uint16_t kEtherIpv6 = 0x86dd;
constexpr std::uint8_t kProtocolIpip = 4;
constexpr std::uint8_t kProtocolIpv6 = 41;
constexpr std::uint8_t kProtocolGre = 47;
constexpr int kMaxTunnels = 4;
constexpr std::uint16_t kPortVxlan = 4789;    // RFC 7348
constexpr std::uint16_t kPortGtpUser = 2152;  // 3GPP TS 29.281
constexpr std::uint16_t kLinkPpp = 9;
constexpr std::uint16_t kLinkRawOld = 12;  // DLT_RAW as some systems wrote it
constexpr std::uint16_t kLinkRawBsd = 14;

class Walk {
 public:
  explicit Walk(const PacketView& view) noexcept
      : all_(view.data, view.caplen), wirelen_(view.wirelen) {}

  bool link(std::uint16_t type) noexcept {
    switch (type) {
      case link_type::kEthernet:
        return ether_type(all_.be16(12), 14);
      case link_type::kLinuxSll:
        return ether_type(all_.be16(14), 16);
      case link_type::kLinuxSll2:
        return ether_type(all_.be16(0), 20);
      case link_type::kRaw:
      case kLinkRawOld:
      case kLinkRawBsd:
      case link_type::kIpv4:
      case link_type::kIpv6:
        return ip(0);
      // The address family, in the byte order of the host that captured: 2 is IPv4 everywhere,
      // IPv6 is 10, 24, 28 or 30. The IP header itself is the better witness.
      case link_type::kNull:
      case link_type::kLoop:
        return ip(4);
      case kLinkPpp:
        return ppp(all_.u8(0) == 0xff ? 2 : 0);
      default:
        return false;
    }
  }

  TransportPacket packet;

 private:
  bool ether_type(std::uint16_t type, std::size_t at) noexcept {
    for (int layers = 0; layers < 8; ++layers) {
      switch (type) {
        case kEtherIpv4:
        case kEtherIpv6:
          return ip(at);
        case 0x8100:
        case 0x88a8:
        case 0x9100:
          tag(all_.be16(at));
          type = all_.be16(at + 2);
          at += 4;
          break;
        case 0x8847:
        case 0x8848:  // MPLS (RFC 3032): labels down to the bottom of the stack, then IP
          for (int labels = 0; labels < 16; ++labels) {
            const bool bottom = (all_.u8(at + 2) & 1) != 0;
            at += 4;
            if (bottom) return ip(at);
          }
          return false;
        case 0x8864:
          return ppp(at + 6);  // PPPoE session (RFC 2516)
        default:
          return false;
      }
    }
    return false;
  }

  void tag(std::uint16_t control) noexcept {
    const auto id = static_cast<std::uint16_t>(0x1000 | (control & 0x0fff));
    packet.vlans[packet.vlans[0] == 0 ? 0 : 1] = id;
  }

  bool ppp(std::size_t at) noexcept {
    const std::uint16_t protocol = all_.be16(at);
    if (protocol == 0x0021 || protocol == 0x0057) return ip(at + 2);
    // RFC 1661 section 6.5: the protocol field may be compressed to one byte.
    if (all_.u8(at) == 0x21 || all_.u8(at) == 0x57) return ip(at + 1);
    return false;
  }

  bool ip(std::size_t at) noexcept {
    for (int depth = 0; depth < kMaxTunnels; ++depth) {
      const std::uint8_t version = all_.u8(at) >> 4;
      packet.ip_offset = static_cast<std::uint32_t>(at);
      std::size_t next = 0;
      if (version == 4) {
        next = ipv4(at);
      } else if (version == 6) {
        next = ipv6(at);
      }
      if (next == 0) return false;
      if (packet.is_fragment) return true;
      const std::size_t present = end_ - next;
      if (packet.protocol == kProtocolIpip || packet.protocol == kProtocolIpv6) {
        at = next;
      } else if (packet.protocol == kProtocolGre) {
        at = gre(next);
        if (at == 0) return false;
      } else {
        if (!read_transport_header({all_.data() + next, present},
                                   wire_end_ - static_cast<std::uint32_t>(next), packet)) {
          return false;
        }
        const std::size_t inner = packet.protocol == kProtocolUdp ? udp_tunnel(next + 8) : 0;
        if (inner == 0) return true;
        at = inner;
      }
    }
    return false;
  }

  // Limits what follows to [.., end): Ethernet's padding is no payload.
  void limit(std::size_t at, std::size_t length) noexcept {
    // A length of 0 is what segmentation offload leaves behind.
    const std::size_t wire =
        length == 0 ? std::max<std::size_t>(wirelen_, all_.size()) : at + length;
    wire_end_ = static_cast<std::uint32_t>(wire);
    end_ = std::min(all_.size(), wire);
  }

  std::size_t ipv4(std::size_t at) noexcept {
    const std::size_t head = (all_.u8(at) & 15U) * 4;
    if (head < 20 || !all_.has(at, head)) return 0;
    limit(at, all_.be16(at + 2));
    if (end_ < at + head || wire_end_ < at + head) return 0;
    packet.ip_version = 4;
    packet.protocol = all_.u8(at + 9);
    packet.source = packet.destination = {};
    std::copy_n(all_.data() + at + 12, 4, packet.source.begin());
    std::copy_n(all_.data() + at + 16, 4, packet.destination.begin());
    const std::uint16_t flags = all_.be16(at + 6);
    fragment((flags & 0x1fffU) * 8, (flags & 0x2000) != 0, all_.be16(at + 4), at + head);
    return at + head;
  }

  std::size_t ipv6(std::size_t at) noexcept {
    if (!all_.has(at, 40)) return 0;
    const std::size_t length = all_.be16(at + 4);
    limit(at, length == 0 ? 0 : length + 40);
    packet.ip_version = 6;
    std::copy_n(all_.data() + at + 8, 16, packet.source.begin());
    std::copy_n(all_.data() + at + 24, 16, packet.destination.begin());
    std::uint8_t next = all_.u8(at + 6);
    std::size_t where = at + 40;
    for (int headers = 0; headers < 8 && where < end_; ++headers) {
      std::size_t size = 0;
      if (next == 0 || next == 43 || next == 60) {  // hop-by-hop, routing, destination options
        size = (all_.u8(where + 1) + 1U) * 8;
      } else if (next == 51) {  // authentication
        size = (all_.u8(where + 1) + 2U) * 4;
      } else if (next == 44) {
        const std::uint16_t field = all_.be16(where + 2);
        packet.protocol = all_.u8(where);
        if (!all_.has(where, 8)) return 0;
        fragment(field & 0xfff8U, (field & 1) != 0, all_.be32(where + 4), where + 8);
        size = 8;
        if (packet.is_fragment) return where + 8;
      } else {
        break;
      }
      next = all_.u8(where);
      where += size;
    }
    packet.protocol = next;
    return where <= end_ ? where : 0;
  }

  void fragment(std::uint32_t offset, bool more, std::uint32_t id, std::size_t from) noexcept {
    packet.is_fragment = offset != 0 || more;
    if (!packet.is_fragment || from > end_) return;
    packet.fragment = {id, offset, more};
    packet.ip_payload = {all_.data() + from, end_ - from};
  }

  // Where the IP header inside a VXLAN or GTP-U datagram lies; 0: it is none.
  std::size_t udp_tunnel(std::size_t at) noexcept {
    std::size_t inner = 0;
    if (packet.destination_port == kPortVxlan && all_.u8(at) == 0x08) {
      // An Ethernet frame behind 8 bytes.
      const std::uint16_t type = all_.be16(at + 8 + 12);
      if (type != kEtherIpv4 && type != kEtherIpv6) return 0;
      inner = at + 8 + 14;
    } else if (packet.destination_port == kPortGtpUser && (all_.u8(at) & 0xf0) == 0x30 &&
               all_.u8(at + 1) == 0xff) {
      inner = at + 8;
      // Sequence number, N-PDU number and the next extension's type are there if any is.
      if ((all_.u8(at) & 7) != 0) {
        std::uint8_t extension = (all_.u8(at) & 4) != 0 ? all_.u8(at + 11) : std::uint8_t{0};
        inner += 4;
        for (int i = 0; i < 4 && extension != 0; ++i) {
          const std::size_t size = all_.u8(inner) * 4U;
          if (size == 0) return 0;
          extension = all_.u8(inner + size - 1);
          inner += size;
        }
      }
    }
    if (inner == 0 || inner + 20 > end_) return 0;
    const std::uint8_t version = all_.u8(inner) >> 4;
    if (version != 4 && version != 6) return 0;
    packet.payload = {};
    packet.source_port = packet.destination_port = 0;
    return inner;
  }

  // RFC 2784 and RFC 2890: flags, protocol, then checksum, key and sequence number as flagged.
  std::size_t gre(std::size_t at) const noexcept {
    const std::uint16_t flags = all_.be16(at);
    const std::uint16_t protocol = all_.be16(at + 2);
    if ((flags & 7) != 0) return 0;
    if (protocol != kEtherIpv4 && protocol != kEtherIpv6) return 0;
    return at + 4 + ((flags & 0x8000) != 0 ? 4U : 0U) + ((flags & 0x2000) != 0 ? 4U : 0U) +
           ((flags & 0x1000) != 0 ? 4U : 0U);
  }

  ByteReader all_;
  std::size_t end_ = 0;
  std::uint32_t wire_end_ = 0;
  std::uint32_t wirelen_;
};

}  // namespace

bool read_transport_header(std::span<const std::uint8_t> bytes, std::uint32_t wire_bytes,
                           TransportPacket& packet) noexcept {
  const ByteReader reader(bytes.data(), bytes.size());
  std::size_t head = 0;
  if (packet.protocol == kProtocolTcp) {
    if (!reader.has(0, 20)) return false;
    head = (reader.u8(12) >> 4) * 4U;
    if (head < 20 || head > bytes.size()) return false;
    packet.sequence = reader.be32(4);
    packet.acknowledgement = reader.be32(8);
    packet.tcp_flags = reader.u8(13);
    packet.payload_wire_bytes =
        wire_bytes > head ? wire_bytes - static_cast<std::uint32_t>(head) : 0;
  } else if (packet.protocol == kProtocolUdp) {
    if (!reader.has(0, 8)) return false;
    head = 8;
    const std::uint32_t length = reader.be16(4);
    // RFC 768: the length counts the header; RFC 2675 allows 0 for jumbograms.
    const std::uint32_t whole = length >= 8 ? std::min(length, wire_bytes) : wire_bytes;
    packet.payload_wire_bytes = whole > 8 ? whole - 8 : 0;
    bytes = bytes.first(std::min<std::size_t>(bytes.size(), std::max<std::uint32_t>(whole, 8)));
  } else {
    return true;
  }
  packet.source_port = reader.be16(0);
  packet.destination_port = reader.be16(2);
  packet.header_bytes = static_cast<std::uint8_t>(head);
  packet.payload = bytes.subspan(head);
  return true;
}

std::optional<TransportPacket> read_transport(const PacketView& view) noexcept {
  Walk walk(view);
  if (!walk.link(view.link_type)) return std::nullopt;
  TransportPacket& packet = walk.packet;
  if (!packet.payload.empty()) {
    packet.transport_offset = static_cast<std::uint32_t>(packet.payload.data() - view.data);
  }
  return packet;
}

}  // namespace capstan
