#include "engine/capture/ring.h"

#include <fmt/format.h>
#include <linux/if_packet.h>

#include <cstring>

#include "engine/capture/packet_socket.h"
#include "engine/capture/ring_status.h"
#include "engine/core/check.h"
#include "engine/core/clock.h"
#include "engine/core/errors.h"

namespace capstan {

Ring::Ring(const PacketSocket& socket, const RingLayout& layout, const SealContext& context,
           std::uint16_t link_type)
    : layout_(layout),
      context_(context),
      blocks_(std::make_unique<SealedBlock[]>(layout.block_count)),
      last_timestamps_(std::make_unique<std::uint64_t[]>(remembered())) {
  void* address = ::mmap(nullptr, layout.total_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED,
                         socket.descriptor(), 0);
  if (address == MAP_FAILED) {
    throw_errno(fmt::format("map the ring of {} ({} MiB)", socket.interface_name(),
                            layout.total_bytes() >> 20));
  }
  region_ = MmapRegion(address, layout.total_bytes());
  region_.leave_out_of_dumps();
  for (std::uint32_t index = 0; index < layout.block_count; ++index) {
    SealedBlock& block = blocks_[index];
    block.data = region_.data() + std::size_t{index} * layout.block_size_bytes;
    block.ring = static_cast<std::uint16_t>(context.ring);
    block.link_type = link_type;
    block.home = this;
  }
}

Ring::~Ring() { CAPSTAN_CHECK(held_blocks() == 0, held_blocks(), layout_.block_count); }

std::uint8_t* Ring::block_at(std::uint64_t position) const noexcept {
  return blocks_[position % layout_.block_count].data;
}

bool Ring::next_is_ready() const noexcept {
  // A block we still hold also shows TP_STATUS_USER when the ring has come round to it.
  if (blocks_[next_ % layout_.block_count].held.load(std::memory_order_acquire)) {
    return false;
  }
  return ring_status::is_ours(ring_status::acquire(block_at(next_)));
}

std::uint32_t Ring::next_packet_count() const noexcept {
  return block_packet_count(block_at(next_));
}

std::uint64_t Ring::next_opened_ns() const noexcept {
  tpacket_block_desc descriptor;
  std::memcpy(&descriptor, block_at(next_), sizeof(descriptor));
  const tpacket_bd_ts& opened = descriptor.hdr.bh1.ts_first_pkt;
  return opened.ts_sec * kNanosecondsPerSecond + opened.ts_nsec;
}

std::uint64_t Ring::next_sequence() const noexcept { return next_ + 1; }

BlockRef Ring::seal_next(const SealLedger& ledger, std::uint32_t packet_limit,
                         SealResult& result) noexcept {
  SealedBlock& block = blocks_[next_ % layout_.block_count];
  result = seal_block(block.data, context_, ledger, packet_limit);
  if (result.packet_count == 0) {
    skip_next();
    return {};
  }
  block.size_bytes = result.size_bytes;
  block.packet_count = result.packet_count;
  block.captured_bytes = result.captured_bytes;
  block.first_timestamp_ns = result.first_timestamp_ns;
  block.last_timestamp_ns = result.last_timestamp_ns;
  last_timestamps_[next_ % remembered()] = result.last_timestamp_ns;
  ++next_;
  ++sealed_;
  block.held.store(true,
                   std::memory_order_relaxed);  // read back by this thread, cleared by release()
  return BlockRef::first(block);
}

void Ring::skip_next() noexcept {
  last_timestamps_[next_ % remembered()] = next_ == 0 ? 0 : last_timestamp_of(next_);
  ring_status::release(block_at(next_));
  ++next_;
}

std::uint64_t Ring::unread_packets() const noexcept {
  std::uint64_t packets = 0;
  for (std::uint64_t ahead = 0; ahead < layout_.block_count; ++ahead) {
    const std::uint64_t position = next_ + ahead;
    if (blocks_[position % layout_.block_count].held.load(std::memory_order_acquire)) {
      break;  // the ring has come round to blocks we hold
    }
    std::uint8_t* const block = block_at(position);
    // Behind the block being filled lie blocks of the last round, whose counts mean nothing.
    tpacket_block_desc descriptor;
    std::memcpy(&descriptor, block, sizeof(descriptor));
    const bool ours = ring_status::is_ours(ring_status::acquire(block));
    if (ours || descriptor.hdr.bh1.seq_num == position + 1) {
      packets += ring_status::peek_packet_count(block);
    }
    if (!ours) break;
  }
  return packets;
}

std::uint32_t Ring::held_blocks() const noexcept {
  return static_cast<std::uint32_t>(sealed_ - released_.load(std::memory_order_acquire));
}

std::uint64_t Ring::oldest_unreleased_sequence() noexcept {
  while (oldest_ < next_ &&
         !blocks_[oldest_ % layout_.block_count].held.load(std::memory_order_acquire)) {
    ++oldest_;
  }
  return oldest_ + 1;
}

std::uint64_t Ring::last_timestamp_of(std::uint64_t sequence) const noexcept {
  if (sequence == 0 || sequence > next_ || sequence + remembered() <= next_) return 0;
  return last_timestamps_[(sequence - 1) % remembered()];
}

void Ring::release(SealedBlock& block) noexcept {
  ring_status::release(block.data);
  // After the status: whoever sees the block no longer held must not see our old status in it.
  block.held.store(false, std::memory_order_release);
  released_.fetch_add(1, std::memory_order_release);
}

}  // namespace capstan
