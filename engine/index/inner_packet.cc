// What a packet carries inside MPLS, PPPoE and tunnels.
#include "engine/index/inner_packet.h"

#include <algorithm>

#include "engine/index/frame_fields.h"
#include "engine/index/packet_key.h"

namespace capstan {

namespace {

constexpr int kMaxDepth = 4;
constexpr int kMaxLabels = 16;
constexpr std::uint8_t kProtocolIpip = 4;
constexpr std::uint8_t kProtocolIpv6 = 41;
constexpr std::uint8_t kProtocolGre = 47;
constexpr std::uint16_t kPortGtpUser = 2152;
constexpr std::uint16_t kPortVxlan = 4789;
constexpr std::uint16_t kPortVxlanLinux = 8472;  // before the port was assigned
constexpr std::uint16_t kPortGeneve = 6081;

class InnerWalk {
 public:
  explicit InnerWalk(const ByteReader& bytes) noexcept : bytes_(bytes) {}

  // The payload of an IP packet. True when it is a tunnel.
  bool payload(const IpHead& head) noexcept {
    if (head.transport == 0 || (head.flags & row_flag::kLaterFragment) != 0) return false;
    const std::size_t at = head.transport;
    switch (head.protocol) {
      case kProtocolIpip:
      case kProtocolIpv6:
        enter(TunnelKind::kIpInIp, 0);
        ip(at);
        return true;
      case kProtocolGre:
        return gre(at);
      case kProtocolUdp:
        return (head.flags & row_flag::kNoPorts) == 0 && udp(head.destination_port, at + 8);
      default:
        return false;
    }
  }

  // MPLS and PPPoE directly behind the link header.
  bool link_payload(const FrameHead& head) noexcept {
    switch (head.ethertype) {
      case ether_type::kMpls:
      case ether_type::kMplsMulticast:
        return mpls(head.network);
      case ether_type::kPppoeSession:
        return pppoe(head.network);
      default:
        return false;
    }
  }

  InnerPacket inner;

 private:
  void enter(TunnelKind kind, std::uint64_t id) noexcept {
    ++depth_;
    if (inner.flow.tunnel != TunnelKind::kNone) return;  // the outermost names the row
    inner.flow.tunnel = kind;
    inner.flow.tunnel_id = id;
  }

  void ip(std::size_t at) noexcept {
    if (depth_ > kMaxDepth) return;
    IpHead head;
    const unsigned version = bytes_.u8(at) >> 4;
    if (!(version == 4 ? read_ipv4(bytes_, at, head) : read_ipv6(bytes_, at, head))) return;
    inner.ip_offset = static_cast<std::uint32_t>(at);
    inner.flow.ip_version = head.version;
    inner.flow.protocol = head.protocol;
    inner.flow.has_ports = (head.flags & row_flag::kNoPorts) == 0;
    inner.flow.addresses = {head.source, head.destination};
    inner.flow.ports = {head.source_port, head.destination_port};
    payload(head);
  }

  void ethernet(std::size_t at) noexcept {
    if (!bytes_.has(at, 14)) return;
    FrameHead head;
    read_tags(bytes_, bytes_.be16(at + 12), at + 14, head);
    ether_type_payload(head);
  }

  void ether_type_payload(const FrameHead& head) noexcept {
    if ((head.flags & row_flag::kUnread) != 0) return;
    if (head.ethertype == ether_type::kIpv4 || head.ethertype == ether_type::kIpv6) {
      ip(head.network);
    } else if (depth_ <= kMaxDepth) {
      link_payload(head);
    }
  }

  bool mpls(std::size_t at) noexcept {
    for (int labels = 0; labels < kMaxLabels && bytes_.has(at, 4); ++labels) {
      const std::uint32_t entry = bytes_.be32(at);
      at += 4;
      if ((entry & 0x100) == 0) continue;  // not the bottom of the stack
      enter(TunnelKind::kMpls, entry >> 12);
      const unsigned version = bytes_.u8(at) >> 4;
      if (version == 4 || version == 6) {
        ip(at);
      } else if (version == 0 && bytes_.has(at, 18)) {
        ethernet(at + 4);  // behind a pseudowire's control word (RFC 4385)
      }
      return true;
    }
    return false;
  }

  bool pppoe(std::size_t at) noexcept {
    if (!bytes_.has(at, 8)) return false;
    enter(TunnelKind::kPppoe, bytes_.be16(at + 2));
    const std::uint16_t protocol = bytes_.be16(at + 6);
    if (protocol == 0x0021 || protocol == 0x0057) ip(at + 8);
    return true;
  }

