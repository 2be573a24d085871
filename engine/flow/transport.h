// Reads a packet from its first byte to what a flow consists of: addresses, ports, payload.
//
// One pass, no allocation, every length checked. The printers have their own, more complete
// decoders; this one reads only what flow tracking needs, as fast as possible: through every link
// type and tunnel in docs/audit.md's table, at most kMaxLayers layers deep. What it does not follow
// is reported by name (Unseen).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "engine/block/packet_view.h"
#include "engine/flow/protocol_numbers.h"
#include "engine/flow/unseen_counts.h"

namespace capstan {

inline constexpr std::uint8_t kProtocolTcp = ip_protocol::kTcp;
inline constexpr std::uint8_t kProtocolUdp = ip_protocol::kUdp;

namespace tcp_flag {
inline constexpr std::uint8_t kFin = 0x01;
inline constexpr std::uint8_t kSyn = 0x02;
inline constexpr std::uint8_t kRst = 0x04;
inline constexpr std::uint8_t kPsh = 0x08;
inline constexpr std::uint8_t kAck = 0x10;
}  // namespace tcp_flag

// IPv6, or IPv4 in the first four bytes followed by zeros.
using Address = std::array<std::uint8_t, 16>;

// Which part of which datagram a fragment is (RFC 791 section 3.2, RFC 8200 section 4.5).
struct Fragment {
  std::uint32_t id = 0;
  std::uint32_t offset = 0;  // in bytes
  bool more = false;
};

// What carries the payload of a TransportPacket.
enum class Carrier : std::uint8_t {
  kIp,     // IP: `protocol` is the transport protocol
  kPpp,    // PPP itself: the payload begins at PPP's protocol field, uncompressed (RFC 1661)
  kEapol,  // 802.1X: the payload begins at EAPOL's version field
};

// The largest number of nested headers, of any kind, that are read.
inline constexpr int kMaxLayers = 128;

// One packet as flow tracking sees it. Borrowed: points into the packet.
struct TransportPacket {
  Address source{};
  Address destination{};
  // 0 for protocols without ports and for fragments after the first. For ICMP and ICMPv6: the type
  // (source) and the type of the answer to it, or the code when there is no answer (destination).
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint8_t protocol = 0;    // IP protocol number
  std::uint8_t ip_version = 0;  // 4 or 6; 0: the addresses are link-layer addresses
  Carrier carrier = Carrier::kIp;
  std::array<std::uint16_t, 2> vlans{};  // outer, inner; the VLAN id plus 0x1000; 0: no tag
  std::uint8_t tcp_flags = 0;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  // TCP and UDP: the payload as captured; SCTP: the first data chunk that is complete; protocols
  // without ports, and carriers other than IP: the message itself.
  std::span<const std::uint8_t> payload;
  std::uint32_t payload_wire_bytes = 0;  // as sent: larger than payload.size() if cut
  std::uint32_t ip_offset = 0;           // offset of the IP header in the packet
  std::uint32_t transport_offset = 0;    // offset of the payload in the packet
  std::uint8_t header_bytes = 0;         // of the TCP or UDP header in front of the payload
  bool is_fragment = false;
  Fragment fragment;                         // valid if is_fragment
  std::span<const std::uint8_t> ip_payload;  // valid if is_fragment: this piece
};

// nullopt when the packet is not IP or is damaged. A packet whose carrier is not IP is returned
// only by the function with `unseen`. `unseen` names what was not followed, and is empty when
// nothing was left out (ARP and similar protocols carry no session). It may be set for a returned
// packet too.
std::optional<TransportPacket> read_transport(const PacketView& packet) noexcept;
std::optional<TransportPacket> read_transport(const PacketView& packet, Unseen& unseen) noexcept;

// Continues after an IP header, in `bytes` that were reassembled from fragments; `packet` was one
// of them. Follows extension headers and tunnels as read_transport() does. Afterwards `packet` has
// the addresses of the innermost IP header; is_fragment is set when that one is a fragment again.
// False when nothing was found.
bool read_reassembled(std::span<const std::uint8_t> bytes, TransportPacket& packet,
                      Unseen& unseen) noexcept;

// The type of the ICMP or ICMPv6 message that answers this type; 0xffff when there is none.
std::uint16_t icmp_answering_type(std::uint8_t protocol, std::uint16_t type) noexcept;

// Reads the TCP, UDP or other transport header at the start of `bytes` into `packet`;
// packet.protocol says which one it is. False when the header is damaged.
bool read_transport_header(std::span<const std::uint8_t> bytes, std::uint32_t wire_bytes,
                           TransportPacket& packet) noexcept;

}  // namespace capstan
