// Parses the pcapng blocks besides Enhanced Packet Blocks: sections, interfaces, statistics, and
// the two packet blocks that PacketWalk leaves to the reader. Pure functions from one block's bytes
// to fields; PacketWalk must have checked the lengths of the block before.
//
// Source: draft-ietf-opsawg-pcapng sections 3.5, 4.1 to 4.6 and appendix A (the obsolete Packet
// Block).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "engine/block/packet_view.h"
#include "engine/block/packet_walk.h"
#include "engine/format/recorded_event.h"
#include "engine/reader/capture_items.h"

namespace capstan {

// One option of a block; the value is borrowed from the block.
struct BlockOption {
  std::uint16_t code = 0;
  std::span<const std::uint8_t> value;
  std::string_view text() const noexcept {
    return {reinterpret_cast<const char*>(value.data()), value.size()};
  }
};

// Steps through a block's options. Ends at the end-of-options mark, at the block's trailing length
// or at an option that extends beyond it.
template <typename Order>
class OptionWalk {
 public:
  // `start`: offset of the first option in `block`.
  OptionWalk(std::span<const std::uint8_t> block, std::size_t start) noexcept;
  [[nodiscard]] bool next(BlockOption& option) noexcept;

 private:
  std::span<const std::uint8_t> rest_;
};

// nullopt: the block is shorter than its fixed part. Each text is cut to `text_limit` bytes.
template <typename Order>
std::optional<FileInterface> parse_interface(std::span<const std::uint8_t> block,
                                             std::size_t text_limit);

template <typename Order>
void parse_section_options(std::span<const std::uint8_t> block, std::size_t text_limit,
                           FileSection& section);

// `interfaces` are those of the section. nullopt: the block is too short, or its interface was not
// described.
template <typename Order>
std::optional<InterfaceStatistics> parse_statistics(std::span<const std::uint8_t> block,
                                                    std::span<const FileInterface> interfaces);

// nullopt: too short, or an unknown magic number. Accepts the first layout too; output_packets is
// then set to the value it has when one output gets all packets.
template <typename Order>
std::optional<BlockHead> parse_block_head(std::span<const std::uint8_t> block) noexcept;

// nullopt: too short, or an unknown magic number.
template <typename Order>
std::optional<FileClose> parse_file_close(std::span<const std::uint8_t> block) noexcept;

// nullopt: too short, or an unknown magic number. The text is cut to `text_limit` bytes.
template <typename Order>
std::optional<RecordedEvent> parse_event(std::span<const std::uint8_t> block,
                                         std::size_t text_limit);

// Parses the packet of an obsolete Packet Block or of a Simple Packet Block. The timestamp is the
// unchanged field (0 for the latter, which has none). Returns kRunning, or why the block holds no
// packet.
template <typename Order>
WalkEnd parse_packet_block(std::span<const std::uint8_t> block,
                           std::span<const FileInterface> interfaces, PacketView& packet) noexcept;
template <typename Order>
WalkEnd parse_simple_packet(std::span<const std::uint8_t> block,
                            std::span<const FileInterface> interfaces, PacketView& packet) noexcept;

}  // namespace capstan
