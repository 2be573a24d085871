// The index of a recording on disk: the numbers used by both the encoder and the reader of indexes.
//
// Everything is little-endian. docs/format-index.md describes the format, with example bytes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace capstan {

// What rows can be looked up by. The numbers are stored in files and never change.
enum class KeyKind : std::uint8_t {
  kAddress4 = 1,   // 4 bytes: either address of kIpv4, sender or target of kArp
  kAddress6 = 2,   // 16 bytes
  kPort = 3,       // 2 bytes, for rows with ports
  kProtocol = 4,   // 1 byte: next_header of IPv4 and IPv6
  kVlan = 5,       // 2 bytes: the id of either tag
  kEthertype = 6,  // 2 bytes: the type after the tags, and the types of the tags themselves
  kMac = 7,        // 6 bytes: either address
  kInnerAddress4 = 8,
  kInnerAddress6 = 9,
  kInnerPort = 10,
  kInnerProtocol = 11,
  kTunnel = 12,  // 9 bytes: TunnelKind, then the tunnel id
};
inline constexpr std::uint8_t kLastKeyKind = 12;

// Number of bytes in a key's value.
constexpr std::size_t key_bytes(KeyKind kind) noexcept {
  switch (kind) {
    case KeyKind::kAddress4:
    case KeyKind::kInnerAddress4:
      return 4;
    case KeyKind::kAddress6:
    case KeyKind::kInnerAddress6:
      return 16;
    case KeyKind::kPort:
    case KeyKind::kVlan:
    case KeyKind::kEthertype:
    case KeyKind::kInnerPort:
      return 2;
    case KeyKind::kProtocol:
    case KeyKind::kInnerProtocol:
      return 1;
    case KeyKind::kMac:
      return 6;
    case KeyKind::kTunnel:
      return 9;
  }
  return 0;
}

namespace index_format {

inline constexpr std::uint8_t kMagic[8] = {0x8E, 'C', 'I', 'D', 'X', '\r', '\n', 0x1A};
inline constexpr std::uint32_t kVersion = 1;

// The head: magic, version, bytes of the head including its section table, bytes of the whole
// index, CRC-32 of the head (computed with these four bytes zero), number of sections; then the
// table.
inline constexpr std::size_t kFixedHeadBytes = 32;
inline constexpr std::size_t kHeadChecksumOffset = 24;
inline constexpr std::size_t kSectionEntryBytes = 24;  // id, CRC-32, offset, bytes
inline constexpr std::uint32_t kMaxSections = 64;

// Sections. A reader skips sections whose number it does not know.
enum class SectionId : std::uint32_t {
  kSummary = 1,
  kInterfaces = 2,
  kBlocks = 3,
  kLinks = 4,     // MAC addresses, VLAN tags and ethertypes that rows refer to
  kRowTable = 5,  // where the row pages are
  kKeyTable = 6,  // where the key pages are, and the first key of each
  kRowPages = 7,  // the table has a CRC-32 for each page
  kKeyPages = 8,
  kPlace = 9,  // which part of a recording the file is; not in every index
};
inline constexpr std::size_t kNeededSections = 8;  // the numbers up to here
inline constexpr std::size_t kKnownSections = 9;

// In a row's body: its times may lie before or after those of its blocks.
inline constexpr std::uint8_t kRowOutside = 0x10;

// A key that consists of this bit and a kind: the rows whose keys of that kind are not known.
inline constexpr std::uint8_t kUnknownBit = 0x80;

// Of the summary's flags: the keys with kUnknownBit begin a page of their own. Earlier versions did
// not set it: there they may stand at the end of the last page.
inline constexpr std::uint8_t kUnknownApart = 0x40;

// Of a name; what is behind that is left out.
inline constexpr std::size_t kMostNameBytes = 255;

// A page is ended when it has reached this size; its last entry may exceed it.
inline constexpr std::size_t kRowPageBytes = 8192;
inline constexpr std::size_t kKeyPageBytes = 4096;

}  // namespace index_format

}  // namespace capstan
