// RecordEncoder: writes packets as records of a pcapng or classic pcap file, without gaps, into the
// file's staging stream. Used by PackedLayout.
#pragma once

#include <cstdint>
#include <cstring>

#include "engine/block/block_ref.h"
#include "engine/block/packet_view.h"
#include "engine/format/pcapng.h"
#include "writers/io/staging.h"
#include "writers/recording/pcap_format.h"
#include "writers/recording/recording_options.h"

namespace capstan {

// One thread. Borrows the stream.
class RecordEncoder {
 public:
  RecordEncoder(StagingStream& stream, FileFormat format) noexcept
      : stream_(stream), format_(format) {}

  // Bytes that put() will write.
  std::uint32_t record_bytes(const PacketView& packet) const noexcept;
  // Bytes that put_prologue() will write, roughly.
  std::uint32_t prologue_bytes() const noexcept;

  // Defined here to be inlined: a call per packet costs 2 ns of about 16.
  void put(const PacketView& packet) noexcept {
    if (format_ == FileFormat::kPcapng) {
      put_pcapng(packet);
    } else {
      put_pcap(packet);
    }
    stream_.end_record(1);
  }
  // Upper limit of what the block takes with all its packets.
  static std::uint64_t most_bytes(const SealedBlock& block) noexcept;
  // Writes a block's head and its statistics, so that a packed file has the same ledger; the head
  // says that `packet_count` of the block's packets follow. Writes nothing in classic pcap.
  void put_prologue(const SealedBlock& block, std::uint32_t packet_count) noexcept;

 private:
  static constexpr std::uint32_t kFlagsOptionBytes = pcapng::kOptionHeaderBytes + 4;
  static constexpr std::uint32_t kDropOptionBytes = pcapng::kOptionHeaderBytes + 8;

  // Of what is told of a packet beside its bytes: which way it went, and what was lost in front of
  // it.
  static std::uint32_t options_bytes_of(const PacketView& packet) noexcept {
    const std::uint32_t bytes = (packet.direction == Direction::kUnknown ? 0 : kFlagsOptionBytes) +
                                (packet.dropped_before == 0 ? 0 : kDropOptionBytes);
    return bytes == 0 ? 0 : bytes + std::uint32_t{pcapng::kOptionHeaderBytes};
  }
  // Requires: options_bytes_of() bytes at `at`.
  static void write_options(std::uint8_t* at, const PacketView& packet) noexcept;

  void put_pcapng(const PacketView& packet) noexcept {
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
    std::uint8_t* at = stream_.contiguous(total);
    if (at == nullptr) [[unlikely]]
      return put_in_pieces(head, packet);
    std::memcpy(at, &head, sizeof(head));
    at += sizeof(head);
    // The last word first: its padding bytes must be zero, the rest of it is overwritten.
    if (padded != packet.caplen) std::memset(at + padded - 4, 0, 4);
    std::memcpy(at, packet.data, packet.caplen);
    at += padded;
    if (options_bytes != 0) write_options(at, packet);
    std::memcpy(at + options_bytes, &total, sizeof(total));
    stream_.advance(total);
  }
  // Across the end of a buffer.
  void put_in_pieces(const pcapng::EnhancedPacketHead& head, const PacketView& packet) noexcept;

  void put_pcap(const PacketView& packet) noexcept {
    const PcapRecordHeader head =
        make_pcap_record_header(packet.timestamp_ns, packet.caplen, packet.wirelen,
                                format_ == FileFormat::kPcapNanoseconds);
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

  StagingStream& stream_;
  FileFormat format_;
};

}  // namespace capstan
