// FrameHead and IpHead: where the headers of a packet are, and what filter programs see in them.
// Shared by packet_key.cc and inner_packet.cc.
#pragma once

#include <array>
#include <cstdint>

#include "engine/flow/byte_reader.h"
#include "engine/flow/protocol_numbers.h"
#include "engine/index/index_row.h"

namespace capstan {

// In addition to protocol_numbers.h.
namespace ether_type {
inline constexpr std::uint16_t kFirst = 0x0600;  // smaller values are lengths (IEEE 802.3)
}  // namespace ether_type

// The link header: what follows it and where.
struct FrameHead {
  std::uint16_t ethertype = 0;
  std::array<std::uint16_t, 2> vlans{};
  std::array<std::uint16_t, 2> tpids{};
  std::uint8_t vlan_count = 0;
  std::uint8_t flags = 0;     // row_flag bits that concern the link, or kUnread
  std::uint32_t network = 0;  // offset of the network header
};

// Reads VLAN tags, beginning with the first. `type` is the field before `at`.
void read_tags(const ByteReader& bytes, std::uint16_t type, std::size_t at,
               FrameHead& head) noexcept;

// Reads the link header of a packet of type `link_type`.
FrameHead read_frame_head(const ByteReader& bytes, std::uint16_t link_type) noexcept;

// An IP header, and those fields of the transport header that identify a conversation.
struct IpHead {
  Address source{};
  Address destination{};
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint8_t version = 0;
  std::uint8_t protocol = 0;
  std::uint8_t next_header = 0;
  std::uint8_t tcp_flags = 0;
  std::uint8_t flags = 0;       // row_flag: kNoPorts, kLaterFragment, kExtensionHeaders
  std::uint32_t transport = 0;  // offset of the transport header; 0: not in this packet
};

// False when there is no IP header of that version at `at`, or it is cut short.
bool read_ipv4(const ByteReader& bytes, std::size_t at, IpHead& head) noexcept;
bool read_ipv6(const ByteReader& bytes, std::size_t at, IpHead& head) noexcept;

}  // namespace capstan
