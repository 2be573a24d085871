// The arithmetic of a TPACKET_V3 ring: the sizes requested from the kernel, and where it puts
// things.
#pragma once

#include <linux/if_packet.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engine/block/slot_kind.h"

namespace capstan {

struct RingLayout {
  std::uint32_t block_size_bytes = 1U << 20;
  std::uint32_t block_count = 64;
  std::uint32_t retire_timeout_ms = 100;
  SlotKind slot_kind = SlotKind::kEthernet;

  std::uint64_t total_bytes() const noexcept {
    return std::uint64_t{block_size_bytes} * block_count;
  }
  // For PACKET_RESERVE: extra bytes between the slot head and the packet, so that the head of an
  // Enhanced Packet Block in front of the packet is 4-byte aligned.
  std::uint32_t reserve_bytes() const noexcept;
  // For PACKET_RX_RING.
  tpacket_req3 request() const noexcept;
};

inline constexpr std::uint32_t kMinBlockSizeBytes = 16U << 10;
inline constexpr std::uint32_t kMaxBlockSizeBytes = 64U << 20;
inline constexpr std::uint32_t kMinBlockCount = 2;

// Bytes after the 48-byte block descriptor that the kernel does not use (tp_sizeof_priv): room for
// the BlockHead and the statistics block even when a packet's own head begins early.
inline constexpr std::uint32_t kPrivateBytes = 56;

// make_ring_layout(): a layout of about `ring_bytes`, in whole blocks. validate_ring_layout(): all
// problems with the numbers at once, as sentences; empty when the layout is good.
RingLayout make_ring_layout(std::uint64_t ring_bytes, std::uint32_t block_size_bytes,
                            std::uint32_t retire_timeout_ms, SlotKind slot_kind) noexcept;
std::vector<std::string> validate_ring_layout(const RingLayout& layout);

// The largest packet that a block of this size can store uncut, on any link type: the kernel cuts a
// packet that is larger than a whole block (tpacket_rcv: max_frame_len), and sealing needs the
// block's last 4 bytes.
std::uint32_t largest_packet_bytes(std::uint32_t block_size_bytes) noexcept;

}  // namespace capstan
