// PacketMerge: packets of several rings in the order of their time.
//
// Used by RecordingWriter for the packed layout. Each ring's blocks are in order already; a packet
// may go out when every ring has shown what comes next, or when it is older than anything a ring
// could still show.
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
  PacketMerge(const std::vector<std::uint32_t>& blocks_per_ring,
              std::span<const std::uint16_t> link_types);

  void add(BlockRef block) noexcept;
  bool empty() const noexcept { return held_ == 0; }

  // The next packet in time that may go out; none when waiting for other rings. Packets with a
  // timestamp of at most `settled_ns` are older than anything still to come. The bytes stay valid
  // until the next call.
  std::optional<MergedPacket> next(std::uint64_t settled_ns) noexcept;

 private:
  struct Lane {
    std::vector<BlockRef> blocks;  // a circle, one place per block of the ring
    std::size_t first = 0;
    std::size_t count = 0;
    std::size_t pressure = 0;  // at this count packets go out at once
    PacketWalk walk;
    PacketView packet;   // the next of this lane, when count > 0
    bool fresh = false;  // it is the first of its block
  };

  void open_front(Lane& lane) noexcept;
  void step(Lane& lane) noexcept;

  std::vector<Lane> lanes_;
  std::span<const std::uint16_t> link_types_;
  std::size_t held_ = 0;
  Lane* handed_out_ = nullptr;  // stepped at the next call, because its packet is still in use
};

}  // namespace capstan