  bool gre(std::size_t at) noexcept {
    if (!bytes_.has(at, 4)) return false;
    const std::uint16_t flags = bytes_.be16(at);
    const std::uint16_t protocol = bytes_.be16(at + 2);
    if ((flags & 7) > 1) return false;
    std::size_t inside = at + 4 + ((flags & 0x8000) != 0 ? 4U : 0U);
    const std::uint64_t key = (flags & 0x2000) != 0 ? bytes_.be32(inside) : 0;
    inside += ((flags & 0x2000) != 0 ? 4U : 0U) + ((flags & 0x1000) != 0 ? 4U : 0U) +
              ((flags & 0x0080) != 0 ? 4U : 0U);
    if (protocol == ether_type::kIpv4 || protocol == ether_type::kIpv6) {
      enter(TunnelKind::kGre, key);
      ip(inside);
    } else if (protocol == ether_type::kEthernet) {
      enter(TunnelKind::kNvgre, key);
      ethernet(inside);
    } else if (protocol == 0x88be || protocol == 0x22eb) {
      // ERSPAN: types I (no sequence number, no header), II (8 bytes) and III (12, and 8 more).
      const bool headed = (flags & 0x1000) != 0;
      const std::uint64_t session = headed ? bytes_.be16(inside + 2) & 0x3ffU : 0U;
      enter(TunnelKind::kErspan, session);
      std::size_t head = headed ? 8 : 0;
      if (protocol == 0x22eb) head = (bytes_.u8(inside + 11) & 1) != 0 ? 20 : 12;
      ethernet(inside + head);
    } else if (protocol == ether_type::kMpls || protocol == ether_type::kMplsMulticast) {
      enter(TunnelKind::kGre, key);
      if (depth_ <= kMaxDepth) mpls(inside);
    } else {
      return false;
    }
    return true;
  }

  bool udp(std::uint16_t port, std::size_t at) noexcept {
    switch (port) {
      case kPortVxlan:
      case kPortVxlanLinux:
        if (!bytes_.has(at, 8) || (bytes_.u8(at) & 0x08) == 0) return false;
        enter(TunnelKind::kVxlan, bytes_.be24(at + 4));
        ethernet(at + 8);
        return true;
      case kPortGeneve:
        return geneve(at);
      case kPortGtpUser:
        return gtp(at);
      default:
        return false;
    }
  }

  bool geneve(std::size_t at) noexcept {
    if (!bytes_.has(at, 8) || bytes_.u8(at) >> 6 != 0) return false;
    enter(TunnelKind::kGeneve, bytes_.be24(at + 4));
    const std::size_t inside = at + 8 + (bytes_.u8(at) & 0x3fU) * 4;
    const std::uint16_t protocol = bytes_.be16(at + 2);
    if (protocol == ether_type::kEthernet) {
      ethernet(inside);
    } else if (protocol == ether_type::kIpv4 || protocol == ether_type::kIpv6) {
      ip(inside);
    }
    return true;
  }

  // Sequence number, N-PDU number and the next extension's type are there if any is.
  bool gtp(std::size_t at) noexcept {
    if (!bytes_.has(at, 8) || (bytes_.u8(at) & 0xf0) != 0x30 || bytes_.u8(at + 1) != 0xff) {
      return false;
    }
    enter(TunnelKind::kGtpUser, bytes_.be32(at + 4));
    std::size_t inside = at + 8;
    if ((bytes_.u8(at) & 7) != 0) {
      std::uint8_t extension = (bytes_.u8(at) & 4) != 0 ? bytes_.u8(at + 11) : std::uint8_t{0};
      inside += 4;
      for (int i = 0; i < 4 && extension != 0; ++i) {
        const std::size_t size = bytes_.u8(inside) * 4U;
        if (size == 0) return true;
        extension = bytes_.u8(inside + size - 1);
        inside += size;
      }
    }
    ip(inside);
    return true;
  }

  ByteReader bytes_;
  int depth_ = 0;
};

}  // namespace

std::optional<InnerPacket> read_inner(const ByteReader& bytes, const FrameHead& frame,
                                      const IpHead* ip) noexcept {
  InnerWalk walk(bytes);
  if (!(ip != nullptr ? walk.payload(*ip) : walk.link_payload(frame))) return std::nullopt;
  return walk.inner;
}

std::optional<InnerPacket> read_inner(const PacketView& packet) noexcept {
  const ByteReader bytes(packet.data, packet.caplen);
  const FrameHead frame = read_frame_head(bytes, packet.link_type);
  if ((frame.flags & row_flag::kUnread) != 0) return std::nullopt;
  IpHead ip;
  if (frame.ethertype == ether_type::kIpv4) {
    if (!read_ipv4(bytes, frame.network, ip)) return std::nullopt;
  } else if (frame.ethertype == ether_type::kIpv6) {
    if (!read_ipv6(bytes, frame.network, ip)) return std::nullopt;
  } else {
    return read_inner(bytes, frame, nullptr);
  }
  return read_inner(bytes, frame, &ip);
}

}  // namespace capstan
