#include <cstring>
#include <optional>

#include "engine/block/packet_walk.h"
#include "engine/core/boot_clock.h"
#include "engine/core/check.h"
#include "engine/format/block_head.h"
#include "writers/recording/layout.h"

namespace capstan {

PackedLayout::PackedLayout(LayoutTarget& target)
    : target_(target), encoder_(target.stream, target.options.format) {
  for (const RecordedInterface& interface : target.options.header.interfaces) {
    link_types_.push_back(interface.link_type);
  }
  const std::size_t rings = target.options.blocks_per_ring.size();
  places_.resize(rings);
  unplaced_.resize(rings);
  if (rings > 1) {
    merge_ = std::make_unique<PacketMerge>(target.options.blocks_per_ring, link_types_,
                                           target.options.merge_window_ns);
    admitted_.resize(rings);
  }
}

void PackedLayout::put(BlockRef block) noexcept {
  target_.counters.blocks_packed.add(1);
  if (merge_) {
    merge_->add(std::move(block), boot_clock_ns());
  } else {
    pack_block(*block);
  }
}

void PackedLayout::pack_block(const SealedBlock& block) noexcept {
  const std::uint32_t kept = packets_within_limit(block);
  if (kept != block.packet_count) {
    target_.full.store(true, std::memory_order_relaxed);
    target_.leave_out(block.ring, block.packet_count - kept);
    if (kept == 0) return;
  }
  begin_place(block, kept);
  encoder_.put_prologue(block, kept);
  PacketWalk walk({block.data, block.size_bytes}, link_types_);
  PacketView packet;
  for (std::uint32_t i = 0; i < kept && walk.next(packet); ++i) pack_packet(packet);
  end_place(block.ring);
  CAPSTAN_CHECK(kept != block.packet_count || !walk.next(packet), block.packet_count);
  CAPSTAN_CHECK(kept != block.packet_count || walk.end() == WalkEnd::kComplete, walk.end(),
                walk.offset(), block.size_bytes);
}

// How many packets of the block begin before the size limit: its head in the file must say how many
// follow it.
std::uint32_t PackedLayout::packets_within_limit(const SealedBlock& block) noexcept {
  const std::uint64_t limit = target_.options.size_limit_bytes;
  std::uint64_t position = target_.stream.position();
  if (limit == 0 || position + 2 * std::uint64_t{block.size_bytes} < limit) {
    return block.packet_count;
  }
  if (position >= limit) return 0;
  position += encoder_.prologue_bytes();
  PacketWalk walk({block.data, block.size_bytes}, link_types_);
  PacketView packet;
  std::uint32_t kept = 0;
  while (position < limit && walk.next(packet)) {
    position += encoder_.record_bytes(packet);
    ++kept;
  }
  return kept;
}

void PackedLayout::pack_packet(const PacketView& packet) noexcept {
  if (packet.timestamp_ns < last_packed_ns_) [[unlikely]]
    target_.counters.out_of_order.add(1);
  last_packed_ns_ = packet.timestamp_ns;
  encoder_.put(packet);
}

void PackedLayout::merge(std::uint64_t now_ns) noexcept {
  if (!merge_) return;
  while (const std::optional<MergedPacket> next = merge_->next(now_ns)) {
    // With several rings a block that began before the size limit is written whole: its head has
    // said how many packets follow.
    if (next->begins_block != nullptr) {
      const SealedBlock& block = *next->begins_block;
      admitted_[next->ring] = !target_.at_limit(0);
      if (admitted_[next->ring]) {
        begin_place(block, block.packet_count);
        encoder_.put_prologue(block, block.packet_count);
      }
    }
    if (admitted_[next->ring]) {
      pack_packet(next->packet);
      if (target_.options.observer != nullptr && --unplaced_[next->ring] == 0) {
        end_place(next->ring);
      }
    } else {
      target_.leave_out(static_cast<std::uint32_t>(next->ring), 1);
    }
  }
}

// A block's bytes begin at the position. With several rings others' packets come between.
void PackedLayout::begin_place(const SealedBlock& block, std::uint32_t packets) noexcept {
  if (target_.options.observer == nullptr) return;
  BlockHead head;
  std::memcpy(&head, block.data, sizeof(head));
  places_[index_of(block.ring)] = {head,    target_.file_number, target_.stream.position(), 0,
                                   packets, merge_ != nullptr};
  unplaced_[index_of(block.ring)] = packets;
}

void PackedLayout::end_place(std::size_t ring) noexcept {
  if (target_.options.observer == nullptr) return;
  PlacedBlock& place = places_[index_of(ring)];
  place.length = target_.stream.position() - place.offset;
  target_.options.observer->block_placed(place);
}

}  // namespace capstan
