#include "writers/recording/record_encoder.h"

#include <cstring>

#include "engine/format/block_head.h"
#include "writers/recording/pcapng_format.h"

namespace capstan {

namespace {

constexpr std::uint32_t kPackedPrologueBytes =
    sizeof(BlockHead) + pcapng::kBlockTrailerBytes + 52;  // BlockHead and statistics

}  // namespace

std::uint32_t RecordEncoder::prologue_bytes() const noexcept {
  return format_ == FileFormat::kPcapng ? kPackedPrologueBytes : 0;
}

std::uint32_t RecordEncoder::record_bytes(const PacketView& packet) const noexcept {
  if (format_ != FileFormat::kPcapng) {
    return static_cast<std::uint32_t>(sizeof(PcapRecordHeader)) + packet.caplen;
  }
  return static_cast<std::uint32_t>(pcapng::kEnhancedPacketHeadBytes +
                                    pcapng::padded4(packet.caplen) + options_bytes_of(packet) +
                                    pcapng::kBlockTrailerBytes);
}

std::uint64_t RecordEncoder::most_bytes(const SealedBlock& block) noexcept {
  constexpr std::uint64_t kMostPadding = 3;
  constexpr std::uint64_t kMostBesidePacket =
      pcapng::kEnhancedPacketHeadBytes + kMostPadding + kFlagsOptionBytes + kDropOptionBytes +
      pcapng::kOptionHeaderBytes + pcapng::kBlockTrailerBytes;
  return kPackedPrologueBytes + block.captured_bytes + block.packet_count * kMostBesidePacket;
}

void RecordEncoder::put_prologue(const SealedBlock& block, std::uint32_t packet_count) noexcept {
  if (format_ != FileFormat::kPcapng) return;
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
  stream_.append(&head, sizeof(head));
  stream_.append(&kHeadBytes, sizeof(kHeadBytes));
  // The same number is the statistics block's first option (seal.cc).
  constexpr std::size_t kReceivedAt =
      pcapng::kInterfaceStatisticsHeadBytes + pcapng::kOptionHeaderBytes;
  stream_.append(statistics_at, kReceivedAt);
  stream_.append(&head.received, sizeof(head.received));
  constexpr std::size_t kAfterReceived = kReceivedAt + sizeof(head.received);
  stream_.append(statistics_at + kAfterReceived, statistics.total_length - kAfterReceived);
  stream_.end_record(0);
}

void RecordEncoder::write_options(std::uint8_t* at, const PacketView& packet) noexcept {
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

void RecordEncoder::put_in_pieces(const pcapng::EnhancedPacketHead& head,
                                  const PacketView& packet) noexcept {
  constexpr std::uint8_t kZeros[4] = {};
  const std::uint32_t options_bytes = options_bytes_of(packet);
  stream_.append(&head, sizeof(head));
  stream_.append(packet.data, packet.caplen);
  stream_.append(kZeros, pcapng::padded4(packet.caplen) - packet.caplen);
  std::uint8_t options[kFlagsOptionBytes + kDropOptionBytes + pcapng::kOptionHeaderBytes];
  if (options_bytes != 0) write_options(options, packet);
  stream_.append(options, options_bytes);
  stream_.append(&head.total_length, sizeof(head.total_length));
}

}  // namespace capstan
