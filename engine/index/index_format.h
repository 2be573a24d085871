// The index of a recording on disk: the numbers shared by index_writer and index_reader.
//
// Everything is little-endian. docs/format-index.md describes it with worked bytes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace capstan {

// What rows can be looked up by. The numbers stand in files: they never change.
enum class KeyKind : std::uint8_t {
  kAddress4 = 1,   // 4 bytes: either end of kIpv4, sender or target of kArp
  kAddress6 = 2,   // 16 bytes
  kPort = 3,       // 2 bytes, of rows with ports
  kProtocol = 4,   // 1 byte: next_header of IPv4 and IPv6
  kVlan = 5,       // 2 bytes: the id of either tag
  kEthertype = 6,  // 2 bytes: behind the tags, and those of the tags themselves
  kMac = 7,        // 6 bytes: either side
  kInnerAddress4 = 8,
  kInnerAddress6 = 9,
  kInnerPort = 10,
  kInnerProtocol = 11,
  kTunnel = 12,  // 9 bytes: TunnelKind, then the id
};
inline constexpr std::uint8_t kLastKeyKind = 12;

// Bytes of a key's value.
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

// The head: magic, version, bytes of the head with its section table, bytes of the whole index,
// CRC-32 of the head with these four bytes zero, number of sections; then the section table.
inline constexpr std::size_t kFixedHeadBytes = 32;
inline constexpr std::size_t kHeadChecksumOffset = 24;
inline constexpr std::size_t kSectionEntryBytes = 24;  // id, CRC-32, offset, bytes
inline constexpr std::uint32_t kMaxSections = 64;

// Sections. Those with a number that a reader does not know are skipped.
enum class SectionId : std::uint32_t {
  kSummary = 1,
  kInterfaces = 2,
  kBlocks = 3,
  kLinks = 4,     // MAC addresses, VLAN tags and ethertypes that rows refer to
  kRowTable = 5,  // where the row pages are
  kKeyTable = 6,  // where the key pages are, and the first key of each
  kRowPages = 7,  // each page has its own CRC-32 in the table
  kKeyPages = 8,
};

// In a row's body: its times are relative to its blocks in either direction.
inline constexpr std::uint8_t kRowOutside = 0x10;

// A key of this bit and its kind alone: the rows for which keys of that kind are not known.
inline constexpr std::uint8_t kUnknownBit = 0x80;

// Pages are closed when they have reached this size; one entry may go beyond it.
inline constexpr std::size_t kRowPageBytes = 8192;
inline constexpr std::size_t kKeyPageBytes = 4096;

}  // namespace index_format

}  // namespace capstan
