#include "writers/recording/packet_merge.h"

#include <algorithm>
#include <limits>

#include "engine/core/check.h"

namespace capstan {

PacketMerge::PacketMerge(const std::vector<std::uint32_t>& blocks_per_ring,
                         std::span<const std::uint16_t> link_types, std::uint64_t window_ns)
    : lanes_(blocks_per_ring.size()), link_types_(link_types), window_ns_(window_ns) {
  for (std::size_t ring = 0; ring < lanes_.size(); ++ring) {
    lanes_[ring].blocks.resize(blocks_per_ring[ring]);
    lanes_[ring].pressure = std::max<std::size_t>(1, blocks_per_ring[ring] / 2);
  }
}

void PacketMerge::add(BlockRef block, std::uint64_t now_ns) noexcept {
  Lane& lane = lanes_[block->ring];
  waiting_packets_ += block->packet_count;
  held_bytes_ += block->size_bytes;
  CAPSTAN_CHECK(lane.count < lane.blocks.size(), lane.count);
  lane.blocks[(lane.first + lane.count) % lane.blocks.size()] = {std::move(block), now_ns};
  ++lane.count;
  ++held_;
  if (lane.count == 1) open_front(lane);
}

// Sets the lane on the first packet of its front block; blocks without one are dropped.
void PacketMerge::open_front(Lane& lane) noexcept {
  while (lane.count != 0) {
    const BlockRef& front = lane.blocks[lane.first].block;
    lane.left = front->packet_count;
    lane.walk = PacketWalk({front->data, front->size_bytes}, link_types_);
    if (lane.walk.next(lane.packet)) {
      lane.fresh = true;
      return;
    }
    drop_front(lane);
  }
}

void PacketMerge::drop_front(Lane& lane) noexcept {
  BlockRef& front = lane.blocks[lane.first].block;
  waiting_packets_ -= std::exchange(lane.left, 0U);
  held_bytes_ -= front->size_bytes;
  front.reset();
  lane.first = (lane.first + 1) % lane.blocks.size();
  --lane.count;
  --held_;
}

void PacketMerge::step(Lane& lane) noexcept {
  lane.fresh = false;
  if (lane.walk.next(lane.packet)) return;
  drop_front(lane);
  open_front(lane);
}

// What has to go out although not every ring has shown what comes next: `earliest` if it has waited
// for the window, or must go in front of one that has; null when nothing has.
PacketMerge::Lane* PacketMerge::overdue(Lane& earliest, std::uint64_t now_ns) noexcept {
  for (Lane& lane : lanes_) {
    if (lane.count == 0 || now_ns - lane.blocks[lane.first].since_ns < window_ns_) continue;
    // Rings on one clock are at most the window apart. One that is further ahead is on another
    // clock: there is no order to keep with it, and the others need not be hurried for its sake.
    const std::uint64_t ahead_ns = lane.packet.timestamp_ns - earliest.packet.timestamp_ns;
    if (ahead_ns > window_ns_) return &lane;
    return &earliest;
  }
  return nullptr;
}

std::optional<MergedPacket> PacketMerge::next(std::uint64_t now_ns) noexcept {
  if (handed_out_ != nullptr) step(*std::exchange(handed_out_, nullptr));
  Lane* chosen = nullptr;
  bool all_shown = true;
  bool pressed = now_ns == kAllHaveCome;
  for (Lane& lane : lanes_) {
    if (lane.count == 0) {
      all_shown = false;
      continue;
    }
    pressed = pressed || lane.count >= lane.pressure;
    if (chosen == nullptr || lane.packet.timestamp_ns < chosen->packet.timestamp_ns) {
      chosen = &lane;
    }
  }
  if (chosen == nullptr) return std::nullopt;
  if (!all_shown && !pressed) chosen = overdue(*chosen, now_ns);
  if (chosen == nullptr) return std::nullopt;
  handed_out_ = chosen;
  --chosen->left;
  --waiting_packets_;
  return MergedPacket{chosen->packet,
                      chosen->fresh ? &*chosen->blocks[chosen->first].block : nullptr,
                      static_cast<std::size_t>(chosen - lanes_.data())};
}

}  // namespace capstan
