#include "writers/recording/record_encoder.h"

#include <cstring>

#include "engine/format/block_head.h"
#include "writers/recording/pcap_format.h"
#include "writers/recording/pcapng_format.h"

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

void RecordEncoder::put(const PacketView& packet) noexcept {
  if (format_ == FileFormat::kPcapng) {
    put_pcapng(packet);
  } else {
    put_pcap(packet);
  }
  stream_.end_record(1);
}

void RecordEncoder::put_pcapng(const PacketView& packet) noexcept {
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
  if (std::uint8_t* at = stream_.contiguous(total)) [[likely]] {
    std::memcpy(at, &head, sizeof(head));
    at += sizeof(head);
    // The last word first: its padding bytes must be zero, the rest of it is overwritten.
    if (padded != packet.caplen) std::memset(at + padded - 4, 0, 4);
    std::memcpy(at, packet.data, packet.caplen);
    at += padded;
    if (options_bytes != 0) write_options(at, packet);
    std::memcpy(at + options_bytes, &total, sizeof(total));
    stream_.advance(total);
    return;
  }
  constexpr std::uint8_t kZeros[4] = {};
  stream_.append(&head, sizeof(head));
  stream_.append(packet.data, packet.caplen);
  stream_.append(kZeros, padded - packet.caplen);
  std::uint8_t options[kFlagsOptionBytes + kDropOptionBytes + pcapng::kOptionHeaderBytes];
  if (options_bytes != 0) write_options(options, packet);
  stream_.append(options, options_bytes);
  stream_.append(&total, sizeof(total));
}

void RecordEncoder::put_pcap(const PacketView& packet) noexcept {
  const PcapRecordHeader head = make_pcap_record_header(
      packet.timestamp_ns, packet.caplen, packet.wirelen, format_ == FileFormat::kPcapNanoseconds);
  const auto total = static_cast<std::uint32_t>(sizeof(head) + packet.caplen);
  if (std::uint8_t* at = stream_.contiguous(total)) [[likely]] {
    std::memcpy(at, &head, sizeof(head));
    std::memcpy(at + sizeof(head), packet.data, packet.caplen);
    stream_.advance(total);
    return;
  }
  stream_.append(&head, sizeof(head));
  stream_.append(packet.data, packet.caplen);
}

}  // namespace capstan
