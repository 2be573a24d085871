#include "engine/flow/decapsulate.h"

#include <fmt/format.h>

#include <cstddef>

#include "engine/flow/protocol_numbers.h"

namespace capstan {

namespace {

constexpr std::uint16_t kPortVxlan = 4789;
constexpr std::uint16_t kPortVxlanLinux = 8472;  // Linux, before the port was assigned
constexpr std::uint16_t kPortGeneve = 6081;
constexpr std::size_t kLeastEthernetBytes = 14;

// Reads that never leave the packet.
class Bytes {
 public:
  explicit Bytes(const PacketView& packet) noexcept : data_(packet.data), size_(packet.caplen) {}
  bool has(std::size_t at, std::size_t size) const noexcept {
    return at <= size_ && size <= size_ - at;
  }
  std::uint8_t u8(std::size_t at) const noexcept { return data_[at]; }
  std::uint16_t u16(std::size_t at) const noexcept {
    return static_cast<std::uint16_t>(data_[at] << 8 | data_[at + 1]);
  }
  std::uint32_t u32(std::size_t at) const noexcept {
    return std::uint32_t{u16(at)} << 16 | u16(at + 2);
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
};

// Where the IP header lies; nullopt: no IP.
std::optional<std::size_t> find_ip(const Bytes& bytes, std::uint16_t link_type) noexcept {
  std::size_t type_at = 0;
  std::size_t at = 0;
  switch (link_type) {
    case link_type::kRaw:
    case link_type::kIpv4:
    case link_type::kIpv6:
      return bytes.has(0, 1) ? std::optional<std::size_t>(0) : std::nullopt;
    case link_type::kEthernet:
      type_at = 12;
      at = 14;
      break;
    case link_type::kLinuxSll:
      type_at = 14;
      at = 16;
      break;
    case link_type::kLinuxSll2:
      type_at = 0;
      at = 20;
      break;
    default:
      return std::nullopt;
  }
  if (!bytes.has(0, at)) return std::nullopt;
  std::uint16_t type = bytes.u16(type_at);
  while (ether_type::is_vlan(type)) {
    if (!bytes.has(at, 4)) return std::nullopt;
    type = bytes.u16(at + 2);
    at += 4;
  }
  if (type != ether_type::kIpv4 && type != ether_type::kIpv6) return std::nullopt;
  return at;
}

struct Payload {
  std::uint8_t protocol = 0;
  std::size_t at = 0;
};

// Behind the IP header; nullopt: cut short, or a fragment that has no transport header.
std::optional<Payload> find_payload(const Bytes& bytes, std::size_t ip) noexcept {
  if (!bytes.has(ip, 20)) return std::nullopt;
  if (bytes.u8(ip) >> 4 == 4) {
    const std::size_t size = (bytes.u8(ip) & 15U) * 4U;
    const bool later_fragment = (bytes.u16(ip + 6) & 0x1fff) != 0;
    if (size < 20 || later_fragment) return std::nullopt;
    return Payload{bytes.u8(ip + 9), ip + size};
  }
  if (bytes.u8(ip) >> 4 != 6 || !bytes.has(ip, 40)) return std::nullopt;
  Payload payload{bytes.u8(ip + 6), ip + 40};
  // Hop-by-hop, routing and destination options: length in 8 bytes beyond the first 8 (RFC 8200).
  for (int headers = 0; headers < 8; ++headers) {
    if (payload.protocol != 0 && payload.protocol != 43 && payload.protocol != 60) break;
    if (!bytes.has(payload.at, 8)) return std::nullopt;
    payload.protocol = bytes.u8(payload.at);
    payload.at += 8U + 8U * bytes.u8(payload.at + 1);
  }
  return payload;
}

std::optional<Decapsulated> inside(const PacketView& packet, const Bytes& bytes, std::size_t at,
                                   std::uint16_t link_type, std::string label) {
  const std::size_t least = link_type == link_type::kEthernet ? kLeastEthernetBytes : 20;
  if (!bytes.has(at, least)) return std::nullopt;
  Decapsulated result{packet, std::move(label)};
  result.packet.data += at;
  result.packet.caplen -= static_cast<std::uint32_t>(at);
  result.packet.wirelen -= static_cast<std::uint32_t>(at);
  result.packet.link_type = link_type;
  return result;
}

std::optional<Decapsulated> vxlan(const PacketView& packet, const Bytes& bytes, std::size_t at) {
  // The I flag says that the VNI is valid.
  if (!bytes.has(at, 8) || (bytes.u8(at) & 0x08) == 0) return std::nullopt;
  return inside(packet, bytes, at + 8, link_type::kEthernet,
                fmt::format("VXLAN VNI {}", bytes.u32(at + 4) >> 8));
}

std::optional<Decapsulated> geneve(const PacketView& packet, const Bytes& bytes, std::size_t at) {
  if (!bytes.has(at, 8) || bytes.u8(at) >> 6 != 0) return std::nullopt;
  const std::size_t data = at + 8 + 4U * (bytes.u8(at) & 0x3fU);
  const std::uint16_t type = bytes.u16(at + 2);
  std::string label = fmt::format("GENEVE VNI {}", bytes.u32(at + 4) >> 8);
  if (type == ether_type::kEthernet) {
    return inside(packet, bytes, data, link_type::kEthernet, std::move(label));
  }
  if (type != ether_type::kIpv4 && type != ether_type::kIpv6) return std::nullopt;
  return inside(packet, bytes, data, link_type::kRaw, std::move(label));
}

std::optional<Decapsulated> gre(const PacketView& packet, const Bytes& bytes, std::size_t at) {
  if (!bytes.has(at, 4)) return std::nullopt;
  const std::uint16_t flags = bytes.u16(at);
  const std::uint16_t type = bytes.u16(at + 2);
  if ((flags & 0x0007) != 0 || (flags & 0x4000) != 0) return std::nullopt;  // version, routing
  std::size_t data = at + 4;
  if ((flags & 0x8000) != 0) data += 4;  // checksum
  std::string label = "GRE";
  if ((flags & 0x2000) != 0) {
    if (!bytes.has(data, 4)) return std::nullopt;
    label = fmt::format("GRE key {}", bytes.u32(data));
    data += 4;
  }
  const bool has_sequence = (flags & 0x1000) != 0;
  if (has_sequence) data += 4;
  switch (type) {
    case ether_type::kEthernet:
      return inside(packet, bytes, data, link_type::kEthernet, std::move(label));
    case ether_type::kIpv4:
    case ether_type::kIpv6:
      return inside(packet, bytes, data, link_type::kRaw, std::move(label));
    case ether_type::kErspan:
      // Type I has no header, and then GRE no sequence number.
      if (!has_sequence) return inside(packet, bytes, data, link_type::kEthernet, "ERSPAN");
      if (!bytes.has(data, 8)) return std::nullopt;
      return inside(packet, bytes, data + 8, link_type::kEthernet,
                    fmt::format("ERSPAN session {}", bytes.u16(data + 2) & 0x3ff));
    case ether_type::kErspan3: {
      if (!bytes.has(data, 12)) return std::nullopt;
      const bool has_subheader = (bytes.u8(data + 11) & 1) != 0;
      return inside(packet, bytes, data + (has_subheader ? 20 : 12), link_type::kEthernet,
                    fmt::format("ERSPAN session {}", bytes.u16(data + 2) & 0x3ff));
    }
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<Decapsulated> decapsulate(const PacketView& packet) {
  const Bytes bytes(packet);
  const std::optional<std::size_t> ip = find_ip(bytes, packet.link_type);
  if (!ip) return std::nullopt;
  const std::optional<Payload> payload = find_payload(bytes, *ip);
  if (!payload) return std::nullopt;
  if (payload->protocol == ip_protocol::kGre) return gre(packet, bytes, payload->at);
  if (payload->protocol != ip_protocol::kUdp || !bytes.has(payload->at, 8)) return std::nullopt;
  switch (bytes.u16(payload->at + 2)) {
    case kPortVxlan:
    case kPortVxlanLinux:
      return vxlan(packet, bytes, payload->at + 8);
    case kPortGeneve:
      return geneve(packet, bytes, payload->at + 8);
    default:
      return std::nullopt;
  }
}

}  // namespace capstan
