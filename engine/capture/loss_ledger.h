// LossLedger: where in a ring's stream of blocks the packets are missing that the kernel says it
// dropped.
//
// The kernel only says how many were dropped since it was last asked. But it drops only when the
// ring is full, that is while it waits for the oldest block not given back: with N blocks and that
// oldest block numbered o, the last block filled is o + N - 1, so the gap lies in front of block o
// + N. There is one other case. When several CPUs deliver to one socket and a quarter of the ring
// or less is free, a packet that comes while another CPU closes a block is dropped too, without a
// freeze (net/packet/af_packet.c: tpacket_rcv() asks __packet_rcv_has_room(), which looks at the
// block being closed and at one a quarter of the ring ahead, without the lock). That gap lies in
// block o + N - N/4 or later. Between two readings o moves from one known value to another, and
// what had been taken by the first was filled by then, which bounds the gap from both sides.
#pragma once

#include <cstdint>
#include <vector>

namespace capstan {

struct LedgerEntry {
  std::uint64_t first_sequence = 0;  // the gap is not before this block ...
  std::uint64_t sequence = 0;        // ... and not behind the start of this one
  std::uint64_t dropped = 0;
  std::uint64_t freezes = 0;
};

// One ring's losses not yet attributed to a block. Pure arithmetic; used by the capture thread
// alone. Never allocates after construction: readings for the same block merge, and there are at
// most block_count + 1 blocks a loss can be waiting for.
class LossLedger {
 public:
  explicit LossLedger(std::uint32_t block_count);

  // A reading of the kernel's counters: `dropped` and `freezes` since the reading before.
  // `oldest_unreleased` is the number of the oldest block not given back, looked up after the
  // reading, `next` that of the next one to be taken.
  void note(std::uint64_t dropped, std::uint64_t freezes, std::uint64_t oldest_unreleased,
            std::uint64_t next) noexcept;

  // What is to be said in front of block `sequence`, and forgets it.
  LedgerEntry take_until(std::uint64_t sequence) noexcept;
  // Undoes take_until(), whose block has no place to say it: the next one will.
  void put_back(const LedgerEntry& entry) noexcept;
  // What no block came after.
  LedgerEntry take_rest() noexcept;

 private:
  std::uint32_t block_count_;
  std::uint64_t oldest_at_last_reading_ = 1;
  std::uint64_t next_at_last_reading_ = 1;
  std::vector<LedgerEntry> waiting_;  // ascending by sequence
};

}  // namespace capstan
