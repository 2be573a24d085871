// Sealing: turns a TPACKET_V3 block into a sequence of valid pcapng blocks, in place, without
// moving a packet.
//
// The capture thread (capture_thread.cc) calls it on a block that the kernel has just handed over.
// The result is walked by engine/block/packet_walk and written unchanged by the in-place writer.
// The layout of the bytes is described in docs/architecture.md, "Sealing".
#pragma once

#include <cstdint>
#include <limits>

#include "engine/capture/ring_layout.h"

namespace capstan {

// Properties common to all blocks of a ring.
struct SealContext {
  SlotKind slot_kind = SlotKind::kEthernet;
  std::uint32_t interface_id = 0;      // of every packet, as numbered in the file's section
  std::uint32_t ring = 0;              // index of the ring, for the BlockHead and epb_queue
  std::uint32_t snaplen = 262144;      // bytes; a packet whose VLAN tag was put back is cut to this
  std::uint32_t block_size_bytes = 0;  // of the ring
  // The sealed size is a multiple of this (a power of two, at least 4096), for O_DIRECT.
  std::uint32_t alignment_bytes = 4096;
};

// The ledger entries that are recorded in front of this block; see BlockHead.
struct SealLedger {
  std::uint64_t packets_before = 0;         // in earlier blocks of this ring
  std::uint64_t output_packets_before = 0;  // those given to the output that gets this block
  std::uint64_t dropped = 0;
  std::uint64_t dropped_since_last = 0;  // if > 0, the first packet gets an epb_dropcount
  std::uint64_t freezes = 0;
  std::uint64_t loss_begin_ns = 0;
};

struct SealResult {
  std::uint32_t size_bytes = 0;  // sealed bytes from the block's start
  std::uint32_t packet_count = 0;
  std::uint64_t captured_bytes = 0;
  std::uint64_t first_timestamp_ns = 0;
  std::uint64_t last_timestamp_ns = 0;
  std::uint64_t sequence = 0;
  // Packets shorter than both the wire length and the snap length: the ring block was too small.
  std::uint32_t truncated = 0;
  // Packets that the kernel announced but whose slot head was not valid; not in the block.
  std::uint32_t damaged = 0;
  // Packets left out because of `packet_limit`.
  std::uint32_t beyond_limit = 0;
};

// Packets that the kernel put into this block. Requires that the kernel has handed it over.
std::uint32_t block_packet_count(const std::uint8_t* block) noexcept;

// Seals `block`, at most `packet_limit` packets of it. Requires that the kernel has handed the
// block over (status loaded with acquire) and that it is not sealed yet. Does not change
// block_status. Nothing in the result is left over from an earlier packet. Never reads or writes
// outside block_size_bytes, whatever the slot heads say.
SealResult seal_block(
    std::uint8_t* block, const SealContext& context, const SealLedger& ledger,
    std::uint32_t packet_limit = std::numeric_limits<std::uint32_t>::max()) noexcept;

}  // namespace capstan
