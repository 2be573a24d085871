// BlockHead: the small local-use pcapng block in front of every sealed ring block, with the loss
// ledger.
//
// It is written over the kernel's block descriptor (struct tpacket_block_desc, 48 bytes). The
// descriptor's block_status word, at byte 8, tells the kernel that the block still belongs to
// Capstan, so it must keep its place and value until the block is released: it is the first field
// of the body. An Interface Statistics Block with the same received and dropped counts follows for
// other readers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/format/pcapng.h"

namespace capstan {

// The bytes of the block from its first one to the last field used; filler and the trailing length
// follow. All counts are for one ring since the recording began. Byte order of this machine, like
// the section.
//
// A head with sequence 0 and no packets holds only a ring's counts: at the start of a file those
// from before the file (the opening ledger), at its end those reached by then (the closing ledger).
struct BlockHead {
  std::uint32_t type;           // pcapng::kCapstanBlockHead
  std::uint32_t total_length;   // bytes
  std::uint32_t kernel_status;  // block_status as the kernel left it (TP_STATUS_*)
  std::uint32_t magic;          // kBlockHeadMagic, the version of this layout
  std::uint32_t ring;           // index of the ring, from 0
  std::uint32_t packet_count;   // packets of this ring block, which follow in the file
  std::uint64_t sequence;       // the kernel's block number on this ring, from 1 (seq_num)
  std::uint64_t received;       // tp_packets as attributed up to this block, including drops
  std::uint64_t dropped;        // tp_drops: packets lost before the first packet of this block
  std::uint64_t freezes;        // tp_freeze_q_cnt: times the ring was full
  // When packets were lost since the previous block of this ring: the time of the last packet known
  // to come before the loss and of the first one known to come after it, in nanoseconds since 1970.
  // Both 0 when none were lost. A loss that had not ended when the recording ended has loss_end_ns
  // 0.
  std::uint64_t loss_begin_ns;
  std::uint64_t loss_end_ns;
  // Packets of this ring that went to this output, including this block's: the number that the
  // files of one stripe must hold. Equal to received - dropped when one output gets all. Not in
  // layout 1.
  std::uint64_t output_packets;
};
static_assert(sizeof(BlockHead) == 80);
static_assert(offsetof(BlockHead, kernel_status) == 8, "block_status must keep its place");

inline constexpr std::uint32_t kBlockHeadMagic = 0x43504232;  // "CPB2"
// The first layout, which ends with loss_end_ns. Still read, no longer written.
inline constexpr std::uint32_t kBlockHeadMagic1 = 0x43504231;  // "CPB1"
inline constexpr std::size_t kBlockHeadBytes1 = 72;

}  // namespace capstan
