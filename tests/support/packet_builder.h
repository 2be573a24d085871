// Ethernet frames with IPv4 or IPv6, TCP or UDP, for what takes packets in.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/block/packet_view.h"
#include "engine/flow/transport.h"

namespace capstan::test {

struct PacketSpec {
  std::uint32_t source = 0x0a000001;
  std::uint32_t destination = 0x0a000002;
  std::uint16_t source_port = 40000;
  std::uint16_t destination_port = 110;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  std::uint8_t flags = tcp_flag::kAck;
  std::uint16_t vlan = 0;
  bool udp = false;
  bool ipv6 = false;  // the addresses behind 2001:db8::
  std::string payload;
  // Fragments (IPv4): `payload` is then the IP payload as it stands.
  std::uint16_t fragment_field = 0;  // flags and offset
  std::uint16_t id = 1;
};

inline void put16(std::vector<std::uint8_t>& out, std::uint32_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8));
  out.push_back(static_cast<std::uint8_t>(value));
}
inline void put32(std::vector<std::uint8_t>& out, std::uint32_t value) {
  put16(out, value >> 16);
  put16(out, value & 0xffff);
}

// The TCP or UDP part alone; its checksum is left 0.
inline std::vector<std::uint8_t> transport_part(const PacketSpec& spec) {
  std::vector<std::uint8_t> out;
  put16(out, spec.source_port);
  put16(out, spec.destination_port);
  if (spec.udp) {
    put16(out, static_cast<std::uint32_t>(8 + spec.payload.size()));
    put16(out, 0);
  } else {
    put32(out, spec.sequence);
    put32(out, spec.acknowledgement);
    out.push_back(0x50);
    out.push_back(spec.flags);
    put16(out, 65535);
    put32(out, 0);
  }
  out.insert(out.end(), spec.payload.begin(), spec.payload.end());
  return out;
}

inline std::vector<std::uint8_t> build_packet(const PacketSpec& spec) {
  std::vector<std::uint8_t> inner;
  if (spec.fragment_field != 0) {
    inner.assign(spec.payload.begin(), spec.payload.end());
  } else {
    inner = transport_part(spec);
  }
  std::vector<std::uint8_t> out = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};
  if (spec.vlan != 0) {
    put16(out, 0x8100);
    put16(out, spec.vlan);
  }
  const std::uint8_t protocol = spec.udp ? kProtocolUdp : kProtocolTcp;
  if (spec.ipv6) {
    put16(out, 0x86dd);
    put32(out, 0x60000000);
    put16(out, static_cast<std::uint32_t>(inner.size()));
    out.push_back(protocol);
    out.push_back(64);
    for (const std::uint32_t address : {spec.source, spec.destination}) {
      put32(out, 0x20010db8);
      put32(out, 0);
      put32(out, 0);
      put32(out, address);
    }
  } else {
    put16(out, 0x0800);
    put16(out, 0x4500);
    put16(out, static_cast<std::uint32_t>(20 + inner.size()));
    put16(out, spec.id);
    put16(out, spec.fragment_field);
    out.push_back(64);
    out.push_back(protocol);
    put16(out, 0);
    put32(out, spec.source);
    put32(out, spec.destination);
  }
  out.insert(out.end(), inner.begin(), inner.end());
  return out;
}

inline PacketView view_of(const std::vector<std::uint8_t>& bytes, std::uint64_t timestamp_ns) {
  PacketView view;
  view.data = bytes.data();
  view.caplen = static_cast<std::uint32_t>(bytes.size());
  view.wirelen = view.caplen;
  view.timestamp_ns = timestamp_ns;
  return view;
}

}  // namespace capstan::test
