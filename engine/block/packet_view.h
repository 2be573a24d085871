// PacketView: one packet, wherever its bytes are stored (a sealed ring block, a mapped file).
#pragma once

#include <cstdint>

#include "engine/format/link_type.h"

namespace capstan {

// In which direction the packet passed the interface; unknown when the file does not say.
enum class Direction : std::uint8_t { kUnknown = 0, kInbound = 1, kOutbound = 2 };

// One packet. Borrowed: `data` is valid only as long as the block or file that the packet was read
// from. A plain value, cheap to copy, that owns nothing.
struct PacketView {
  const std::uint8_t* data = nullptr;  // the first byte of the link-layer header
  std::uint32_t caplen = 0;            // captured bytes, present at `data`
  std::uint32_t wirelen = 0;           // bytes that the packet had on the wire, at least caplen
  std::uint64_t timestamp_ns = 0;      // since 1970-01-01 UTC
  std::uint32_t interface_id = 0;      // index of the interface within its section or ring set
  std::uint16_t link_type = link_type::kEthernet;
  Direction direction = Direction::kUnknown;
  std::uint64_t dropped_before =
      0;  // packets lost between the previous packet and this one, if known
};

}  // namespace capstan
