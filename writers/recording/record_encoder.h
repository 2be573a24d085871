// RecordEncoder: packets as the records of a file, pcapng or classic pcap, dense, into its staging
// stream. Used by PackedLayout.
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

  // What put() will take of the file.
  std::uint32_t record_bytes(const PacketView& packet) const noexcept;
  // What put_prologue() will take, roughly.
  std::uint32_t prologue_bytes() const noexcept;

  void put(const PacketView& packet) noexcept;
  // A block's head and its statistics, so that the packed file carries the same ledger; saying that
  // `packet_count` of its packets follow. Nothing in classic pcap.
  void put_prologue(const SealedBlock& block, std::uint32_t packet_count) noexcept;

 private:
  void put_pcapng(const PacketView& packet) noexcept;
  void put_pcap(const PacketView& packet) noexcept;

  StagingStream& stream_;
  FileFormat format_;
};

}  // namespace capstan
