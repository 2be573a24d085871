#include "engine/index/frame_fields.h"

#include <algorithm>

#include "engine/block/packet_view.h"

namespace capstan {

namespace {

constexpr std::uint8_t kIcmp = 1;
constexpr std::uint8_t kIcmp6 = 58;
constexpr std::uint8_t kSctp = 132;
constexpr std::uint16_t kLinkPpp = 9;
constexpr std::uint16_t kLinkRawOld = 12;
constexpr std::uint16_t kLinkRawBsd = 14;
constexpr int kMaxTags = 8;
constexpr int kMaxExtensionHeaders = 8;

// Community ID's table of messages that answer each other; others stand for themselves, with their
// code in place of the answer.
std::uint8_t icmp_answer(std::uint8_t type, std::uint8_t code) noexcept {
  switch (type) {
    case 0:
      return 8;
    case 8:
      return 0;
    case 9:
      return 10;
    case 10:
      return 9;
    case 13:
      return 14;
    case 14:
      return 13;
    case 15:
      return 16;
    case 16:
      return 15;
    case 17:
      return 18;
    case 18:
      return 17;
    default:
      return code;
  }
}

std::uint8_t icmp6_answer(std::uint8_t type, std::uint8_t code) noexcept {
  switch (type) {
    case 128:
      return 129;
    case 129:
      return 128;
    case 130:
      return 131;
    case 131:
      return 130;
    case 133:
      return 134;
    case 134:
      return 133;
    case 135:
      return 136;
    case 136:
      return 135;
    case 139:
      return 140;
    case 140:
      return 139;
    case 144:
      return 145;
    case 145:
      return 144;
    default:
      return code;
  }
}

void read_transport_fields(const ByteReader& bytes, std::size_t at, IpHead& head) noexcept {
  head.transport = static_cast<std::uint32_t>(at);
  head.flags |= row_flag::kNoPorts;
  if (head.protocol == kProtocolTcp || head.protocol == kProtocolUdp || head.protocol == kSctp) {
    if (!bytes.has(at, 4)) return;
    head.flags &= static_cast<std::uint8_t>(~row_flag::kNoPorts);
    head.source_port = bytes.be16(at);
    head.destination_port = bytes.be16(at + 2);
    if (head.protocol == kProtocolTcp) head.tcp_flags = bytes.u8(at + 13);
  } else if (head.protocol == kIcmp || head.protocol == kIcmp6) {
    if (!bytes.has(at, 2)) return;
    const std::uint8_t type = bytes.u8(at);
    head.source_port = type;
    head.destination_port = head.protocol == kIcmp ? icmp_answer(type, bytes.u8(at + 1))
                                                   : icmp6_answer(type, bytes.u8(at + 1));
  }
}

// LINKTYPE_PPP: 0xff 0x03, then the protocol (RFC 1662). Other forms have the network header at
// places that filter programs do not look at.
FrameHead read_ppp(const ByteReader& bytes) noexcept {
  FrameHead head;
  head.flags = row_flag::kNoMacs | row_flag::kNoEthertype;
  const std::uint16_t protocol = bytes.be16(2);
  head.network = 4;
  if (bytes.u8(0) == 0xff && bytes.u8(1) == 0x03 && protocol == 0x0021) {
    head.ethertype = ether_type::kIpv4;
  } else if (bytes.u8(0) == 0xff && bytes.u8(1) == 0x03 && protocol == 0x0057) {
    head.ethertype = ether_type::kIpv6;
  } else {
    head.flags |= row_flag::kUnread;
  }
  return head;
}

// LINKTYPE_NULL and LINKTYPE_LOOP: the address family, in the byte order of the host that captured;
// 2 is IPv4 everywhere, IPv6 is 10, 24, 28 or 30.
FrameHead read_loopback(const ByteReader& bytes) noexcept {
  FrameHead head;
  head.flags = row_flag::kNoMacs | row_flag::kNoEthertype;
  head.network = 4;
  const std::uint32_t big = bytes.be32(0);
  const std::uint32_t family = big > 0xffff ? __builtin_bswap32(big) : big;
  if (family == 2) {
    head.ethertype = ether_type::kIpv4;
  } else if (family == 10 || family == 24 || family == 28 || family == 30) {
    head.ethertype = ether_type::kIpv6;
  } else {
    head.flags |= row_flag::kUnread;
  }
  return head;
}

FrameHead read_raw(const ByteReader& bytes) noexcept {
  FrameHead head;
  head.flags = row_flag::kNoMacs | row_flag::kNoEthertype;
  const unsigned version = bytes.u8(0) >> 4;
  if (version == 4) {
    head.ethertype = ether_type::kIpv4;
  } else if (version == 6) {
    head.ethertype = ether_type::kIpv6;
  } else {
    head.flags |= row_flag::kUnread;
  }
  return head;
}

FrameHead tagged(const ByteReader& bytes, std::size_t type_at, std::size_t needed,
                 std::size_t network, std::uint8_t flags) noexcept {
  FrameHead head;
  head.flags = flags;
  if (!bytes.has(0, needed)) {
    head.flags |= row_flag::kNoMacs | row_flag::kNoEthertype | row_flag::kUnread;
    return head;
  }
  read_tags(bytes, bytes.be16(type_at), network, head);
  return head;
}

}  // namespace

void read_tags(const ByteReader& bytes, std::uint16_t type, std::size_t at,
               FrameHead& head) noexcept {
  for (int tags = 0; ether_type::is_vlan(type); ++tags) {
    if (tags == kMaxTags || !bytes.has(at, 4)) {
      // What follows cannot be said: a tag, but not which and of what.
      head.flags |= row_flag::kUnread | row_flag::kNoEthertype | row_flag::kMoreVlans;
      return;
    }
    if (head.vlan_count < head.vlans.size()) {
      head.tpids[head.vlan_count] = type;
      head.vlans[head.vlan_count] = bytes.be16(at) & 0x0fff;
      ++head.vlan_count;
    } else {
      head.flags |= row_flag::kMoreVlans;
    }
    type = bytes.be16(at + 2);
    at += 4;
  }
  head.ethertype = type < ether_type::kFirst ? std::uint16_t{0} : type;
  head.network = static_cast<std::uint32_t>(at);
}

FrameHead read_frame_head(const ByteReader& bytes, std::uint16_t type) noexcept {
  switch (type) {
    case link_type::kEthernet:
      return tagged(bytes, 12, 14, 14, 0);
    case link_type::kLinuxSll:
      return tagged(bytes, 14, 16, 16, row_flag::kNoMacs);
    case link_type::kLinuxSll2:
      return tagged(bytes, 0, 20, 20, row_flag::kNoMacs);
    case link_type::kRaw:
    case kLinkRawOld:
    case kLinkRawBsd:
    case link_type::kIpv4:
    case link_type::kIpv6:
      return read_raw(bytes);
    case link_type::kNull:
    case link_type::kLoop:
      return read_loopback(bytes);
    case kLinkPpp:
      return read_ppp(bytes);
    default: {
      FrameHead head;
      head.flags = row_flag::kNoMacs | row_flag::kNoEthertype | row_flag::kUnread;
      return head;
    }
  }
}

bool read_ipv4(const ByteReader& bytes, std::size_t at, IpHead& head) noexcept {
  if (!bytes.has(at, 20) || bytes.u8(at) >> 4 != 4) return false;
  head.version = 4;
  head.protocol = head.next_header = bytes.u8(at + 9);
  head.source = head.destination = {};
  std::copy_n(bytes.data() + at + 12, 4, head.source.begin());
  std::copy_n(bytes.data() + at + 16, 4, head.destination.begin());
  const std::size_t length = (bytes.u8(at) & 15U) * 4;
  if ((bytes.be16(at + 6) & 0x1fff) != 0) {
    head.flags |= row_flag::kNoPorts | row_flag::kLaterFragment;
  } else if (length < 20) {
    head.flags |= row_flag::kNoPorts;
  } else {
    read_transport_fields(bytes, at + length, head);
  }
  return true;
}

bool read_ipv6(const ByteReader& bytes, std::size_t at, IpHead& head) noexcept {
  if (!bytes.has(at, 40) || bytes.u8(at) >> 4 != 6) return false;
  head.version = 6;
  std::copy_n(bytes.data() + at + 8, 16, head.source.begin());
  std::copy_n(bytes.data() + at + 24, 16, head.destination.begin());
  std::uint8_t next = bytes.u8(at + 6);
  head.next_header = head.protocol = next;
  std::size_t where = at + 40;
  for (int headers = 0; headers < kMaxExtensionHeaders; ++headers) {
    std::size_t size = 0;
    if (next == 0 || next == 43 || next == 60) {  // hop-by-hop, routing, destination options
      size = (bytes.u8(where + 1) + 1U) * 8;
    } else if (next == 51) {  // authentication
      size = (bytes.u8(where + 1) + 2U) * 4;
    } else if (next == 44) {
      size = 8;
    } else {
      break;
    }
    head.flags |= row_flag::kExtensionHeaders;
    if (!bytes.has(where, 8)) {
      head.flags |= row_flag::kNoPorts;
      return true;
    }
    const bool later = next == 44 && (bytes.be16(where + 2) & 0xfff8) != 0;
    next = bytes.u8(where);
    head.protocol = next;
    if (later) {
      head.flags |= row_flag::kNoPorts | row_flag::kLaterFragment;
      return true;
    }
    where += size;
  }
  read_transport_fields(bytes, where, head);
  return true;
}

}  // namespace capstan
