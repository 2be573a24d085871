#include "tools/text/flow_slot.h"

#include <cstring>

#include "engine/flow/byte_reader.h"
#include "engine/flow/protocol_numbers.h"
#include "engine/flow/transport.h"

namespace capstan {

namespace {

constexpr PacketSlot kUncertain{0, false};
constexpr int kMostLayers = 12;
constexpr std::uint16_t kMaxLength = 1500;  // smaller Ethernet types are 802.3 lengths

std::uint64_t mix(std::uint64_t value) noexcept {
  value *= 0xff51afd7ed558ccdULL;
  return value ^ (value >> 32);
}

std::uint64_t end_hash(const std::uint8_t* address, std::size_t bytes,
                       std::uint16_t port) noexcept {
  if (bytes == 4) {
    std::uint32_t word = 0;
    std::memcpy(&word, address, 4);
    return mix(std::uint64_t{word} << 16 | port);
  }
  std::uint64_t words[2];
  std::memcpy(words, address, 16);
  return mix(mix(words[0] ^ port) + words[1]);
}

// From header to header, as the printers go, until the one whose conversation it is.
class SlotWalk {
 public:
  explicit SlotWalk(const PacketView& view) noexcept : bytes_(view.data, view.caplen) {}

  PacketSlot link(std::uint16_t type) noexcept {
    switch (type) {
      case link_type::kEthernet:
        return ethernet(0);
      case link_type::kLinuxSll:
        return ether_type(bytes_.be16(14), 16);
      case link_type::kLinuxSll2:
        return ether_type(bytes_.be16(0), 20);
      case link_type::kRaw:
      case link_type::kIpv4:
      case link_type::kIpv6:
        return ip(0);
      case link_type::kNull:
      case link_type::kLoop:
        return ip(4);
      case link_type::kPpp:
        return ppp(0);
      default:
        return kUncertain;
    }
  }

 private:
  PacketSlot ethernet(std::size_t at) noexcept { return ether_type(bytes_.be16(at + 12), at + 14); }

  PacketSlot ether_type(std::uint16_t type, std::size_t at) noexcept {
    while (type == ether_type::kVlan || type == ether_type::kQinQ ||
           type == ether_type::kVlan9100 || type == ether_type::kVlan9200) {
      type = bytes_.be16(at + 2);
      at += 4;
    }
    if (type <= kMaxLength) return llc(at);
    switch (type) {
      case ether_type::kIpv4:
        return ipv4(at);
      case ether_type::kIpv6:
        return ipv6(at);
      case ether_type::kMpls:
      case ether_type::kMplsMulticast:
        return mpls(at);
      case ether_type::kPppoeDiscovery:  // PPPoE (RFC 2516): code 0 is session data
      case ether_type::kPppoeSession:
        return bytes_.u8(at + 1) == 0 ? ppp(at + 6) : PacketSlot{};
      case ether_type::kPpp:
        return ppp(at);
      case 0xfefe:
        return iso(at + 1);
      default:
        return {};
    }
  }

  // 802.2: spanning tree and Cisco's own over SNAP carry no packet.
  PacketSlot llc(std::size_t at) const noexcept {
    const std::uint32_t head = bytes_.be24(at);
    if (head == 0xfefe03) return iso(at + 3);
    const bool is_cisco = head == 0xaaaa03 && bytes_.be24(at + 3) == 0x00000c;
    return head >> 8 == 0x4242 || is_cisco ? PacketSlot{} : kUncertain;
  }

  // CLNP, ES-IS and IS-IS.
  PacketSlot iso(std::size_t at) const noexcept {
    return bytes_.u8(at) >= 0x81 && bytes_.u8(at) <= 0x83 ? PacketSlot{} : kUncertain;
  }

  // RFC 3032: labels down to the bottom of the stack; then nothing but the first byte tells what it
  // is, except below the reserved labels 0, 2 and 3.
  PacketSlot mpls(std::size_t at) noexcept {
    std::uint32_t entry = 0;
    do {
      if (!bytes_.has(at, 4)) return {};
      entry = bytes_.be32(at);
      at += 4;
    } while ((entry & 0x100) == 0);
    if (bytes_.u8(at) >> 4 == 4 || bytes_.u8(at) >> 4 == 6) return ip(at);
    return iso(at);
  }

  // RFC 1661, with address and control or without, the protocol perhaps compressed to a byte.
  PacketSlot ppp(std::size_t at) noexcept {
    const std::uint16_t first = bytes_.be16(at);
    if (first == 0xff03 || first == 0x0003 || first == 0x0103) at += 2;
    const std::uint16_t protocol = bytes_.u8(at) % 2 != 0 ? bytes_.u8(at) : bytes_.be16(at);
    at += bytes_.u8(at) % 2 != 0 ? 1 : 2;
    switch (protocol) {
      case 0x0800:
      case 0x0021:
      case 0x002f:
        return ipv4(at);
      case 0x86dd:
      case 0x0057:
        return ipv6(at);
      case 0x0281:
      case 0x0283:
        return mpls(at);
      case 0x8137:
      case 0x002b:
      case 0x0023:
        return kUncertain;
      default:
        return {};
    }
  }

  PacketSlot ip(std::size_t at) noexcept { return bytes_.u8(at) >> 4 == 6 ? ipv6(at) : ipv4(at); }

