// IndexRow: one conversation in one recording, as its index has it.
//
// Made by packet_key.cc and index_builder.cc, read back by index_reader.h. What a row says is true
// of every one of its packets, field by field as defined here: a search may therefore rule a row
// out and never lose a packet by it.
#pragma once

#include <array>
#include <cstdint>

#include "engine/flow/transport.h"

namespace capstan {

using MacAddress = std::array<std::uint8_t, 6>;

// What stands where a filter program for the packet's link type looks for the network header:
// behind the link header and its VLAN tags, at no other place. What MPLS, PPPoE or a tunnel wraps
// is the row's inner packet.
enum class RowKind : std::uint8_t {
  kOther = 0,  // no IP and no ARP: known by its MAC addresses and ethertype
  kIpv4 = 4,
  kIpv6 = 6,
  kArp = 7,  // ARP and RARP for IPv4; the addresses are the sender's and the target's
};

namespace row_flag {
// Fields that are not known for this row: any value may stand in its packets.
inline constexpr std::uint8_t kNoMacs = 0x01;       // no Ethernet header
inline constexpr std::uint8_t kNoEthertype = 0x02;  // no field that says what follows
inline constexpr std::uint8_t kNoPorts = 0x04;      // protocol without ports, later fragment, cut
// The packet says IP or ARP, but its header is cut short or contradicts itself: addresses, protocol
// and ports are not known. RowKind is kOther.
inline constexpr std::uint8_t kUnread = 0x08;
inline constexpr std::uint8_t kLaterFragment = 0x10;     // IP fragments behind the first
inline constexpr std::uint8_t kExtensionHeaders = 0x20;  // IPv6: `next_header` is one of them
inline constexpr std::uint8_t kMoreVlans = 0x40;         // more tags than `vlans` holds
inline constexpr std::uint8_t kInner = 0x80;             // `inner` is set
}  // namespace row_flag

// What wraps the inner packet. The numbers stand in files.
enum class TunnelKind : std::uint8_t {
  kNone = 0,
  kIpInIp = 1,   // RFC 2003, RFC 4213
  kGre = 2,      // RFC 2784, RFC 2890; id: the key
  kVxlan = 3,    // RFC 7348; id: the VNI
  kGeneve = 4,   // RFC 8926; id: the VNI
  kGtpUser = 5,  // 3GPP TS 29.281; id: the TEID
  kMpls = 6,     // RFC 3032; id: the label at the bottom
  kPppoe = 7,    // RFC 2516; id: the session
  kNvgre = 8,    // RFC 7637 and Ethernet in GRE; id: the key
  kErspan = 9,   // id: the session
};

// The innermost IP packet that was found.
struct InnerFlow {
  TunnelKind tunnel = TunnelKind::kNone;  // the outermost
  std::uint64_t tunnel_id = 0;
  std::uint8_t ip_version = 0;  // 4, 6; 0: nothing readable inside
  std::uint8_t protocol = 0;
  bool has_ports = false;
  // The inner end that sends when ends[0] of the row does, then the other.
  std::array<Address, 2> addresses{};
  std::array<std::uint16_t, 2> ports{};

  friend bool operator==(const InnerFlow&, const InnerFlow&) = default;
};

// One side of a conversation.
struct RowEnd {
  Address address{};  // kIpv4, kArp: the first four bytes
  // TCP, UDP, SCTP. For ICMP and ICMPv6 what Community ID takes for it (type and counterpart), with
  // kNoPorts set.
  std::uint16_t port = 0;
  MacAddress mac{};
  // Sent by this side:
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;     // on the wire
  std::uint8_t tcp_flags = 0;  // all that were seen
};

struct IndexRow {
  std::uint32_t id = 0;  // its place among the rows of the file, from 0
  RowKind kind = RowKind::kOther;
  std::uint8_t flags = 0;  // row_flag
  // ends[0] is the side with the lower address, then the lower port; with RowKind::kOther the lower
  // MAC address. A packet of ends[0] goes to ends[1].
  std::array<RowEnd, 2> ends{};
  std::uint8_t protocol = 0;     // IP protocol, behind IPv6 extension headers
  std::uint8_t next_header = 0;  // the field in the fixed header; as `protocol` without extensions

  std::uint16_t link_type = 1;
  // The type behind all VLAN tags; 0: a length (below 0x600) stands there.
  std::uint16_t ethertype = 0;
  std::uint8_t vlan_count = 0;           // of `vlans`; see kMoreVlans
  std::array<std::uint16_t, 2> vlans{};  // ids, outer first
  std::array<std::uint16_t, 2> tpids{};  // their ethertypes

  InnerFlow inner;

  // To the microsecond: never later than the first packet, never earlier than the last.
  std::uint64_t first_ns = 0;
  std::uint64_t last_ns = 0;
  std::uint8_t initiator = 0;  // which end sent the first packet
  std::uint32_t first_block = 0;
  std::uint32_t last_block = 0;

  bool has(std::uint8_t flag) const noexcept { return (flags & flag) != 0; }
  bool has_addresses() const noexcept { return kind != RowKind::kOther; }
  bool has_ports() const noexcept { return !has(row_flag::kNoPorts); }
  std::uint64_t packets() const noexcept { return ends[0].packets + ends[1].packets; }
  std::uint64_t bytes() const noexcept { return ends[0].bytes + ends[1].bytes; }
};

}  // namespace capstan
