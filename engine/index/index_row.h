// IndexRow: one conversation of one recording, as stored in the index.
//
// Made by packet_key.cc and index_builder.cc, read back by index_reader.h. Every statement of a row
// is true for each of its packets, field by field as defined here. A search may therefore rule out
// a row without missing a packet.
#pragma once

#include <array>
#include <cstdint>

#include "engine/flow/transport.h"

namespace capstan {

using MacAddress = std::array<std::uint8_t, 6>;

// What is at the place where a filter program for the packet's link type expects the network
// header: directly after the link header and its VLAN tags, nowhere else. A packet inside MPLS,
// PPPoE or a tunnel is the row's inner packet.
enum class RowKind : std::uint8_t {
  kOther = 0,  // neither IP nor ARP: identified by MAC addresses and ethertype
  kIpv4 = 4,
  kIpv6 = 6,
  kArp = 7,  // ARP and RARP for IPv4; the addresses are the sender's and the target's
};

namespace row_flag {
// Fields that are not known for this row: its packets may have any value there.
inline constexpr std::uint8_t kNoMacs = 0x01;       // no Ethernet header
inline constexpr std::uint8_t kNoEthertype = 0x02;  // no field that says which protocol follows
inline constexpr std::uint8_t kNoPorts = 0x04;      // no ports in protocol, later fragment, cut
// The packet claims to be IP or ARP, but its header is cut short or inconsistent: addresses,
// protocol and ports are not known. RowKind is kOther.
inline constexpr std::uint8_t kUnread = 0x08;
inline constexpr std::uint8_t kLaterFragment = 0x10;     // IP fragments after the first
inline constexpr std::uint8_t kExtensionHeaders = 0x20;  // IPv6: `next_header` is one of these
inline constexpr std::uint8_t kMoreVlans = 0x40;         // more tags than `vlans` holds
inline constexpr std::uint8_t kInner = 0x80;             // `inner` is set
}  // namespace row_flag

// What the inner packet is wrapped in. The numbers are stored in files.
enum class TunnelKind : std::uint8_t {
  kNone = 0,
  kIpInIp = 1,   // RFC 2003, RFC 4213
  kGre = 2,      // RFC 2784, RFC 2890; id: the key
  kVxlan = 3,    // RFC 7348; id: the VNI
  kGeneve = 4,   // RFC 8926; id: the VNI
  kGtpUser = 5,  // 3GPP TS 29.281; id: the TEID
  kMpls = 6,     // RFC 3032; id: the label at the bottom of the stack
  kPppoe = 7,    // RFC 2516; id: the session
  kNvgre = 8,    // RFC 7637 and Ethernet in GRE; id: the key
  kErspan = 9,   // id: the session
};

// The innermost IP packet found.
struct InnerFlow {
  TunnelKind tunnel = TunnelKind::kNone;  // the outermost tunnel
  std::uint64_t tunnel_id = 0;
  std::uint8_t ip_version = 0;  // 4 or 6; 0: nothing inside can be read
  std::uint8_t protocol = 0;
  bool has_ports = false;
  // [0] is the inner side that sends when ends[0] of the row sends, [1] the other one.
  std::array<Address, 2> addresses{};
  std::array<std::uint16_t, 2> ports{};

  friend bool operator==(const InnerFlow&, const InnerFlow&) = default;
};

// One side of a conversation.
struct RowEnd {
  Address address{};  // kIpv4 and kArp use the first four bytes
  // For TCP, UDP and SCTP. For ICMP and ICMPv6 the values that Community ID uses as ports (type and
  // type of the answer), with kNoPorts set.
  std::uint16_t port = 0;
  MacAddress mac{};
  // Sent by this side:
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;     // on the wire
  std::uint8_t tcp_flags = 0;  // all flags seen
};

struct IndexRow {
  std::uint32_t id = 0;  // its number among the rows of the file, from 0
  RowKind kind = RowKind::kOther;
  std::uint8_t flags = 0;  // row_flag
  // ends[0] is the side with the lower address or, if equal, the lower port; for RowKind::kOther
  // the one with the lower MAC address. A packet from ends[0] goes to ends[1].
  std::array<RowEnd, 2> ends{};
  std::uint8_t protocol = 0;     // IP protocol, after IPv6 extension headers
  std::uint8_t next_header = 0;  // field of the fixed header; is `protocol` without extensions

  std::uint16_t link_type = 1;
  // The type after all VLAN tags; 0 when that field is a length (below 0x600).
  std::uint16_t ethertype = 0;
  std::uint8_t vlan_count = 0;           // number of valid `vlans`; see kMoreVlans
  std::array<std::uint16_t, 2> vlans{};  // VLAN ids, the outer one first
  std::array<std::uint16_t, 2> tpids{};  // the ethertypes of these tags

  InnerFlow inner;

  // Accurate to the microsecond: first_ns is never later than the first packet, last_ns never
  // earlier than the last.
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
