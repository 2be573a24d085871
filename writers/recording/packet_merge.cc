#include "writers/recording/packet_merge.h"

#include <algorithm>
#include <limits>

#include "engine/core/check.h"

namespace capstan {

PacketMerge::PacketMerge(const std::vector<std::uint32_t>& blocks_per_ring,
                         std::span<const std::uint16_t> link_types)
    : lanes_(blocks_per_ring.size()), link_types_(link_types) {
  for (std::size_t ring = 0; ring < lanes_.size(); ++ring) {
    lanes_[ring].blocks.resize(blocks_per_ring[ring]);
    lanes_[ring].pressure = std::max<std::size_t>(1, blocks_per_ring[ring] / 2);
  }
}

void PacketMerge::add(BlockRef block) noexcept {
  Lane& lane = lanes_[block->ring];
  CAPSTAN_CHECK(lane.count < lane.blocks.size(), lane.count);
  lane.blocks[(lane.first + lane.count) % lane.blocks.size()] = std::move(block);
  ++lane.count;
  ++held_;
  if (lane.count == 1) open_front(lane);
}

// Sets the lane on the first packet of its front block; blocks without one are dropped.
void PacketMerge::open_front(Lane& lane) noexcept {
  while (lane.count != 0) {
    BlockRef& front = lane.blocks[lane.first];
    lane.walk = PacketWalk({front->data, front->size_bytes}, link_types_);
    if (lane.walk.next(lane.packet)) {
      lane.fresh = true;
      return;
    }
    front.reset();
    lane.first = (lane.first + 1) % lane.blocks.size();
    --lane.count;
    --held_;
  }
}

void PacketMerge::step(Lane& lane) noexcept {
  lane.fresh = false;
  if (lane.walk.next(lane.packet)) return;
  lane.blocks[lane.first].reset();
  lane.first = (lane.first + 1) % lane.blocks.size();
  --lane.count;
  --held_;
  open_front(lane);
}

std::optional<MergedPacket> PacketMerge::next(std::uint64_t settled_ns) noexcept {
  if (handed_out_ != nullptr) step(*std::exchange(handed_out_, nullptr));
  Lane* earliest = nullptr;
  bool all_shown = true;
  bool pressed = false;
  for (Lane& lane : lanes_) {
    if (lane.count == 0) {
      all_shown = false;
      continue;
    }
    pressed = pressed || lane.count >= lane.pressure;
    if (earliest == nullptr || lane.packet.timestamp_ns < earliest->packet.timestamp_ns) {
      earliest = &lane;
    }
  }
  if (earliest == nullptr) return std::nullopt;
  if (!all_shown && !pressed && earliest->packet.timestamp_ns > settled_ns) return std::nullopt;
  handed_out_ = earliest;
  return MergedPacket{earliest->packet,
                      earliest->fresh ? &*earliest->blocks[earliest->first] : nullptr,
                      static_cast<std::size_t>(earliest - lanes_.data())};
}

}  // namespace capstan
