// The only place that touches block_status, the word by which the kernel and Capstan hand a ring
// block to each other.
//
// net/packet/af_packet.c: prb_close_block() writes the block, then its status (smp_wmb between), so
// an acquire load that sees TP_STATUS_USER sees the whole block. prb_open_block() reads the status
// (smp_rmb after), so a release store of TP_STATUS_KERNEL orders Capstan's last access before the
// reuse.
#pragma once

#include <linux/if_packet.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace capstan::ring_status {

inline constexpr std::size_t kStatusOffset = offsetof(tpacket_block_desc, hdr.bh1.block_status);
static_assert(kStatusOffset == 8);

inline std::atomic_ref<std::uint32_t> status_word(std::uint8_t* block) noexcept {
  return std::atomic_ref<std::uint32_t>(*reinterpret_cast<std::uint32_t*>(block + kStatusOffset));
}

// Loads the block's status and makes everything visible that the kernel wrote before it. Pairs with
// prb_close_block.
inline std::uint32_t acquire(std::uint8_t* block) noexcept {
  return status_word(block).load(std::memory_order_acquire);
}

inline bool is_ours(std::uint32_t status) noexcept { return (status & TP_STATUS_USER) != 0; }

// Returns the block to the kernel. Pairs with prb_open_block.
inline void release(std::uint8_t* block) noexcept {
  status_word(block).store(TP_STATUS_KERNEL, std::memory_order_release);
}

// Packets that the kernel has put into a block it is still filling: a snapshot of a changing word.
// Use it to see whether there are packets and as a bound, not to access the packets.
inline std::uint32_t peek_packet_count(std::uint8_t* block) noexcept {
  auto* count =
      reinterpret_cast<std::uint32_t*>(block + offsetof(tpacket_block_desc, hdr.bh1.num_pkts));
  return std::atomic_ref<std::uint32_t>(*count).load(std::memory_order_acquire);
}

}  // namespace capstan::ring_status
