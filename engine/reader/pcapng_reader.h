// The pcapng format: sections of blocks in either byte order, walked by PacketWalk.
//
// Source: draft-ietf-opsawg-pcapng sections 3 and 4.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "engine/reader/byte_window.h"
#include "engine/reader/record_reader.h"

namespace capstan {

// True when `bytes` begin with the type of a Section Header Block.
bool has_pcapng_magic(std::span<const std::uint8_t> bytes) noexcept;

// The fixed part of a Section Header Block.
struct SectionHead {
  bool byte_swapped = false;
  std::uint16_t version_major = 0;
  std::uint16_t version_minor = 0;
  std::uint32_t total_length = 0;
};

// The minimum length of a Section Header Block.
inline constexpr std::size_t kSectionHeadBytes = 28;

// Requires 16 bytes. nullopt: no byte-order magic, or an impossible length.
std::optional<SectionHead> parse_section_head(std::span<const std::uint8_t> bytes) noexcept;

// Requires that `window` starts with the type of a Section Header Block.
std::unique_ptr<RecordReader> make_pcapng_reader(ByteWindow window);

}  // namespace capstan
