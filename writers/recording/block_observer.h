// BlockObserver: is called with the place of each ring block in the output files, so that an index
// can refer to it. Set in RecordingOptions.
#pragma once

#include <cstdint>

#include "engine/format/block_head.h"

namespace capstan {

// Where the packets of one sealed block are. The bytes are being written but are not certain yet: a
// place beyond FinishedFile::size_bytes does not exist in the file.
struct PlacedBlock {
  BlockHead head{};               // as sealed; ring and sequence identify the block
  std::uint32_t file_number = 1;  // FinishedFile::number
  // Offset from the start of the file, bytes: of the block's head; in classic pcap of its first
  // packet.
  std::uint64_t offset = 0;
  std::uint64_t length = 0;   // to the end of its last packet, or of the in-place block
  std::uint32_t packets = 0;  // in the file; less than head.packet_count at the size limit
  // Packets of other rings lie in the same range, because the packed layout merges them by time.
  // False for an in-place block and for a packed block of a single ring.
  bool shared = false;
};

// Called on the writer's thread for each block that is written: in no order across rings, and
// before on_finished is called for the file. Must not wait, hold a lock for long, or throw.
class BlockObserver {
 public:
  virtual void block_placed(const PlacedBlock& block) noexcept = 0;

 protected:
  ~BlockObserver() = default;
};

}  // namespace capstan
