// The bytes of one generated frame: `blast` generates them and `verify` checks them.
//
// Two layouts, after 0 to 2 VLAN tags (802.1Q, outer 0x88a8 when there are two):
//
//   IP    Ethernet | IPv4 (RFC 791) or IPv6 (RFC 8200) | UDP (RFC 768) | tag | filler
//         tag = magic (4) stream (4) sequence (8), all big-endian. Addresses are from the ranges
//         reserved for benchmarks: 198.18.0.0/15 (RFC 2544) and 2001:2::/48 (RFC 5180).
//   raw   Ethernet with EtherType 0x88b5 (IEEE 802 local experimental) | tag | checksum (2) |
//         filler, for frames too small for the IP layout. The source address is
//         CA:SS:ss:ss:ss:ss, with SS the low 8 bits of the stream and ss.. the low 32 bits of the
//         sequence, so that even a frame of 14 bytes differs from all others. Tag and checksum are
//         cut to what fits. The checksum is that of RFC 1071 over everything after the EtherType.
//
// Smallest frame with the full 64-bit sequence: IPv4 58, IPv6 78, raw 30 (32 with its checksum);
// 4 more for each VLAN tag. The filler is a function of the offset in the frame, so that shifted
// bytes are noticed. All sizes are as in AF_PACKET: without the FCS.
#pragma once

#include <cstddef>
#include <cstdint>

namespace capstan::traffic {

inline constexpr std::uint32_t kTagMagic = 0xca957a4e;
inline constexpr std::size_t kTagSize = 16;
inline constexpr std::size_t kTagStreamOffset = 4;
inline constexpr std::size_t kTagSequenceOffset = 8;

inline constexpr std::size_t kEthernetSize = 14;
inline constexpr std::size_t kVlanTagSize = 4;
inline constexpr std::size_t kIpv4Size = 20;
inline constexpr std::size_t kIpv6Size = 40;
inline constexpr std::size_t kUdpSize = 8;

inline constexpr std::uint16_t kEtherTypeIpv4 = 0x0800;
inline constexpr std::uint16_t kEtherTypeIpv6 = 0x86dd;
inline constexpr std::uint16_t kEtherTypeVlan = 0x8100;      // 802.1Q
inline constexpr std::uint16_t kEtherTypeQinq = 0x88a8;      // 802.1ad
inline constexpr std::uint16_t kEtherTypeRaw = 0x88b5;       // IEEE Std 802, local experimental 1
inline constexpr std::uint8_t kRawSourceMarker = 0xca;       // unicast, locally administered
inline constexpr std::size_t kRawChecksumOffset = kTagSize;  // from the tag's start
inline constexpr std::size_t kRawTagSize = kTagSize + 2;

inline constexpr std::uint32_t kBenchmarkNet4 = 0xc6120000;  // 198.18.0.0/15
inline constexpr std::uint32_t kBenchmarkMask4 = 0xfffe0000;
inline constexpr std::uint8_t kBenchmarkNet6[6] = {0x20, 0x01, 0x00, 0x02, 0x00, 0x00};

// The largest frame that blast generates: the largest IPv4 packet, plus Ethernet and two tags.
inline constexpr std::size_t kMaxFrameSize = 65535;
inline constexpr std::size_t kMinFrameSize = kEthernetSize;

// The filler byte at `offset` from the start of the frame.
inline constexpr std::uint8_t filler_byte(std::size_t offset) noexcept {
  return static_cast<std::uint8_t>(offset * 31 + (offset >> 8) * 17 + 7);
}

inline void put_be16(std::uint8_t* to, std::uint16_t value) noexcept {
  to[0] = static_cast<std::uint8_t>(value >> 8);
  to[1] = static_cast<std::uint8_t>(value);
}
inline void put_be32(std::uint8_t* to, std::uint32_t value) noexcept {
  put_be16(to, static_cast<std::uint16_t>(value >> 16));
  put_be16(to + 2, static_cast<std::uint16_t>(value));
}
inline void put_be64(std::uint8_t* to, std::uint64_t value) noexcept {
  put_be32(to, static_cast<std::uint32_t>(value >> 32));
  put_be32(to + 4, static_cast<std::uint32_t>(value));
}
inline std::uint16_t get_be16(const std::uint8_t* from) noexcept {
  return static_cast<std::uint16_t>(from[0] << 8 | from[1]);
}
inline std::uint32_t get_be32(const std::uint8_t* from) noexcept {
  return static_cast<std::uint32_t>(get_be16(from)) << 16 | get_be16(from + 2);
}
inline std::uint64_t get_be64(const std::uint8_t* from) noexcept {
  return static_cast<std::uint64_t>(get_be32(from)) << 32 | get_be32(from + 4);
}

}  // namespace capstan::traffic
