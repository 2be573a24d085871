// The keys by which a row is found. Defined only here, for the encoder, for the reader's pass over
// rows with a common key, and for checking.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "engine/index/index_format.h"
#include "engine/index/index_row.h"
#include "engine/index/packet_key.h"

namespace capstan {

using KeyValue = std::array<std::uint8_t, 16>;

// A number as the first `bytes` bytes of a key, big-endian.
constexpr KeyValue number_value(std::uint64_t number, std::size_t bytes) noexcept {
  KeyValue value{};
  for (std::size_t i = 0; i < bytes; ++i) {
    value[i] = static_cast<std::uint8_t>(number >> (8 * (bytes - 1 - i)));
  }
  return value;
}

inline KeyValue mac_value(const MacAddress& mac) noexcept {
  KeyValue value{};
  std::copy(mac.begin(), mac.end(), value.begin());
  return value;
}

inline KeyValue tunnel_value(TunnelKind kind, std::uint64_t id) noexcept {
  KeyValue value{static_cast<std::uint8_t>(kind)};
  const KeyValue number = number_value(id, 8);
  std::copy_n(number.begin(), 8, value.begin() + 1);
  return value;
}

// Calls take(kind, value) for each key that comes from the network headers.
template <typename Take>
void for_each_row_key(const PacketKey& key, const InnerFlow* inner, Take take) {
  if (key.kind == RowKind::kIpv4 || key.kind == RowKind::kArp) {
    take(KeyKind::kAddress4, key.low);
    take(KeyKind::kAddress4, key.high);
  } else if (key.kind == RowKind::kIpv6) {
    take(KeyKind::kAddress6, key.low);
    take(KeyKind::kAddress6, key.high);
  }
  if (key.kind == RowKind::kIpv4 || key.kind == RowKind::kIpv6) {
    take(KeyKind::kProtocol, number_value(key.next_header, 1));
    if ((key.flags & row_flag::kNoPorts) == 0) {
      take(KeyKind::kPort, number_value(key.low_port, 2));
      take(KeyKind::kPort, number_value(key.high_port, 2));
    }
  }
  if (inner == nullptr) return;
  take(KeyKind::kTunnel, tunnel_value(inner->tunnel, inner->tunnel_id));
  if (inner->ip_version == 0) return;
  const KeyKind kind = inner->ip_version == 4 ? KeyKind::kInnerAddress4 : KeyKind::kInnerAddress6;
  take(kind, inner->addresses[0]);
  take(kind, inner->addresses[1]);
  take(KeyKind::kInnerProtocol, number_value(inner->protocol, 1));
  if (!inner->has_ports) return;
  take(KeyKind::kInnerPort, number_value(inner->ports[0], 2));
  take(KeyKind::kInnerPort, number_value(inner->ports[1], 2));
}

// Calls take(kind, value) for each key that comes from the link header.
template <typename Take>
void for_each_link_key(const LinkFields& link, Take take) {
  for (std::size_t tag = 0; tag < link.vlan_count; ++tag) {
    take(KeyKind::kVlan, number_value(link.vlans[tag], 2));
    take(KeyKind::kEthertype, number_value(link.tpids[tag], 2));
  }
  if ((link.flags & row_flag::kNoEthertype) == 0) {
    take(KeyKind::kEthertype, number_value(link.ethertype, 2));
  }
  if ((link.flags & row_flag::kNoMacs) == 0) {
    take(KeyKind::kMac, mac_value(link.low_mac));
    take(KeyKind::kMac, mac_value(link.high_mac));
  }
}

// TCP, UDP and SCTP: the protocols that `port` in a filter looks at.
constexpr bool has_port_fields(std::uint8_t protocol) noexcept {
  return protocol == kProtocolTcp || protocol == kProtocolUdp || protocol == 132;
}

// Calls take(kind) for each kind of key that is not known for such a row.
template <typename Take>
void for_each_unknown_kind(std::uint8_t flags, std::uint8_t protocol, Take take) {
  if ((flags & row_flag::kUnread) != 0) {
    take(KeyKind::kAddress4);
    take(KeyKind::kAddress6);
    take(KeyKind::kProtocol);
    take(KeyKind::kPort);
  } else if ((flags & row_flag::kNoPorts) != 0 && has_port_fields(protocol)) {
    take(KeyKind::kPort);
  }
  if ((flags & (row_flag::kMoreVlans | row_flag::kNoEthertype)) != 0) take(KeyKind::kVlan);
  if ((flags & row_flag::kNoEthertype) != 0) take(KeyKind::kEthertype);
  if ((flags & row_flag::kNoMacs) != 0) take(KeyKind::kMac);
}

}  // namespace capstan
