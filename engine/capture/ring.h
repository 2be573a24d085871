// Ring: one socket's TPACKET_V3 receive ring, mapped, and which of its blocks we hold.
//
// Between packet_socket (whose ring it is) and capture_thread (which empties it).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>

#include "engine/block/block_ref.h"
#include "engine/capture/ring_layout.h"
#include "engine/capture/seal.h"
#include "engine/core/mmap_region.h"

namespace capstan {

class PacketSocket;

// The mapped ring. The kernel fills its blocks in order; try_seal_next() seals them in the same
// order; they come back in any order, but the kernel waits for the oldest. Threads: everything but
// release() belongs to the capture thread. The memory itself may be read by whoever holds a
// BlockRef.
class Ring final : public BlockHome {
 public:
  // Maps the ring that `socket` has set up with `layout`. Throws std::system_error.
  Ring(const PacketSocket& socket, const RingLayout& layout, const SealContext& context,
       std::uint16_t link_type);
  // Aborts when a block is still held: a BlockRef outlived its ring.
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  // Whether the next block in turn is ours and not sealed yet. Never waits.
  bool next_is_ready() const noexcept;
  // Packets in the next block. Requires: next_is_ready().
  std::uint32_t next_packet_count() const noexcept;
  // When the kernel opened the next block. Requires: next_is_ready().
  std::uint64_t next_opened_ns() const noexcept;
  // The kernel's number of the next block. Requires: next_is_ready().
  std::uint64_t next_sequence() const noexcept;

  // Seals the next block and moves on. A block in which nothing could be sealed comes back empty
  // and is already released. Requires: next_is_ready().
  BlockRef seal_next(const SealLedger& ledger, std::uint32_t packet_limit,
                     SealResult& result) noexcept;
  // Gives the next block back unread. Requires: next_is_ready().
  void skip_next() noexcept;

  // Packets that lie in the ring behind everything sealed so far: in blocks that are ready and in
  // the one the kernel is filling. A snapshot; never too high when reception has stopped.
  std::uint64_t unread_packets() const noexcept;

  // Blocks sealed and not yet released.
  std::uint32_t held_blocks() const noexcept;
  // The kernel's number of the oldest block not given back yet (whose place it waits for when the
  // ring is full); the next block's when none is held.
  std::uint64_t oldest_unreleased_sequence() noexcept;
  // The last timestamp of the block with this number, if it is one of the last block_count()
  // sealed; else 0.
  std::uint64_t last_timestamp_of(std::uint64_t sequence) const noexcept;

  void release(SealedBlock& block) noexcept override;

  std::uint32_t index() const noexcept { return context_.ring; }
  std::uint32_t block_count() const noexcept { return layout_.block_count; }
  const RingLayout& layout() const noexcept { return layout_; }
  // All of the ring's memory, for registering it with io_uring.
  std::span<std::uint8_t> memory() const noexcept { return {region_.data(), region_.size()}; }

 private:
  std::uint8_t* block_at(std::uint64_t position) const noexcept;
  // Between two readings of the kernel's counters the oldest held block can move by a whole ring,
  // so a loss may have begun that far in front of the blocks still known.
  std::size_t remembered() const noexcept { return 2 * std::size_t{layout_.block_count} + 2; }

  RingLayout layout_;
  SealContext context_;
  MmapRegion region_;
  std::unique_ptr<SealedBlock[]> blocks_;
  std::unique_ptr<std::uint64_t[]> last_timestamps_;  // per block, of its latest seal
  // Positions count blocks since the start; position % block_count is the index, position + 1 the
  // kernel's sequence number (init_prb_bdqc starts knxt_seq_num at 1).
  std::uint64_t next_ = 0;
  std::uint64_t oldest_ = 0;
  std::uint64_t sealed_ = 0;
  // Blocks given back; written by any thread, read by the capture thread, which only wants a
  // number.
  alignas(64) std::atomic<std::uint64_t> released_{0};
};

}  // namespace capstan
