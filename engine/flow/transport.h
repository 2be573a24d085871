// The way from a packet's first byte to what a flow is made of: addresses, ports, payload.
//
// One pass, no allocation, every length checked. The printers have their own, fuller decoders; this
// one reads only what flow tracking needs, and as fast as it can.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "engine/block/packet_view.h"

namespace capstan {

inline constexpr std::uint8_t kProtocolTcp = 6;
inline constexpr std::uint8_t kProtocolUdp = 17;

namespace tcp_flag {
inline constexpr std::uint8_t kFin = 0x01;
inline constexpr std::uint8_t kSyn = 0x02;
inline constexpr std::uint8_t kRst = 0x04;
inline constexpr std::uint8_t kPsh = 0x08;
inline constexpr std::uint8_t kAck = 0x10;
}  // namespace tcp_flag

// IPv6, or IPv4 in the first four bytes with zeroes behind.
using Address = std::array<std::uint8_t, 16>;

// What a piece of a fragmented datagram is of (RFC 791 section 3.2, RFC 8200 section 4.5).
struct Fragment {
  std::uint32_t id = 0;
  std::uint32_t offset = 0;  // bytes
  bool more = false;
};

// One packet as flow tracking sees it. Borrowed: points into the packet.
struct TransportPacket {
  Address source{};
  Address destination{};
  std::uint16_t source_port = 0;  // 0 for protocols without ports and for later fragments
  std::uint16_t destination_port = 0;
  std::uint8_t protocol = 0;             // IP protocol number
  std::uint8_t ip_version = 0;           // 4 or 6
  std::array<std::uint16_t, 2> vlans{};  // outer, inner; 0: none; the id plus 0x1000 when tagged
  std::uint8_t tcp_flags = 0;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  std::span<const std::uint8_t> payload;  // of TCP or UDP, as captured
  std::uint32_t payload_wire_bytes = 0;   // as sent: more than payload.size() when cut short
  std::uint32_t ip_offset = 0;            // where the IP header lies in the packet
  std::uint32_t transport_offset = 0;     // where its payload lies
  std::uint8_t header_bytes = 0;          // of the TCP or UDP header in front of the payload
  bool is_fragment = false;
  Fragment fragment;                         // valid if is_fragment
  std::span<const std::uint8_t> ip_payload;  // valid if is_fragment: this piece
};

// Link types read: Ethernet (VLAN, QinQ, MPLS, PPPoE), Linux cooked v1 and v2, raw IP, loopback,
// PPP. Tunnels gone through: IP in IP, GRE. Nothing when the packet is not IP, or damaged.
std::optional<TransportPacket> read_transport(const PacketView& packet) noexcept;

// Reads the TCP or UDP header at the front of `bytes`, a datagram put together from fragments, into
// `packet`. False when it is damaged.
bool read_transport_header(std::span<const std::uint8_t> bytes, std::uint32_t wire_bytes,
                           TransportPacket& packet) noexcept;

}  // namespace capstan
