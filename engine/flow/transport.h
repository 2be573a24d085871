// The way from a packet's first byte to what a flow is made of: addresses, ports, payload.
//
// One pass, no allocation, every length checked. The printers have their own, fuller decoders; this
// one reads only what flow tracking needs, and as fast as it can: through every link type and
// tunnel in docs/audit.md's table, at most kMaxLayers layers deep. What it does not follow it
// names.
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

// IPv6, or IPv4 in the first four bytes with zeroes behind.
using Address = std::array<std::uint8_t, 16>;

// What a piece of a fragmented datagram is of (RFC 791 section 3.2, RFC 8200 section 4.5).
struct Fragment {
  std::uint32_t id = 0;
  std::uint32_t offset = 0;  // bytes
  bool more = false;
};

// What carries the payload of a TransportPacket.
enum class Carrier : std::uint8_t {
  kIp,     // IP: `protocol` says which transport
  kPpp,    // PPP itself: payload begins at PPP's protocol field, not compressed (RFC 1661)
  kEapol,  // 802.1X: payload begins at EAPOL's version
};

// Headers of any kind, one in the other, that are walked through.
inline constexpr int kMaxLayers = 128;

// One packet as flow tracking sees it. Borrowed: points into the packet.
struct TransportPacket {
  Address source{};
  Address destination{};
  // 0 for protocols without ports and for later fragments. Of ICMP and ICMPv6: the type, and the
  // type of the answer to it; or, where there is none, the code.
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint8_t protocol = 0;    // IP protocol number
  std::uint8_t ip_version = 0;  // 4 or 6; 0: the addresses are link-layer addresses
  Carrier carrier = Carrier::kIp;
  std::array<std::uint16_t, 2> vlans{};  // outer, inner; 0: none; the id plus 0x1000 when tagged
  std::uint8_t tcp_flags = 0;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  // Of TCP and UDP, as captured; of SCTP the first data chunk that is whole; of protocols without
  // ports, and of carriers that are not IP, the message itself.
  std::span<const std::uint8_t> payload;
  std::uint32_t payload_wire_bytes = 0;  // as sent: more than payload.size() when cut short
  std::uint32_t ip_offset = 0;           // where the IP header lies in the packet
  std::uint32_t transport_offset = 0;    // where its payload lies
  std::uint8_t header_bytes = 0;         // of the TCP or UDP header in front of the payload
  bool is_fragment = false;
  Fragment fragment;                         // valid if is_fragment
  std::span<const std::uint8_t> ip_payload;  // valid if is_fragment: this piece
};

// Nothing when the packet is not IP, or damaged. A packet whose carrier is not IP is given only to
// those who ask for `unseen`, which names what was not followed, and is empty where nothing was
// left out (ARP and its kin carry no session). It may be set beside a packet too.
std::optional<TransportPacket> read_transport(const PacketView& packet) noexcept;
std::optional<TransportPacket> read_transport(const PacketView& packet, Unseen& unseen) noexcept;

// Goes on behind an IP header, in `bytes`, put together from fragments of which `packet` was one:
// through extension headers and tunnels as read_transport does. `packet` keeps the ends of the
// innermost IP header; its is_fragment is set when that is a fragment again. False: nothing there.
bool read_reassembled(std::span<const std::uint8_t> bytes, TransportPacket& packet,
                      Unseen& unseen) noexcept;

// The type of the ICMP or ICMPv6 message that answers one of this type; 0xffff: there is none.
std::uint16_t icmp_answering_type(std::uint8_t protocol, std::uint16_t type) noexcept;

// Reads the TCP, UDP or other transport header at the front of `bytes` into `packet`, whose
// protocol says which. False when it is damaged.
bool read_transport_header(std::span<const std::uint8_t> bytes, std::uint32_t wire_bytes,
                           TransportPacket& packet) noexcept;

}  // namespace capstan
