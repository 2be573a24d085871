// The pcapng blocks around the packets: sections, interfaces, statistics, and the two packet blocks
// that PacketWalk leaves to the reader. Pure functions from one block's bytes to fields; each takes
// a block whose lengths PacketWalk has checked.
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
// or at an option that overruns it.
template <typename Order>
class OptionWalk {
 public:
  // The options of `block` begin `start` bytes into it.
  OptionWalk(std::span<const std::uint8_t> block, std::size_t start) noexcept;
  [[nodiscard]] bool next(BlockOption& option) noexcept;

 private:
  std::span<const std::uint8_t> rest_;
};

// nullopt: the block is too short for its fixed part. Texts are cut to `text_limit` bytes each.
template <typename Order>
std::optional<FileInterface> parse_interface(std::span<const std::uint8_t> block,
                                             std::size_t text_limit);

template <typename Order>
void parse_section_options(std::span<const std::uint8_t> block, std::size_t text_limit,
                           FileSection& section);

// `interfaces` are those of the section. nullopt: too short, or of no interface that was described.
template <typename Order>
std::optional<InterfaceStatistics> parse_statistics(std::span<const std::uint8_t> block,
                                                    std::span<const FileInterface> interfaces);

// nullopt: too short, or another magic. Of the first layout too; output_packets is then what it is
// where one output gets all packets.
template <typename Order>
std::optional<BlockHead> parse_block_head(std::span<const std::uint8_t> block) noexcept;

// nullopt: too short, or another magic.
template <typename Order>
std::optional<FileClose> parse_file_close(std::span<const std::uint8_t> block) noexcept;

// nullopt: too short, or another magic. The text is cut to `text_limit` bytes.
template <typename Order>
std::optional<RecordedEvent> parse_event(std::span<const std::uint8_t> block,
                                         std::size_t text_limit);

// The packet of an obsolete Packet Block or of a Simple Packet Block, with the timestamp as it
// stands (0 for the latter, which has none). kRunning, or why the block holds no packet.
template <typename Order>
WalkEnd parse_packet_block(std::span<const std::uint8_t> block,
                           std::span<const FileInterface> interfaces, PacketView& packet) noexcept;
template <typename Order>
WalkEnd parse_simple_packet(std::span<const std::uint8_t> block,
                            std::span<const FileInterface> interfaces, PacketView& packet) noexcept;

}  // namespace capstan
