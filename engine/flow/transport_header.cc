// The transport headers behind IP: ports and payload.
#include <algorithm>

#include "engine/flow/byte_reader.h"
#include "engine/flow/transport.h"

namespace capstan {

namespace {

// The type of the message that answers this one, so that both make one flow (as the Community ID
// specification pairs them); 0xffff: none.
std::uint16_t icmp_counterpart(std::uint8_t type) noexcept {
  switch (type) {
    case 0:
      return 8;  // echo
    case 8:
      return 0;
    case 9:
      return 10;  // router advertisement, solicitation
    case 10:
      return 9;
    case 13:
    case 15:
    case 17:
      return static_cast<std::uint16_t>(type + 1);  // timestamp, information, mask
    case 14:
    case 16:
    case 18:
      return static_cast<std::uint16_t>(type - 1);
    default:
      return 0xffff;
  }
}

std::uint16_t icmp6_counterpart(std::uint8_t type) noexcept {
  switch (type) {
    case 128:  // echo
    case 130:  // listener query
    case 133:  // router
    case 135:  // neighbour
    case 139:  // node information
    case 144:  // home agent discovery
      return static_cast<std::uint16_t>(type + 1);
    case 129:
    case 131:
    case 134:
    case 136:
    case 140:
    case 145:
      return static_cast<std::uint16_t>(type - 1);
    default:
      return 0xffff;
  }
}

}  // namespace

std::uint16_t icmp_answering_type(std::uint8_t protocol, std::uint16_t type) noexcept {
  if (type > 0xff) return 0xffff;
  const auto number = static_cast<std::uint8_t>(type);
  return protocol == ip_protocol::kIcmp ? icmp_counterpart(number) : icmp6_counterpart(number);
}

namespace {

void read_icmp(ByteReader reader, TransportPacket& packet) noexcept {
  const std::uint8_t type = reader.u8(0);
  const std::uint16_t answer = icmp_answering_type(packet.protocol, type);
  packet.source_port = type;
  packet.destination_port = answer != 0xffff ? answer : reader.u8(1);
}

// RFC 9260 section 3.3.1: the user data of the first DATA chunk that is a whole message.
void read_sctp(std::span<const std::uint8_t> bytes, TransportPacket& packet) noexcept {
  const ByteReader reader(bytes.data(), bytes.size());
  packet.source_port = reader.be16(0);
  packet.destination_port = reader.be16(2);
  std::size_t at = 12;
  while (reader.has(at, 16)) {
    const std::size_t size = reader.be16(at + 2);
    if (size < 4) return;
    constexpr std::uint8_t kWhole = 0x03;  // begins and ends in this chunk
    if (reader.u8(at) == 0 && (reader.u8(at + 1) & kWhole) == kWhole && size >= 16) {
      packet.payload = bytes.subspan(at + 16, std::min(size - 16, bytes.size() - at - 16));
      packet.payload_wire_bytes = static_cast<std::uint32_t>(size - 16);
      return;
    }
    at += (size + 3) & ~std::size_t{3};
  }
}

}  // namespace

bool read_transport_header(std::span<const std::uint8_t> bytes, std::uint32_t wire_bytes,
                           TransportPacket& packet) noexcept {
  const ByteReader reader(bytes.data(), bytes.size());
  std::size_t head = 0;
  switch (packet.protocol) {
    case ip_protocol::kTcp:
      if (!reader.has(0, 20)) return false;
      head = (reader.u8(12) >> 4) * 4U;
      if (head < 20 || head > bytes.size()) return false;
      packet.sequence = reader.be32(4);
      packet.acknowledgement = reader.be32(8);
      packet.tcp_flags = reader.u8(13);
      packet.payload_wire_bytes =
          wire_bytes > head ? wire_bytes - static_cast<std::uint32_t>(head) : 0;
      break;
    case ip_protocol::kUdp:
    case ip_protocol::kUdpLite: {
      if (!reader.has(0, 8)) return false;
      head = 8;
      // RFC 768: the length counts the header; RFC 2675 allows 0 for jumbograms. What UDP-Lite has
      // there is the checksum's coverage (RFC 3828).
      const std::uint32_t length = packet.protocol == ip_protocol::kUdp ? reader.be16(4) : 0;
      const std::uint32_t whole = length >= 8 ? std::min(length, wire_bytes) : wire_bytes;
      packet.payload_wire_bytes = whole > 8 ? whole - 8 : 0;
      bytes = bytes.first(std::min<std::size_t>(bytes.size(), std::max<std::uint32_t>(whole, 8)));
      break;
    }
    case ip_protocol::kSctp:
      read_sctp(bytes, packet);
      return true;
    case ip_protocol::kIcmp:
    case ip_protocol::kIcmp6:
      read_icmp(reader, packet);
      return true;
    case ip_protocol::kOspf:
    case ip_protocol::kVrrp:
      packet.payload = bytes;
      packet.payload_wire_bytes = wire_bytes;
      return true;
    default:
      return true;
  }
  packet.source_port = reader.be16(0);
  packet.destination_port = reader.be16(2);
  packet.header_bytes = static_cast<std::uint8_t>(head);
  packet.payload = bytes.subspan(head);
  return true;
}

}  // namespace capstan
