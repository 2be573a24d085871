// PacketWalk: steps through pcapng blocks in memory and returns the packets in them.
//
// One walker for everything that reads packets: sealed ring blocks while they are live, the packed
// writer, and sections of mapped files (engine/reader/). It trusts no length, never reads outside
// its span, allocates nothing and throws nothing; bytes that are not valid end the walk with a
// reason.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/block/packet_view.h"
#include "engine/core/byte_order.h"
#include "engine/format/pcapng.h"

namespace capstan {

// Why a walk ended.
enum class WalkEnd : std::uint8_t {
  kRunning,           // it has not ended
  kComplete,          // the last block ends exactly where the bytes end
  kCutShort,          // fewer bytes are left than the block's length says
  kNewSection,        // a Section Header Block: what follows has its own interfaces and byte order
  kZeros,             // zeros where a block should begin: preallocated and never written
  kReservedType,      // block type 0, which is reserved (section 11.1)
  kBadLength,         // a block length that is too small, too large or not a multiple of 4
  kTrailerMismatch,   // the two length fields of a block differ
  kPacketTooLong,     // a packet is longer than the block that holds it
  kUnknownInterface,  // a packet names an interface that was not described
};

// A short phrase that completes "damaged at offset N: ...".
const char* walk_end_text(WalkEnd end) noexcept;

// True when the bytes at which the walk ended are not a block. kCutShort alone is not damage: more
// bytes may follow.
constexpr bool walk_end_is_damage(WalkEnd end) noexcept { return end >= WalkEnd::kZeros; }

// What step() stopped at.
enum class WalkStep : std::uint8_t { kPacket, kBlock, kEnd };

// A longer block is taken for damage: no packet needs one, and a reader of a pipe must hold one
// whole block in memory (Wireshark and libpcap have the same limit of 16 MiB).
inline constexpr std::uint32_t kMaxBlockBytes = 16U << 20;

// Walks blocks whose fields are in byte order `Order` (NativeOrder for all that Capstan writes). A
// plain value that borrows the bytes and the table; every PacketView it returns borrows the bytes.
// One thread.
template <typename Order>
class BasicPacketWalk {
 public:
  BasicPacketWalk() noexcept = default;

  // `link_types[i]` is the link type of interface i: of the rings of a live capture, or of the
  // interfaces that the section has described so far. The table may grow between steps:
  // set_link_types().
  BasicPacketWalk(std::span<const std::uint8_t> bytes,
                  std::span<const std::uint16_t> link_types) noexcept
      : begin_(bytes.data()),
        cursor_(bytes.data()),
        bytes_end_(bytes.data() + bytes.size()),
        block_(bytes.data()),
        link_types_(link_types.data()),
        interface_count_(static_cast<std::uint32_t>(link_types.size())) {}

  // Gets the next packet and skips other blocks by their length. False at the end: end() says why.
  // packet.timestamp_ns is the unchanged 64-bit timestamp field: nanoseconds in all that Capstan
  // writes (if_tsresol 9); a reader of other files must scale it.
  [[nodiscard]] bool next(PacketView& packet) noexcept {
    WalkStep stop = step(packet);
    while (stop == WalkStep::kBlock) stop = step(packet);
    return stop == WalkStep::kPacket;
  }

  // Goes to the next block of any type. kPacket: an Enhanced Packet Block, stored in `packet`.
  // kBlock: a block of another type, see block(). kEnd: see end(); every further call returns kEnd
  // again.
  [[nodiscard]] WalkStep step(PacketView& packet) noexcept {
    const auto left = static_cast<std::size_t>(bytes_end_ - cursor_);
    block_ = cursor_;
    if (left < pcapng::kMinBlockBytes) [[unlikely]]
      return end_short(left);
    const std::uint32_t type = Order::load32(cursor_);
    const std::uint32_t length = Order::load32(cursor_ + 4);
    const WalkEnd problem = check_block(type, length, left);
    if (problem != WalkEnd::kRunning) [[unlikely]]
      return end_with(problem);
    if (type != pcapng::kEnhancedPacketBlock) [[unlikely]] {
      cursor_ += length;
      return WalkStep::kBlock;
    }
    return step_packet(length, packet);
  }

  // The block that step() last stopped at, including its head and its trailing length.
  std::span<const std::uint8_t> block() const noexcept {
    return {block_, static_cast<std::size_t>(cursor_ - block_)};
  }
  std::uint32_t block_type() const noexcept { return Order::load32(block_); }

  // Bytes from the start of the span to that block or, after the end, to where the walk ended.
  std::size_t offset() const noexcept { return static_cast<std::size_t>(block_ - begin_); }

  WalkEnd end() const noexcept { return end_; }

  void set_link_types(std::span<const std::uint16_t> link_types) noexcept {
    link_types_ = link_types.data();
    interface_count_ = static_cast<std::uint32_t>(link_types.size());
  }

