// RecordEncoder: writes packets as records of a pcapng or classic pcap file, without gaps, into the
// file's staging stream. Used by PackedLayout.
#pragma once

#include <cstdint>

#include "engine/block/block_ref.h"
#include "engine/block/packet_view.h"
#include "writers/io/staging.h"
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

  void put(const PacketView& packet) noexcept;
  // Writes a block's head and its statistics, so that a packed file has the same ledger; the head
  // says that `packet_count` of the block's packets follow. Writes nothing in classic pcap.
  void put_prologue(const SealedBlock& block, std::uint32_t packet_count) noexcept;

 private:
  void put_pcapng(const PacketView& packet) noexcept;
  void put_pcap(const PacketView& packet) noexcept;

  StagingStream& stream_;
  FileFormat format_;
};

}  // namespace capstan
