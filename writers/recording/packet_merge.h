// PacketMerge: packets of several rings in the order of their time.
//
// Used by RecordingWriter for the packed layout. Each ring's blocks are in order already; a packet
// may go out when every ring has shown what comes next, or when it has waited so long that what was
// received before it must have come from every ring.
//
// How long it has waited is measured on the boot clock, from when its block came here. The packets'
// own times only say which of two goes first: they come from the kernel's wall clock, which may be
// set, or from an adapter's, which may never have been.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/block/block_ref.h"
#include "engine/block/packet_walk.h"

namespace capstan {

// One packet on its way out, and the block it begins, if it is the first of one.
struct MergedPacket {
  PacketView packet;
  const SealedBlock* begins_block = nullptr;
  std::size_t ring = 0;
};

// Holds blocks until their packets are out. One thread. Allocates only when made.
class PacketMerge {
 public:
  // `blocks_per_ring`: of each ring; half of them may be held here before packets go out whether or
  // not the other rings have shown theirs, so that a merge never starves the kernel of blocks.
  // `window_ns`: what a ring may be behind another in handing over what it received.
  PacketMerge(const std::vector<std::uint32_t>& blocks_per_ring,
              std::span<const std::uint16_t> link_types, std::uint64_t window_ns);

  // `now_ns` of the boot clock, which does not go back.
  void add(BlockRef block, std::uint64_t now_ns) noexcept;
  bool empty() const noexcept { return held_ == 0; }
  // In the blocks held, and not handed out yet.
  std::uint64_t waiting_packets() const noexcept { return waiting_packets_; }
  // Of the blocks held, whole.
  std::uint64_t held_bytes() const noexcept { return held_bytes_; }

  // The next packet in time that may go out at `now_ns`; none when waiting for other rings. With
  // kAllHaveCome nothing is waited for. The bytes stay valid until the next call.
  static constexpr std::uint64_t kAllHaveCome = ~std::uint64_t{0};
  std::optional<MergedPacket> next(std::uint64_t now_ns) noexcept;

 private:
  struct Waiting {
    BlockRef block;
    std::uint64_t since_ns = 0;
  };
  struct Lane {
    std::vector<Waiting> blocks;  // a circle, one place per block of the ring
    std::size_t first = 0;
    std::size_t count = 0;
    std::size_t pressure = 0;  // at this count packets go out at once
    PacketWalk walk;
    PacketView packet;       // the next of this lane, when count > 0
    bool fresh = false;      // it is the first of its block
    std::uint32_t left = 0;  // packets of the front block that were not handed out
  };

  void open_front(Lane& lane) noexcept;
  void drop_front(Lane& lane) noexcept;
  Lane* overdue(Lane& earliest, std::uint64_t now_ns) noexcept;
  void step(Lane& lane) noexcept;

  std::vector<Lane> lanes_;
  std::span<const std::uint16_t> link_types_;
  std::uint64_t window_ns_;
  std::size_t held_ = 0;
  std::uint64_t waiting_packets_ = 0;
  std::uint64_t held_bytes_ = 0;
  Lane* handed_out_ = nullptr;  // stepped at the next call, because its packet is still in use
};

}  // namespace capstan
