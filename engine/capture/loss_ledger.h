// LossLedger: finds where in a ring's sequence of blocks the packets are missing that the kernel
// reports as dropped.
//
// The kernel only reports how many packets were dropped since the counters were last read. But it
// drops only when the ring is full, while it waits for the oldest block that is not yet released:
// with N blocks, and o the number of that oldest block, the last block filled is o + N - 1, so the
// gap is in front of block o + N. There is one other case. When several CPUs deliver to one socket
// and a quarter of the ring or less is free, a packet that arrives while another CPU closes a block
// is dropped too, without a freeze (net/packet/af_packet.c: tpacket_rcv() calls
// __packet_rcv_has_room(), which looks at the block being closed and at one a quarter of the ring
// ahead, without the lock). That gap is in block o + N - N/4 or later. Between two readings o moves
// from one known value to another, and blocks taken by the first reading were full by then; this
// bounds the gap on both sides.
#pragma once

#include <cstdint>
#include <vector>

namespace capstan {

struct LedgerEntry {
  std::uint64_t first_sequence = 0;  // the gap is not before this block ...
  std::uint64_t sequence = 0;        // ... and not after the start of this one
  std::uint64_t dropped = 0;
  std::uint64_t freezes = 0;
};

// The losses of one ring that are not yet attributed to a block. Pure arithmetic; used by the
// capture thread only. Never allocates after construction: readings for the same block are merged,
// and a loss can wait for at most block_count + 1 different blocks.
class LossLedger {
 public:
  explicit LossLedger(std::uint32_t block_count);

  // Adds a reading of the kernel's counters: `dropped` and `freezes` since the previous reading.
  // `oldest_unreleased` is the number of the oldest block not yet released, determined after the
  // reading; `next` is the number of the next block to be taken.
  void note(std::uint64_t dropped, std::uint64_t freezes, std::uint64_t oldest_unreleased,
            std::uint64_t next) noexcept;

  // Removes and returns what has to be recorded in front of block `sequence`.
  LedgerEntry take_until(std::uint64_t sequence) noexcept;
  // Undoes take_until() when its block cannot carry the entry: the next block will.
  void put_back(const LedgerEntry& entry) noexcept;
  // Removes and returns the losses that no block follows.
  LedgerEntry take_rest() noexcept;

 private:
  std::uint32_t block_count_;
  std::uint64_t oldest_at_last_reading_ = 1;
  std::uint64_t next_at_last_reading_ = 1;
  std::vector<LedgerEntry> waiting_;  // in ascending order of `sequence`
};

}  // namespace capstan
