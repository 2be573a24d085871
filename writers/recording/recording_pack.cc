// RecordingWriter's dense layout: packets copied out of their ring blocks, merged by time, up to
// the size limit.
#include <algorithm>
#include <cstring>

#include "engine/core/check.h"
#include "engine/format/block_head.h"
#include "writers/recording/pcap_format.h"
#include "writers/recording/pcapng_format.h"
#include "writers/recording/recording_writer.h"

namespace capstan {

namespace {

constexpr std::uint32_t kPackedPrologueBytes =
    sizeof(BlockHead) + pcapng::kBlockTrailerBytes + 52;  // BlockHead and statistics

// What is told of a packet beside its bytes: which way it went, and what was lost in front of it.
constexpr std::uint32_t kFlagsOptionBytes = pcapng::kOptionHeaderBytes + 4;
constexpr std::uint32_t kDropOptionBytes = pcapng::kOptionHeaderBytes + 8;

std::uint32_t options_bytes_of(const PacketView& packet) noexcept {
  const std::uint32_t bytes = (packet.direction == Direction::kUnknown ? 0 : kFlagsOptionBytes) +
                              (packet.dropped_before == 0 ? 0 : kDropOptionBytes);
  return bytes == 0 ? 0 : bytes + std::uint32_t{pcapng::kOptionHeaderBytes};
}

// Requires: options_bytes_of() bytes at `at`.
void write_options(std::uint8_t* at, const PacketView& packet) noexcept {
  if (packet.direction != Direction::kUnknown) {
    // Section 4.3.1: the lowest two bits are 1 for inbound, 2 for outbound, as Direction is.
    const struct {
      pcapng::OptionHeader head;
      std::uint32_t flags;
    } option{{pcapng::kEpbFlags, 4}, static_cast<std::uint32_t>(packet.direction)};
    std::memcpy(at, &option, kFlagsOptionBytes);
    at += kFlagsOptionBytes;
  }
  if (packet.dropped_before != 0) {
    const pcapng::OptionHeader head{pcapng::kEpbDropCount, 8};
    std::memcpy(at, &head, sizeof(head));
    std::memcpy(at + sizeof(head), &packet.dropped_before, sizeof(packet.dropped_before));
    at += kDropOptionBytes;
  }
  std::memset(at, 0, pcapng::kOptionHeaderBytes);  // opt_endofopt
}

}  // namespace

// Once the file would pass the limit with `more_bytes` more it is full, and stays so.
bool RecordingWriter::at_limit(std::uint64_t more_bytes) noexcept {
  if (options_.size_limit_bytes == 0) return false;
  if (staging_.position() >= options_.size_limit_bytes ||
      (options_.layout == Layout::kInPlace && more_bytes != 0 &&
       staging_.position() + more_bytes > options_.size_limit_bytes)) {
    limit_reached_.store(true, std::memory_order_relaxed);
  }
  return limit_reached_.load(std::memory_order_relaxed);
}

void RecordingWriter::leave_out(std::size_t ring, std::uint64_t packets) noexcept {
  counters_.packets_beyond_limit.add(packets);
  if (left_out_.size() <= ring) left_out_.resize(ring + 1);  // at the end of a recording only
  left_out_[ring] += packets;
}

void RecordingWriter::leave_out_block(const SealedBlock& block) noexcept {
  remember_counts(block);
  file_packets_ += block.packet_count;  // write_closing() takes them off again
  leave_out(block.ring, block.packet_count);
}

void RecordingWriter::pack_block(const SealedBlock& block) noexcept {
  const std::uint32_t kept = packets_within_limit(block);
  if (kept != block.packet_count) {
    limit_reached_.store(true, std::memory_order_relaxed);
    leave_out(block.ring, block.packet_count - kept);
    if (kept == 0) return;
  }
  begin_place(block, kept);
  pack_prologue(block, kept);
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
std::uint32_t RecordingWriter::packets_within_limit(const SealedBlock& block) noexcept {
  const std::uint64_t limit = options_.size_limit_bytes;
  if (limit == 0 || staging_.position() + 2 * std::uint64_t{block.size_bytes} < limit) {
    return block.packet_count;
  }
  std::uint64_t position = staging_.position();
  if (position >= limit) return 0;
  if (options_.format == FileFormat::kPcapng) position += kPackedPrologueBytes;
  PacketWalk walk({block.data, block.size_bytes}, link_types_);
  PacketView packet;
  std::uint32_t kept = 0;
  while (position < limit && walk.next(packet)) {
    position += record_bytes(packet);
    ++kept;
  }
  return kept;
}

std::uint32_t RecordingWriter::record_bytes(const PacketView& packet) const noexcept {
  if (options_.format != FileFormat::kPcapng) {
    return static_cast<std::uint32_t>(sizeof(PcapRecordHeader)) + packet.caplen;
  }
  return static_cast<std::uint32_t>(pcapng::kEnhancedPacketHeadBytes +
                                    pcapng::padded4(packet.caplen) + options_bytes_of(packet) +
                                    pcapng::kBlockTrailerBytes);
}

// A block's bytes begin at the position. With several rings others' packets come between.
void RecordingWriter::begin_place(const SealedBlock& block, std::uint32_t packets) noexcept {
  if (options_.observer == nullptr) return;
  BlockHead head;
  std::memcpy(&head, block.data, sizeof(head));
  places_[block.ring - options_.first_ring] = {
      block.ring, head.sequence, files_begun_, staging_.position(), 0, packets, merge_ != nullptr};
  unplaced_[block.ring - options_.first_ring] = packets;
}

void RecordingWriter::end_place(std::size_t ring) noexcept {
  if (options_.observer == nullptr) return;
  PlacedBlock& place = places_[ring - options_.first_ring];
  place.length = staging_.position() - place.offset;
  options_.observer->block_placed(place);
}

// Copies the block's head and its statistics block, so that the packed file carries the same
// ledger.
void RecordingWriter::pack_prologue(const SealedBlock& block, std::uint32_t packet_count) noexcept {
  if (options_.format != FileFormat::kPcapng) return;
  BlockHead head;
  std::memcpy(&head, block.data, sizeof(head));
  pcapng::BlockHeader statistics;
  const std::uint8_t* statistics_at = block.data + head.total_length;
  std::memcpy(&statistics, statistics_at, sizeof(statistics));
  constexpr std::uint32_t kHeadBytes = sizeof(BlockHead) + pcapng::kBlockTrailerBytes;
  head.total_length = kHeadBytes;
  head.received -= head.packet_count - packet_count;
  head.output_packets -= head.packet_count - packet_count;
  head.packet_count = packet_count;
  staging_.append(&head, sizeof(head));
  staging_.append(&kHeadBytes, sizeof(kHeadBytes));
  // The same number is the statistics block's first option (seal.cc).
  constexpr std::size_t kReceivedAt =
      pcapng::kInterfaceStatisticsHeadBytes + pcapng::kOptionHeaderBytes;
  staging_.append(statistics_at, kReceivedAt);
  staging_.append(&head.received, sizeof(head.received));
  constexpr std::size_t kAfterReceived = kReceivedAt + sizeof(head.received);
  staging_.append(statistics_at + kAfterReceived, statistics.total_length - kAfterReceived);
  staging_.end_record(0);
}

void RecordingWriter::pack_packet(const PacketView& packet) noexcept {
  if (packet.timestamp_ns < last_packed_ns_) [[unlikely]]
    counters_.out_of_order.add(1);
  last_packed_ns_ = packet.timestamp_ns;
  if (options_.format == FileFormat::kPcapng) {
    pack_pcapng(packet);
  } else {
    pack_pcap(packet);
  }
  staging_.end_record(1);
}

void RecordingWriter::pack_pcapng(const PacketView& packet) noexcept {
  const auto padded = static_cast<std::uint32_t>(pcapng::padded4(packet.caplen));
  const std::uint32_t options_bytes = options_bytes_of(packet);
  const auto total = static_cast<std::uint32_t>(pcapng::kEnhancedPacketHeadBytes + padded +
                                                options_bytes + pcapng::kBlockTrailerBytes);
  const pcapng::EnhancedPacketHead head{pcapng::kEnhancedPacketBlock,
                                        total,
                                        packet.interface_id,
                                        static_cast<std::uint32_t>(packet.timestamp_ns >> 32),
                                        static_cast<std::uint32_t>(packet.timestamp_ns),
                                        packet.caplen,
                                        packet.wirelen};
  if (std::uint8_t* at = staging_.contiguous(total)) [[likely]] {
    std::memcpy(at, &head, sizeof(head));
    at += sizeof(head);
    // The last word first: its padding bytes must be zero, the rest of it is overwritten.
    if (padded != packet.caplen) std::memset(at + padded - 4, 0, 4);
    std::memcpy(at, packet.data, packet.caplen);
    at += padded;
    if (options_bytes != 0) write_options(at, packet);
    std::memcpy(at + options_bytes, &total, sizeof(total));
    staging_.advance(total);
    return;
  }
  constexpr std::uint8_t kZeros[4] = {};
  staging_.append(&head, sizeof(head));
  staging_.append(packet.data, packet.caplen);
  staging_.append(kZeros, padded - packet.caplen);
  std::uint8_t options[kFlagsOptionBytes + kDropOptionBytes + pcapng::kOptionHeaderBytes];
  if (options_bytes != 0) write_options(options, packet);
  staging_.append(options, options_bytes);
  staging_.append(&total, sizeof(total));
}

void RecordingWriter::pack_pcap(const PacketView& packet) noexcept {
  const PcapRecordHeader head =
      make_pcap_record_header(packet.timestamp_ns, packet.caplen, packet.wirelen,
                              options_.format == FileFormat::kPcapNanoseconds);
  const auto total = static_cast<std::uint32_t>(sizeof(head) + packet.caplen);
  if (std::uint8_t* at = staging_.contiguous(total)) [[likely]] {
    std::memcpy(at, &head, sizeof(head));
    std::memcpy(at + sizeof(head), packet.data, packet.caplen);
    staging_.advance(total);
    return;
  }
  staging_.append(&head, sizeof(head));
  staging_.append(packet.data, packet.caplen);
}

void RecordingWriter::merge(std::uint64_t now_ns) noexcept {
  if (!merge_) return;
  while (const std::optional<MergedPacket> next = merge_->next(now_ns)) {
    // With several rings a block that began before the size limit is written whole: its head has
    // said how many packets follow.
    if (next->begins_block != nullptr) {
      note_begun(next->ring, next->begins_block->size_bytes);
      admitted_[next->ring] = !at_limit(0);
      if (admitted_[next->ring]) {
        begin_place(*next->begins_block, next->begins_block->packet_count);
        pack_prologue(*next->begins_block, next->begins_block->packet_count);
      }
    }
    if (admitted_[next->ring]) {
      pack_packet(next->packet);
      if (options_.observer != nullptr && --unplaced_[next->ring] == 0) end_place(next->ring);
    } else {
      leave_out(next->ring, 1);
    }
  }
  if (merge_->empty()) {
    waiting_bytes_ = 0;
    std::fill(begun_bytes_.begin(), begun_bytes_.end(), 0U);
  }
}

}  // namespace capstan