 private:
  // kRunning when the block's lengths are consistent. Requires at least kMinBlockBytes left.
  WalkEnd check_block(std::uint32_t type, std::uint32_t length, std::size_t left) const noexcept {
    // The type of a Section Header Block is the same in both byte orders; its length is not.
    if (type == pcapng::kSectionHeaderBlock) return WalkEnd::kNewSection;
    if (length < pcapng::kMinBlockBytes || length > kMaxBlockBytes || length % 4 != 0) {
      return type == 0 && length == 0 ? WalkEnd::kZeros : WalkEnd::kBadLength;
    }
    if (type == 0) return WalkEnd::kReservedType;
    if (length > left) return WalkEnd::kCutShort;
    if (Order::load32(cursor_ + length - pcapng::kBlockTrailerBytes) != length) {
      return WalkEnd::kTrailerMismatch;
    }
    return WalkEnd::kRunning;
  }

  WalkStep step_packet(std::uint32_t length, PacketView& packet) noexcept {
    using pcapng::kBlockTrailerBytes;
    using pcapng::kEnhancedPacketHeadBytes;
    constexpr std::uint32_t kFixedBytes = kEnhancedPacketHeadBytes + kBlockTrailerBytes;
    if (length < kFixedBytes) [[unlikely]]
      return end_with(WalkEnd::kBadLength);
    const std::uint32_t caplen = Order::load32(cursor_ + 20);
    const std::uint32_t interface_id = Order::load32(cursor_ + 8);
    if (caplen > length - kFixedBytes) [[unlikely]]
      return end_with(WalkEnd::kPacketTooLong);
    if (interface_id >= interface_count_) [[unlikely]] {
      return end_with(WalkEnd::kUnknownInterface);
    }
    const std::uint32_t wirelen = Order::load32(cursor_ + 24);
    packet.data = cursor_ + kEnhancedPacketHeadBytes;
    packet.caplen = caplen;
    packet.wirelen = wirelen < caplen ? caplen : wirelen;
    packet.timestamp_ns =
        std::uint64_t{Order::load32(cursor_ + 12)} << 32 | Order::load32(cursor_ + 16);
    packet.interface_id = interface_id;
    packet.link_type = link_types_[interface_id];
    packet.direction = Direction::kUnknown;
    packet.dropped_before = 0;
    const std::uint8_t* options = packet.data + pcapng::padded4(caplen);
    cursor_ += length;
    read_options(options, cursor_ - kBlockTrailerBytes, packet);
    return WalkStep::kPacket;
  }

  // Options: code, length, value padded to 4 (section 3.5); their meanings: section 4.3.1. Options
  // that overrun the block, and all after the filler with which Capstan ends a packet, are ignored.
  static void read_options(const std::uint8_t* at, const std::uint8_t* end,
                           PacketView& packet) noexcept {
    while (end - at >= static_cast<std::ptrdiff_t>(pcapng::kOptionHeaderBytes)) {
      const std::uint16_t code = Order::load16(at);
      const std::uint16_t length = Order::load16(at + 2);
      at += pcapng::kOptionHeaderBytes;
      if (code == pcapng::kOptEndOfOptions || code == pcapng::kOptCapstanFiller) return;
      const auto value_bytes = static_cast<std::ptrdiff_t>(pcapng::padded4(length));
      if (value_bytes > end - at) return;
      if (code == pcapng::kEpbFlags && length == 4) {
        const std::uint32_t way = Order::load32(at) & 3U;
        packet.direction = way == 3U ? Direction::kUnknown : static_cast<Direction>(way);
      } else if (code == pcapng::kEpbDropCount && length == 8) {
        packet.dropped_before = Order::load64(at);
      }
      at += value_bytes;
    }
  }

  WalkStep end_short(std::size_t left) noexcept {
    if (left == 0) return end_with(WalkEnd::kComplete);
    // 4 bytes are enough to recognise the start of a new section.
    if (left >= 4 && Order::load32(cursor_) == pcapng::kSectionHeaderBlock) {
      return end_with(WalkEnd::kNewSection);
    }
    return end_with(WalkEnd::kCutShort);
  }

  WalkStep end_with(WalkEnd why) noexcept {
    end_ = why;
    cursor_ = block_;
    return WalkStep::kEnd;
  }

  const std::uint8_t* begin_ = nullptr;
  const std::uint8_t* cursor_ = nullptr;     // the next block
  const std::uint8_t* bytes_end_ = nullptr;  // one past the last byte
  const std::uint8_t* block_ = nullptr;      // the block that step() last stopped at
  const std::uint16_t* link_types_ = nullptr;
  std::uint32_t interface_count_ = 0;
  WalkEnd end_ = WalkEnd::kRunning;
};

// The walker of live blocks and of everything else in this machine's byte order.
using PacketWalk = BasicPacketWalk<NativeOrder>;

extern template class BasicPacketWalk<NativeOrder>;
extern template class BasicPacketWalk<SwappedOrder>;

}  // namespace capstan