  PacketSlot ipv4(std::size_t at) noexcept {
    if (!bytes_.has(at, 20)) return {};
    const std::uint8_t* const head = bytes_.data() + at;
    if (head[0] >> 4 != 4) return {};
    ends_ = {head + 12, head + 16, 4};
    if ((bytes_.be16(at + 6) & 0x1fff) != 0) return by_addresses();
    return payload(head[9], at + (head[0] & 15U) * 4);
  }

  PacketSlot ipv6(std::size_t at) noexcept {
    if (!bytes_.has(at, 40)) return {};
    const std::uint8_t* const head = bytes_.data() + at;
    ends_ = {head + 8, head + 24, 16};
    return payload(head[6], at + 40);
  }

  PacketSlot by_addresses() const noexcept {
    return {flow_slot(ends_.source, ends_.destination, ends_.bytes, 0, 0), true};
  }

  PacketSlot by_ports(std::size_t at) const noexcept {
    return {flow_slot(ends_.source, ends_.destination, ends_.bytes, bytes_.be16(at),
                      bytes_.be16(at + 2)),
            true};
  }

  PacketSlot payload(std::uint8_t protocol, std::size_t at) noexcept {
    if (protocol == kProtocolTcp) return by_ports(at);
    if (protocol == kProtocolUdp) return udp(at);
    if (++depth_ > kMostLayers) return kUncertain;
    switch (protocol) {
      case 0:  // IPv6: hop-by-hop, routing, destination options, mobility
      case 43:
      case 60:
      case 135:
        return payload(bytes_.u8(at), at + (bytes_.u8(at + 1) + std::size_t{1}) * 8);
      case 44: {  // IPv6 fragment
        const bool first = (bytes_.be16(at + 2) & 0xfff8) == 0;
        return first ? payload(bytes_.u8(at), at + 8) : by_addresses();
      }
      case 51:  // authentication (RFC 4302)
        return payload(bytes_.u8(at), at + (bytes_.u8(at + 1) + std::size_t{2}) * 4);
      case 1:
        return icmp(at);
      case 4:
        return ipv4(at);
      case 41:
        return ipv6(at);
      case 47:
        return gre(at);
      case 97:
        return ethernet(at);
      case 103:  // PIM (RFC 7761): a Register carries a packet
        return (bytes_.u8(at) & 15) == 1 ? kUncertain : by_addresses();
      default:
        return by_addresses();
    }
  }

  // RFC 792: unreachable, source quench, redirect, time exceeded and parameter problem quote.
  PacketSlot icmp(std::size_t at) noexcept {
    const std::uint8_t type = bytes_.u8(at);
    const bool is_error = type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
    return is_error && bytes_.has(at + 8, 20) ? ipv4(at + 8) : by_addresses();
  }

  PacketSlot udp(std::size_t at) noexcept {
    const std::uint16_t from = bytes_.be16(at);
    const std::uint16_t to = bytes_.be16(at + 2);
    if (++depth_ > kMostLayers) return kUncertain;
    if (to == udp_port::kVxlan) return ethernet(at + 8 + 8);
    if (to == udp_port::kGeneve) {
      const std::uint16_t type = bytes_.be16(at + 8 + 2);
      const std::size_t inner = at + 8 + 8 + (bytes_.u8(at + 8) & 0x3fU) * 4;
      return type == 0x6558 ? ethernet(inner) : ether_type(type, inner);
    }
    if (from == udp_port::kMpls || to == udp_port::kMpls) return mpls(at + 8);
    if (from == udp_port::kL2tp || to == udp_port::kL2tp) return kUncertain;
    return by_ports(at);
  }

  // RFC 2784 and RFC 2890; version 1 is RFC 2637's, and carries PPP if it has a sequence number.
  PacketSlot gre(std::size_t at) noexcept {
    const std::uint16_t flags = bytes_.be16(at);
    const std::uint16_t protocol = bytes_.be16(at + 2);
    if ((flags & 0x4000) != 0) return kUncertain;  // RFC 1701's routes
    at += 4U + ((flags & 0x8000) != 0 ? 4U : 0U) + ((flags & 0x2000) != 0 ? 4U : 0U) +
          ((flags & 0x1000) != 0 ? 4U : 0U);
    if ((flags & 7) == 1) {
      at += (flags & 0x0080) != 0 ? 4U : 0U;
      return protocol == 0x880b && (flags & 0x1000) != 0 ? ppp(at) : by_addresses();
    }
    if (protocol == 0x0800) return ipv4(at);
    if (protocol == 0x86dd) return ipv6(at);
    if (protocol == 0x6558) return ethernet(at);
    if (protocol == 0x8847 || protocol == 0x8848) return mpls(at);
    return protocol == 0x00fe ? kUncertain : by_addresses();
  }

  struct Ends {
    const std::uint8_t* source = nullptr;
    const std::uint8_t* destination = nullptr;
    std::size_t bytes = 0;
  };

  ByteReader bytes_;
  Ends ends_;  // of the innermost IP header so far
  int depth_ = 0;
};

}  // namespace

std::uint32_t flow_slot(const std::uint8_t* source, const std::uint8_t* destination,
                        std::size_t address_bytes, std::uint16_t source_port,
                        std::uint16_t destination_port) noexcept {
  // A sum, so that the order does not matter.
  const std::uint64_t sum = end_hash(source, address_bytes, source_port) +
                            end_hash(destination, address_bytes, destination_port);
  return static_cast<std::uint32_t>(mix(sum) >> 20) & (kFlowSlots - 1);
}

PacketSlot packet_slot(const PacketView& packet) noexcept {
  return SlotWalk(packet).link(packet.link_type);
}

}  // namespace capstan
