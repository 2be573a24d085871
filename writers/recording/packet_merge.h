// PacketMerge: brings the packets of several rings into the order of their timestamps.
//
// Used by RecordingWriter for the packed layout. The blocks of each ring are in order already. A
// packet is returned when every ring's next packet is known, or when it has waited so long that
// every ring must have delivered what it received earlier.
//
// The waiting time is measured on the boot clock, from the arrival of the packet's block here. The
// packets' own timestamps only decide which of two packets goes first: they come from the kernel's
// wall clock, which may be set, or from an adapter's clock, which may never have been set.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/block/block_ref.h"
#include "engine/block/packet_walk.h"

namespace capstan {

// A packet that is returned, and the block that it is the first packet of; null if it is not the
// first.
struct MergedPacket {
  PacketView packet;
  const SealedBlock* begins_block = nullptr;
  std::size_t ring = 0;
};

// Holds blocks until their packets were returned. One thread. Allocates only in the constructor.
class PacketMerge {
 public:
  // `blocks_per_ring`: the number of blocks of each ring. When half of a ring's blocks are held
  // here, packets are returned without waiting for the other rings, so that a merge never leaves
  // the kernel without blocks. `window_ns`: how much later than another a ring may deliver what it
  // received at the same time.
  PacketMerge(const std::vector<std::uint32_t>& blocks_per_ring,
              std::span<const std::uint16_t> link_types, std::uint64_t window_ns);

  // `now_ns`: boot clock, which never goes back.
  void add(BlockRef block, std::uint64_t now_ns) noexcept;
  bool empty() const noexcept { return held_ == 0; }
  // Packets in the blocks held that were not returned yet.
  std::uint64_t waiting_packets() const noexcept { return waiting_packets_; }
  // Bytes of the blocks held, each counted in full.
  std::uint64_t held_bytes() const noexcept { return held_bytes_; }

  // Returns the earliest packet that may be returned at `now_ns`; nothing while it waits for other
  // rings. With kAllHaveCome it does not wait. The packet's bytes stay valid until the next call.
  static constexpr std::uint64_t kAllHaveCome = ~std::uint64_t{0};
  std::optional<MergedPacket> next(std::uint64_t now_ns) noexcept;

 private:
  struct Waiting {
    BlockRef block;
    std::uint64_t since_ns = 0;
  };
  struct Lane {
    std::vector<Waiting> blocks;  // ring buffer with one place per block of the ring
    std::size_t first = 0;
    std::size_t count = 0;
    std::size_t pressure = 0;  // at this count packets are returned at once
    PacketWalk walk;
    PacketView packet;       // the lane's next packet, when count > 0
    bool fresh = false;      // `packet` is the first of its block
    std::uint32_t left = 0;  // packets of the front block that were not returned yet
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
  Lane* handed_out_ = nullptr;  // lane to advance at the next call; its packet is still in use
};

}  // namespace capstan
