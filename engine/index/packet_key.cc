#include "engine/index/packet_key.h"

#include <algorithm>
#include <utility>

#include "engine/index/frame_fields.h"
#include "engine/index/inner_packet.h"

namespace capstan {

namespace {

constexpr std::size_t kArpBytes = 28;  // RFC 826 for IPv4 over Ethernet
constexpr std::size_t kEthernetHeadBytes = 14;

// What of a key is the network header's. kOther and kUnread when it cannot be read.
void set_network(const ByteReader& bytes, const FrameHead& frame, KeyedPacket& keyed, IpHead& ip,
                 bool& source_is_low) noexcept {
  PacketKey& key = keyed.key;
  key.flags = frame.flags;
  source_is_low = true;
  const bool read_ip =
      (frame.ethertype == ether_type::kIpv4 && read_ipv4(bytes, frame.network, ip)) ||
      (frame.ethertype == ether_type::kIpv6 && read_ipv6(bytes, frame.network, ip));
  if (read_ip) {
    key.kind = ip.version == 4 ? RowKind::kIpv4 : RowKind::kIpv6;
    key.flags |= ip.flags;
    key.protocol = ip.protocol;
    key.next_header = ip.next_header;
    keyed.tcp_flags = ip.tcp_flags;
  } else if (frame.ethertype == ether_type::kArp || frame.ethertype == ether_type::kRarp) {
    key.flags |= row_flag::kNoPorts;
    if (!bytes.has(frame.network, kArpBytes)) {
      key.flags |= row_flag::kUnread;
      return;
    }
    key.kind = RowKind::kArp;
    std::copy_n(bytes.data() + frame.network + 14, 4, ip.source.begin());
    std::copy_n(bytes.data() + frame.network + 24, 4, ip.destination.begin());
  } else {
    key.flags |= row_flag::kNoPorts;
    if (frame.ethertype == ether_type::kIpv4 || frame.ethertype == ether_type::kIpv6) {
      key.flags |= row_flag::kUnread;
    }
    return;
  }
  const int order = std::memcmp(ip.source.data(), ip.destination.data(), ip.source.size());
  source_is_low = order < 0 || (order == 0 && ip.source_port <= ip.destination_port);
  key.low = source_is_low ? ip.source : ip.destination;
  key.high = source_is_low ? ip.destination : ip.source;
  key.low_port = source_is_low ? ip.source_port : ip.destination_port;
  key.high_port = source_is_low ? ip.destination_port : ip.source_port;
}

}  // namespace

std::uint64_t hash_of(const LinkFields& link, HashSeed seed) noexcept {
  std::array<std::uint8_t, 32> bytes{};
  std::uint8_t* at = std::copy(link.low_mac.begin(), link.low_mac.end(), bytes.begin());
  at = std::copy(link.high_mac.begin(), link.high_mac.end(), at);
  for (const std::uint16_t value : {link.link_type, link.ethertype, link.vlans[0], link.vlans[1],
                                    link.tpids[0], link.tpids[1]}) {
    std::memcpy(at, &value, sizeof(value));
    at += sizeof(value);
  }
  *at++ = link.vlan_count;
  *at = link.flags;
  return hash_bytes<32>(bytes.data(), seed);
}

std::uint64_t hash_of(const InnerFlow& inner, HashSeed seed) noexcept {
  std::array<std::uint8_t, 64> bytes{};
  std::uint8_t* at = std::copy(inner.addresses[0].begin(), inner.addresses[0].end(), bytes.begin());
  at = std::copy(inner.addresses[1].begin(), inner.addresses[1].end(), at);
  std::memcpy(at, &inner.tunnel_id, sizeof(inner.tunnel_id));
  at += sizeof(inner.tunnel_id);
  for (const std::uint16_t port : inner.ports) {
    std::memcpy(at, &port, sizeof(port));
    at += sizeof(port);
  }
  *at++ = static_cast<std::uint8_t>(inner.tunnel);
  *at++ = inner.ip_version;
  *at++ = inner.protocol;
  *at = inner.has_ports ? 1 : 0;
  return hash_bytes<64>(bytes.data(), seed);
}

bool PacketKeyMaker::make_any(const PacketView& packet, KeyedPacket& keyed) {
  keyed = {};
  const ByteReader bytes(packet.data, packet.caplen);
  const FrameHead frame = read_frame_head(bytes, packet.link_type);
  IpHead ip;
  bool source_is_low = true;
  set_network(bytes, frame, keyed, ip, source_is_low);
  if (keyed.key.kind == RowKind::kOther && (frame.flags & row_flag::kNoMacs) == 0) {
    source_is_low = std::memcmp(packet.data + 6, packet.data, 6) <= 0;
  }
  keyed.from_low = source_is_low;
  if (!set_link(packet, frame, keyed)) return false;
  if ((keyed.key.flags & row_flag::kUnread) != 0 || keyed.key.kind == RowKind::kArp) return true;
  return set_inner(bytes, frame, keyed.key.kind == RowKind::kOther ? nullptr : &ip, keyed);
}

// Almost every packet's link has just been seen: its first bytes are compared, nothing is taken
// apart.
bool PacketKeyMaker::set_link(const PacketView& packet, const FrameHead& frame,
                              KeyedPacket& keyed) {
  CachedLink* cached = nullptr;
  CachedLink wanted;
  if (packet.link_type == link_type::kEthernet && frame.vlan_count <= 1 &&
      (frame.flags & row_flag::kUnread) == 0) {
    std::uint32_t tag = 0;
    if (frame.vlan_count == 1) std::memcpy(&tag, packet.data + kEthernetHeadBytes, 4);
    cached = &cache_of(packet.data, tag, keyed.from_low, wanted);
    if (cached->is(wanted)) {
      keyed.key.link = cached->id;
      return true;
    }
  }
  LinkFields link;
  link.link_type = packet.link_type;
  link.ethertype = (frame.flags & row_flag::kNoEthertype) != 0 ? std::uint16_t{0} : frame.ethertype;
  link.vlans = frame.vlans;
  link.tpids = frame.tpids;
  link.vlan_count = frame.vlan_count;
  link.flags = frame.flags & (row_flag::kNoMacs | row_flag::kNoEthertype | row_flag::kMoreVlans);
  if ((frame.flags & row_flag::kNoMacs) == 0) {
    std::copy_n(packet.data, 6, link.high_mac.begin());
    std::copy_n(packet.data + 6, 6, link.low_mac.begin());
    if (!keyed.from_low) std::swap(link.low_mac, link.high_mac);
  }
  const std::optional<std::uint32_t> id = links_.find_or_add(link);
  if (!id) return false;
  keyed.key.link = wanted.id = *id;
  if (cached != nullptr) *cached = wanted;
  return true;
}

bool PacketKeyMaker::set_inner(const ByteReader& bytes, const FrameHead& frame, const IpHead* ip,
                               KeyedPacket& keyed) {
  std::optional<InnerPacket> inner = read_inner(bytes, frame, ip);
  if (!inner) return true;
  if (!keyed.from_low) {
    std::swap(inner->flow.addresses[0], inner->flow.addresses[1]);
    std::swap(inner->flow.ports[0], inner->flow.ports[1]);
  }
  const std::optional<std::uint32_t> id = inners_.find_or_add(inner->flow);
  if (!id) return false;
  keyed.key.inner = *id + 1;
  keyed.key.flags |= row_flag::kInner;
  return true;
}

}  // namespace capstan
