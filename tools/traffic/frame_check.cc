#include "tools/traffic/frame_check.h"

#include <algorithm>

#include "engine/flow/protocol_numbers.h"
#include "tools/traffic/checksum.h"
#include "tools/traffic/frame_format.h"

namespace capstan::traffic {

namespace {

constexpr std::uint32_t kPaddedFrame = 60;  // the shortest frame real Ethernet carries, without FCS

// Where layer 3 begins and what it is.
struct Layer3 {
  std::uint32_t offset = 0;
  std::uint16_t ether_type = 0;
  bool found = false;
};

// Past Ethernet (IEEE 802.3) or a cooked header (https://www.tcpdump.org/linktypes.html) and any
// VLAN tags, three at most.
Layer3 find_layer3(const PacketView& packet) noexcept {
  std::uint32_t type_offset = 0;
  std::uint32_t offset = 0;
  switch (packet.link_type) {
    case link_type::kEthernet:
      type_offset = 12;
      offset = kEthernetSize;
      break;
    case link_type::kLinuxSll:
      type_offset = 14;
      offset = 16;
      break;
    case link_type::kLinuxSll2:
      type_offset = 0;
      offset = 20;
      break;
    default:
      return {};
  }
  if (packet.caplen < offset) return {};
  std::uint16_t type = get_be16(packet.data + type_offset);
  for (int tag = 0; tag < 3 && (type == kEtherTypeVlan || type == kEtherTypeQinq); ++tag) {
    if (packet.caplen < offset + kVlanTagSize) return {};
    type = get_be16(packet.data + offset + 2);
    offset += kVlanTagSize;
  }
  return {offset, type, true};
}

FrameVerdict damaged(std::string_view what) noexcept {
  FrameVerdict verdict;
  verdict.state = FrameState::kDamaged;
  verdict.damage = what;
  return verdict;
}

FrameVerdict cut() noexcept {
  FrameVerdict verdict;
  verdict.state = FrameState::kTruncated;
  return verdict;
}

// The bytes of one IP packet, as announced and as present.
struct IpPacket {
  const std::uint8_t* data;
  std::uint32_t present;      // bytes in the record
  std::uint32_t on_wire;      // bytes the frame had from here on
  std::uint32_t header_size;  // to UDP
  std::uint32_t total_size;   // as the header says
  std::uint32_t frame_size;   // the whole frame's wirelen
};

// UDP and tag, the same for both IP versions. `addresses` is the pseudo-header's sum.
FrameVerdict check_udp(const IpPacket& ip, std::uint64_t addresses) noexcept {
  if (ip.total_size > ip.on_wire) return damaged("IP length");
  if (ip.total_size < ip.on_wire && ip.frame_size > kPaddedFrame) return damaged("IP length");
  const bool whole = ip.present >= ip.total_size;
  constexpr std::uint32_t kHeaders = kUdpSize + kTagSize;
  if (ip.total_size < ip.header_size + kHeaders) return damaged("IP length");
  if (ip.present < ip.header_size + kHeaders) return whole ? damaged("IP length") : cut();
  const std::uint8_t* const udp = ip.data + ip.header_size;
  const std::uint32_t udp_size = ip.total_size - ip.header_size;
  if (get_be16(udp + 4) != udp_size) return damaged("UDP length");
  const std::uint8_t* const tag = udp + kUdpSize;
  if (get_be32(tag) != kTagMagic) return damaged("magic");
  if (whole) {
    if (get_be16(udp + 6) == 0) return damaged("UDP checksum");
    const std::uint64_t sum = checksum_add(udp, udp_size, addresses);
    if (checksum_fold(sum) != 0xffff) return damaged("UDP checksum");
  }
  FrameVerdict verdict;
  verdict.state = whole ? FrameState::kIntact : FrameState::kTruncated;
  verdict.has_sequence = true;
  verdict.stream = get_be32(tag + kTagStreamOffset);
  verdict.sequence = get_be64(tag + kTagSequenceOffset);
  return verdict;
}

std::uint64_t pseudo_header(const std::uint8_t* addresses, std::size_t size,
                            std::size_t udp_size) noexcept {
  std::uint8_t rest[4] = {0, ip_protocol::kUdp, 0, 0};
  put_be16(rest + 2, static_cast<std::uint16_t>(udp_size));
  return checksum_add(rest, sizeof(rest), checksum_add(addresses, size));
}

bool is_benchmark4(const std::uint8_t* address) noexcept {
  return (get_be32(address) & kBenchmarkMask4) == kBenchmarkNet4;
}

// Ours when UDP goes between two benchmark addresses; one damaged address does not hide a frame.
FrameVerdict check_ipv4(const PacketView& packet, std::uint32_t offset) noexcept {
  const std::uint8_t* const ip = packet.data + offset;
  const std::uint32_t present = packet.caplen - offset;
  if (present < kIpv4Size) return {};
  const bool from_us = is_benchmark4(ip + 12) || is_benchmark4(ip + 16);
  if (!from_us || ip[9] != ip_protocol::kUdp) return {};
  if (ip[0] != 0x45) return damaged("IP header");
  if (checksum_fold(checksum_add(ip, kIpv4Size)) != 0xffff) return damaged("IP checksum");
  const std::uint32_t total = get_be16(ip + 2);
  if (total < kIpv4Size) return damaged("IP length");
  const IpPacket view{ip, present, packet.wirelen - offset, kIpv4Size, total, packet.wirelen};
  return check_udp(view, pseudo_header(ip + 12, 8, total - kIpv4Size));
}

FrameVerdict check_ipv6(const PacketView& packet, std::uint32_t offset) noexcept {
  const std::uint8_t* const ip = packet.data + offset;
  const std::uint32_t present = packet.caplen - offset;
  if (present < kIpv6Size) return {};
  const auto ours = [](const std::uint8_t* address) {
    return std::equal(kBenchmarkNet6, kBenchmarkNet6 + sizeof(kBenchmarkNet6), address);
  };
  if (!(ours(ip + 8) || ours(ip + 24)) || ip[6] != ip_protocol::kUdp) return {};
  if ((ip[0] >> 4) != 6) return damaged("IP header");
  const auto total = static_cast<std::uint32_t>(kIpv6Size + get_be16(ip + 4));
  const IpPacket view{ip, present, packet.wirelen - offset, kIpv6Size, total, packet.wirelen};
  return check_udp(view, pseudo_header(ip + 8, 32, total - kIpv6Size));
}

// What of the tag and its checksum a raw frame too short for all of it should hold.
bool short_tag_holds(const std::uint8_t* tag, std::uint32_t present, std::uint32_t stream,
                     std::uint32_t sequence) noexcept {
  std::uint8_t expected[kTagSize];
  put_be32(expected, kTagMagic);
  put_be32(expected + kTagStreamOffset, stream);
  put_be64(expected + kTagSequenceOffset, sequence);
  for (std::uint32_t at = 0; at < std::min<std::uint32_t>(present, kTagSize); ++at) {
    // The upper half of the sequence, and the upper bytes of the stream, are told by nothing else.
    const bool known = at < 4 || at == 7 || at >= 12;
    if (known && tag[at] != expected[at]) return false;
  }
  return true;
}

FrameVerdict check_raw(const PacketView& packet, std::uint32_t offset) noexcept {
  if (packet.link_type != link_type::kEthernet) return {};
  if (packet.data[6] != kRawSourceMarker) return {};
  const std::uint8_t* const tag = packet.data + offset;
  const std::uint32_t present = packet.caplen - offset;
  const bool whole = packet.caplen >= packet.wirelen;
  FrameVerdict verdict;
  verdict.state = whole ? FrameState::kIntact : FrameState::kTruncated;
  verdict.has_sequence = true;
  verdict.stream = packet.data[7];
  const std::uint32_t low = get_be32(packet.data + 8);
  verdict.sequence = low;
  if (!short_tag_holds(tag, present, verdict.stream, low)) return damaged("raw tag");
  verdict.is_stream_8 = present < kTagStreamOffset + 4;
  verdict.is_sequence_32 = present < kTagSequenceOffset + 8;
  if (!verdict.is_stream_8) verdict.stream = get_be32(tag + kTagStreamOffset);
  if (!verdict.is_sequence_32) verdict.sequence = get_be64(tag + kTagSequenceOffset);
  if (whole && present >= kRawTagSize && checksum_fold(checksum_add(tag, present)) != 0xffff) {
    return damaged("raw checksum");
  }
  return verdict;
}

}  // namespace

FrameVerdict check_frame(const PacketView& packet) noexcept {
  if (packet.wirelen < packet.caplen) return {};
  const Layer3 layer3 = find_layer3(packet);
  if (!layer3.found) return {};
  switch (layer3.ether_type) {
    case kEtherTypeIpv4:
      return check_ipv4(packet, layer3.offset);
    case kEtherTypeIpv6:
      return check_ipv6(packet, layer3.offset);
    case kEtherTypeRaw:
      return check_raw(packet, layer3.offset);
    default:
      return {};
  }
}

}  // namespace capstan::traffic
