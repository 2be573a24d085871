#include "engine/capture/ring_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace capstan {

namespace {

// Only the block count and size matter to a V3 ring; frame size and count must merely agree with
// them (packet_set_ring: tp_frame_nr == frames_per_block * tp_block_nr) and clear the minimum.
constexpr std::uint32_t kNominalFrameBytes = 2048;

}  // namespace

std::uint32_t RingLayout::reserve_bytes() const noexcept {
  // tpacket_rcv(): a SOCK_RAW packet starts at ALIGN(68 + max(16, maclen), 16) + reserve - maclen,
  // which is 82 + reserve for Ethernet and 96 + reserve without a MAC header; a SOCK_DGRAM one at
  // 96 + reserve. The 28-byte head in front must start at a multiple of 4, and more room in front
  // means more room for the options of the packet before.
  switch (slot_kind) {
    case SlotKind::kEthernet:
      return 2;
    case SlotKind::kRaw:
      return 0;
    case SlotKind::kCooked:
      return 8;
  }
  return 0;
}

tpacket_req3 RingLayout::request() const noexcept {
  tpacket_req3 request{};
  request.tp_block_size = block_size_bytes;
  request.tp_block_nr = block_count;
  request.tp_frame_size = kNominalFrameBytes;
  request.tp_frame_nr = block_size_bytes / kNominalFrameBytes * block_count;
  request.tp_retire_blk_tov = retire_timeout_ms;
  request.tp_sizeof_priv = kPrivateBytes;
  return request;
}

RingLayout make_ring_layout(std::uint64_t ring_bytes, std::uint32_t block_size_bytes,
                            std::uint32_t retire_timeout_ms, SlotKind slot_kind) noexcept {
  RingLayout layout;
  layout.block_size_bytes = block_size_bytes;
  const std::uint64_t blocks = block_size_bytes == 0 ? 0 : ring_bytes / block_size_bytes;
  layout.block_count = static_cast<std::uint32_t>(
      std::clamp<std::uint64_t>(blocks, kMinBlockCount, std::uint32_t{1} << 20));
  layout.retire_timeout_ms = retire_timeout_ms;
  layout.slot_kind = slot_kind;
  return layout;
}

std::vector<std::string> validate_ring_layout(const RingLayout& layout) {
  std::vector<std::string> problems;
  if (!std::has_single_bit(layout.block_size_bytes) ||
      layout.block_size_bytes < kMinBlockSizeBytes ||
      layout.block_size_bytes > kMaxBlockSizeBytes) {
    problems.push_back(fmt::format("block size {} is not a power of two from {} to {} bytes",
                                   layout.block_size_bytes, kMinBlockSizeBytes,
                                   kMaxBlockSizeBytes));
  }
  if (layout.retire_timeout_ms < 1 || layout.retire_timeout_ms > 10'000) {
    problems.push_back(
        fmt::format("retire timeout {} ms is not from 1 to 10000", layout.retire_timeout_ms));
  }
  return problems;
}

std::uint32_t largest_packet_bytes(std::uint32_t block_size_bytes) noexcept {
  // BLK_PLUS_PRIV in af_packet.c: the descriptor and the private area; then the packet's offset in
  // its slot, the largest of the three kinds of link.
  constexpr std::uint32_t kBlockHeadBytes = 48 + kPrivateBytes;
  constexpr std::uint32_t kMostSlotHeadBytes = 96 + 8;
  constexpr std::uint32_t kTaken = kBlockHeadBytes + kMostSlotHeadBytes + 4;
  return block_size_bytes > kTaken ? block_size_bytes - kTaken : 0;
}

}  // namespace capstan
