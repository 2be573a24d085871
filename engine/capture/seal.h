// Sealing: a TPACKET_V3 block becomes a sequence of valid pcapng blocks, in place, without moving a
// packet.
//
// Called by the capture thread (capture_thread.cc) on a block the kernel has just handed over; what
// comes out is walked by engine/block/packet_walk and written as it is by the in-place writer. How
// the bytes are laid out is in docs/architecture.md, "Sealing".
#pragma once

#include <cstdint>
#include <limits>

#include "engine/capture/ring_layout.h"

namespace capstan {

// What is the same for every block of a ring.
struct SealContext {
  SlotKind slot_kind = SlotKind::kEthernet;
  std::uint32_t interface_id = 0;      // of every packet, as the file's section numbers it
  std::uint32_t ring = 0;              // for the BlockHead and epb_queue
  std::uint32_t snaplen = 262144;      // bytes; a packet with its VLAN tag back is cut to this
  std::uint32_t block_size_bytes = 0;  // of the ring
  // The sealed size is a multiple of this (a power of two, 4096 at least), for O_DIRECT.
  std::uint32_t alignment_bytes = 4096;
};

// What the ledger says in front of this block; see BlockHead.
struct SealLedger {
  std::uint64_t packets_before = 0;         // in earlier blocks of this ring
  std::uint64_t output_packets_before = 0;  // of them, given to the output that gets this block
  std::uint64_t dropped = 0;
  std::uint64_t dropped_since_last = 0;  // > 0: the first packet carries epb_dropcount
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
  // Packets shorter than both the wire and the snap length: the ring block was too small for them.
  std::uint32_t truncated = 0;
  // Packets the kernel announced but whose slot head made no sense; not in the block.
  std::uint32_t damaged = 0;
  // Packets left out because of `packet_limit`.
  std::uint32_t beyond_limit = 0;
};

// Packets the kernel put into this block. Requires: the block is ours.
std::uint32_t block_packet_count(const std::uint8_t* block) noexcept;

// Seals `block`, at most `packet_limit` packets of it. Requires: the block is ours (status
// acquired) and not sealed yet. Leaves block_status alone. No byte of the result is left over from
// an earlier packet. Never reads or writes outside block_size_bytes, whatever the slot heads say.
SealResult seal_block(
    std::uint8_t* block, const SealContext& context, const SealLedger& ledger,
    std::uint32_t packet_limit = std::numeric_limits<std::uint32_t>::max()) noexcept;

}  // namespace capstan
