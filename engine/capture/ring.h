// Ring: the mapped TPACKET_V3 receive ring of one socket, and which of its blocks are held.
//
// Between packet_socket (which sets the ring up) and capture_thread (which empties it).
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

// The mapped ring. The kernel fills its blocks in order; seal_next() seals them in the same order;
// they are released in any order, but the kernel waits for the oldest. Threads: everything except
// release() belongs to the capture thread. The memory may be read by everyone who has a BlockRef.
class Ring final : public BlockHome {
 public:
  // Maps the ring that `socket` has set up with `layout`. Throws std::system_error.
  Ring(const PacketSocket& socket, const RingLayout& layout, const SealContext& context,
       std::uint16_t link_type);
  // Aborts when a block is still held, that is when a BlockRef outlived its ring.
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  // Whether the kernel has handed over the next block and it is not sealed yet. Never waits.
  bool next_is_ready() const noexcept;
  // Packets in the next block. Requires: next_is_ready().
  std::uint32_t next_packet_count() const noexcept;
  // When the kernel opened the next block. Requires: next_is_ready().
  std::uint64_t next_opened_ns() const noexcept;
  // The kernel's number of the next block. Requires: next_is_ready().
  std::uint64_t next_sequence() const noexcept;

  // Seals the next block and advances. When nothing in the block could be sealed, the returned
  // BlockRef is empty and the block is already released. Requires: next_is_ready().
  BlockRef seal_next(const SealLedger& ledger, std::uint32_t packet_limit,
                     SealResult& result) noexcept;
  // Releases the next block without reading it. Requires: next_is_ready().
  void skip_next() noexcept;

  // Packets in the ring after everything sealed so far: in blocks that are ready and in the block
  // that the kernel is filling. A snapshot; never too high once reception has stopped.
  std::uint64_t unread_packets() const noexcept;

  // Blocks sealed and not yet released.
  std::uint32_t held_blocks() const noexcept;
  // The kernel's number of the oldest block not yet released (for which the kernel waits when the
  // ring is full); the number of the next block when none is held.
  std::uint64_t oldest_unreleased_sequence() noexcept;
  // The last timestamp of block number `sequence` if it is among the last remembered() blocks;
  // otherwise 0.
  std::uint64_t last_timestamp_of(std::uint64_t sequence) const noexcept;

  void release(SealedBlock& block) noexcept override;

  std::uint32_t index() const noexcept { return context_.ring; }
  std::uint32_t block_count() const noexcept { return layout_.block_count; }
  const RingLayout& layout() const noexcept { return layout_; }
  // All of the ring's memory, for registering it with io_uring.
  std::span<std::uint8_t> memory() const noexcept { return {region_.data(), region_.size()}; }

 private:
  std::uint8_t* block_at(std::uint64_t position) const noexcept;
  // How many blocks' times are kept. Between two readings of the kernel's counters the oldest held
  // block can advance by a whole ring, so a loss may have begun that far before the blocks still
  // held.
  std::size_t remembered() const noexcept { return 2 * std::size_t{layout_.block_count} + 2; }

  RingLayout layout_;
  SealContext context_;
  MmapRegion region_;
  std::unique_ptr<SealedBlock[]> blocks_;
  std::unique_ptr<std::uint64_t[]> last_timestamps_;  // per block, of its latest seal
  // Positions count blocks since the start; position % block_count is the index of the block, and
  // position + 1 is the kernel's sequence number (init_prb_bdqc starts knxt_seq_num at 1).
  std::uint64_t next_ = 0;
  std::uint64_t oldest_ = 0;
  std::uint64_t sealed_ = 0;
  // Blocks released; written by any thread, read by the capture thread, which only needs the
  // number.
  alignas(64) std::atomic<std::uint64_t> released_{0};
};

}  // namespace capstan
