// BlockHead: the small local-use pcapng block in front of every sealed ring block, and the loss
// ledger it carries.
//
// The kernel's block descriptor (struct tpacket_block_desc, 48 bytes) lies where this block goes.
// Its block_status word, at byte 8, is the word by which the kernel knows that the block is still
// ours, so it must keep its place and value until the block is released: it is the first field of
// the body. An Interface Statistics Block with the same received and dropped counts follows for
// other readers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/format/pcapng.h"

namespace capstan {

// The bytes of the block from its first to the last field used; filler and the trailing length
// follow. All counts are of one ring since the recording began. In the machine's byte order, like
// the section.
//
// A head with sequence 0 and no packets is a ring's counts alone: at the start of a file what had
// been counted before it (the opening ledger), at its end what has been counted by then (the
// closing ledger).
struct BlockHead {
  std::uint32_t type;           // pcapng::kCapstanBlockHead
  std::uint32_t total_length;   // bytes
  std::uint32_t kernel_status;  // block_status as the kernel left it (TP_STATUS_*)
  std::uint32_t magic;          // kBlockHeadMagic, the version of this layout
  std::uint32_t ring;           // index of the ring, from 0
  std::uint32_t packet_count;   // packets of this block that follow in the file
  std::uint64_t sequence;       // the kernel's block number on this ring, from 1 (seq_num)
  std::uint64_t received;       // tp_packets as attributed up to this block, drops included
  std::uint64_t dropped;        // tp_drops: packets lost before the first packet of this block
  std::uint64_t freezes;        // tp_freeze_q_cnt: times the ring was full
  // When packets were lost since the block before on this ring: the last packet known to lie before
  // the loss and the first known to lie after it, nanoseconds since 1970. Both 0 when none were
  // lost. A loss still open when the recording ended has loss_end_ns 0.
  std::uint64_t loss_begin_ns;
  std::uint64_t loss_end_ns;
  // Packets of this ring that were given to this output, this block's included: what the files of
  // one stripe must hold. Equal to received - dropped where one output gets all. Not in layout 1.
  std::uint64_t output_packets;
};
static_assert(sizeof(BlockHead) == 80);
static_assert(offsetof(BlockHead, kernel_status) == 8, "block_status must keep its place");

inline constexpr std::uint32_t kBlockHeadMagic = 0x43504232;  // "CPB2"
// The first layout, which ends with loss_end_ns. Still read, never written.
inline constexpr std::uint32_t kBlockHeadMagic1 = 0x43504231;  // "CPB1"
inline constexpr std::size_t kBlockHeadBytes1 = 72;

}  // namespace capstan
