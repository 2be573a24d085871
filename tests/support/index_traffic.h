// Packets of every kind an index tells apart, from a seed: for what makes and reads indexes.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "tests/support/packet_builder.h"
#include "tests/support/pcapng_builder.h"

namespace capstan::test {

// Draws packets whose addresses, ports, tags and tunnels come from small pools, so that they meet
// again. Independent of the code under test but for the builders.
class IndexTraffic {
 public:
  explicit IndexTraffic(std::uint32_t seed, std::uint32_t hosts = 60)
      : random_(seed), hosts_(hosts) {}

  std::vector<std::uint8_t> next() {
    switch (draw(16)) {
      case 0:
        return arp();
      case 1:
        return other();
      case 2:
        return icmp();
      case 3:
        return fragment();
      case 4:
        return vxlan();
      case 5:
        return gre();
      case 6:
        return extension_headers();
      case 7:
        return mpls();
      case 8:
        return cut(tcp_or_udp());
      case 9:
        return double_tagged();
      default:
        return tcp_or_udp();
    }
  }

  std::uint32_t draw(std::uint32_t below) { return static_cast<std::uint32_t>(random_() % below); }

 private:
  using Bytes = std::vector<std::uint8_t>;

  PacketSpec spec() {
    PacketSpec spec;
    spec.source = 0x0a000000 + draw(hosts_);
    spec.destination = 0x0a000100 + draw(hosts_);
    spec.source_port = static_cast<std::uint16_t>(1024 + draw(40));
    spec.destination_port = static_cast<std::uint16_t>(draw(2) == 0 ? 80 : 50 + draw(10));
    spec.udp = draw(2) == 0;
    spec.ipv6 = draw(4) == 0;
    spec.vlan = static_cast<std::uint16_t>(draw(5) == 0 ? 1 + draw(4) : 0);
    spec.flags = static_cast<std::uint8_t>(draw(64));
    spec.payload.assign(draw(60), 'x');
    if (draw(2) == 0) {
      std::swap(spec.source, spec.destination);
      std::swap(spec.source_port, spec.destination_port);
    }
    return spec;
  }
  Bytes tcp_or_udp() {
    Bytes bytes = build_packet(spec());
    bytes[5] = static_cast<std::uint8_t>(draw(3));  // MAC addresses: a few
    return bytes;
  }
  Bytes cut(Bytes bytes) {
    bytes.resize(draw(static_cast<std::uint32_t>(bytes.size()) + 1));
    return bytes;
  }
  Bytes arp() {
    Bytes bytes = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0,
                   1,    8,    6,    0,    1,    8,    0, 6, 4, 0, 1};
    bytes.insert(bytes.end(), {2, 0, 0, 0, 0, 1});
    put32(bytes, 0x0a000000 + draw(hosts_));
    bytes.insert(bytes.end(), 6, 0);
    put32(bytes, 0x0a000100 + draw(hosts_));
    return bytes;
  }
  Bytes other() {
    Bytes bytes = {1, 0x80, 0xc2, 0, 0, 0x0e, 2, 0, 0, 0, 0, static_cast<std::uint8_t>(draw(4))};
    put16(bytes, draw(2) == 0 ? 0x88cc : 38);  // LLDP, or a length and spanning tree
    bytes.insert(bytes.end(), 46, 0x42);
    return bytes;
  }
  Bytes ip_of(std::uint8_t protocol, const Bytes& payload) {
    PacketSpec outer = spec();
    outer.vlan = 0;
    outer.ipv6 = false;
    outer.fragment_field = 0;
    outer.payload.clear();
    Bytes bytes = build_packet(outer);
    bytes.resize(34);
    bytes[23] = protocol;
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    bytes[16] = static_cast<std::uint8_t>((bytes.size() - 14) >> 8);
    bytes[17] = static_cast<std::uint8_t>(bytes.size() - 14);
    return bytes;
  }
  Bytes icmp() { return ip_of(1, {static_cast<std::uint8_t>(draw(2) * 8), 0, 0, 0, 1, 2, 3, 4}); }
  Bytes fragment() {
    PacketSpec piece = spec();
    piece.ipv6 = false;
    piece.fragment_field = draw(2) == 0 ? 0x2000 : 0x0010;
    piece.payload.assign(64, 'f');
    return build_packet(piece);
  }
  Bytes vxlan() {
    Bytes payload;
    put16(payload, 50000 + draw(4));
    put16(payload, 4789);
    const Bytes inner = tcp_or_udp();
    put16(payload, static_cast<std::uint32_t>(16 + inner.size()));
    put16(payload, 0);
    put32(payload, 0x08000000);
    put32(payload, (100 + draw(3)) << 8);
    payload.insert(payload.end(), inner.begin(), inner.end());
    return ip_of(17, payload);
  }
  Bytes gre() {
    PacketSpec inner = spec();
    inner.vlan = 0;
    const Bytes packet = build_packet(inner);
    Bytes payload;
    put16(payload, 0x2000);
    put16(payload, inner.ipv6 ? 0x86dd : 0x0800);
    put32(payload, 7 + draw(2));
    payload.insert(payload.end(), packet.begin() + 14, packet.end());
    return ip_of(47, payload);
  }
  Bytes extension_headers() {
    PacketSpec inner = spec();
    inner.ipv6 = true;
    inner.vlan = 0;
    Bytes bytes = build_packet(inner);
    const std::uint8_t protocol = bytes[20];
    bytes[20] = static_cast<std::uint8_t>(draw(2) == 0 ? 0 : 44);  // hop-by-hop, atomic fragment
    const Bytes header = {protocol, 0, 0, 0, 0, 0, 0, 9};
    bytes.insert(bytes.begin() + 54, header.begin(), header.end());
    bytes[19] = static_cast<std::uint8_t>(bytes[19] + 8);
    return bytes;
  }
  Bytes mpls() {
    PacketSpec inner = spec();
    inner.vlan = 0;
    const Bytes packet = build_packet(inner);
    Bytes bytes(packet.begin(), packet.begin() + 12);
    put16(bytes, 0x8847);
    put32(bytes, (16 + draw(3)) << 12 | 0x140);
    bytes.insert(bytes.end(), packet.begin() + 14, packet.end());
    return bytes;
  }
  Bytes double_tagged() {
    PacketSpec inner = spec();
    inner.vlan = static_cast<std::uint16_t>(1 + draw(4));
    Bytes bytes = build_packet(inner);
    const Bytes tag = {0x88, 0xa8, 0, static_cast<std::uint8_t>(10 + draw(2))};
    bytes.insert(bytes.begin() + 12, tag.begin(), tag.end());
    return bytes;
  }

  std::mt19937 random_;
  std::uint32_t hosts_;
};

// A pcapng file of such packets, and where each begins.
struct IndexRecording {
  PcapngBuilder file;
  struct Packet {
    std::size_t offset;
    std::uint64_t timestamp_ns;
    std::vector<std::uint8_t> bytes;
  };
  std::vector<Packet> packets;

  IndexRecording(std::uint32_t seed, std::size_t count, std::uint32_t hosts = 60) {
    IndexTraffic traffic(seed, hosts);
    file.section();
    file.nanosecond_interface();
    std::uint64_t now = 1'700'000'000'000'000'000;
    for (std::size_t i = 0; i < count; ++i) {
      now += traffic.draw(2'000'000);
      std::vector<std::uint8_t> bytes = traffic.next();
      const auto wirelen = static_cast<std::uint32_t>(bytes.size());
      const std::size_t offset = file.packet(0, now, bytes, wirelen);
      packets.push_back({offset, now, std::move(bytes)});
    }
  }
};

}  // namespace capstan::test
