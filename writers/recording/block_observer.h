// BlockObserver: told where in which file each block of a ring went, so that an index can point at
// it. Given to a RecordingWriter with its options.
#pragma once

#include <cstdint>

#include "engine/format/block_head.h"

namespace capstan {

// Where the packets of one sealed block lie. The bytes are on their way to the file, not certainly
// in it: a place behind FinishedFile::size_bytes does not exist.
struct PlacedBlock {
  BlockHead head{};               // as it was sealed; ring and sequence name the block
  std::uint32_t file_number = 1;  // FinishedFile::number
  // Of the block's head, in classic pcap of its first packet: bytes from the start of the file.
  std::uint64_t offset = 0;
  std::uint64_t length = 0;   // up to the end of its last packet, or of the in-place block
  std::uint32_t packets = 0;  // in the file: fewer than head.packet_count at the size limit
  // Packets of other rings lie between: the packed layout merges by time. One in-place block, or a
  // packed one of a single ring, is alone in its range.
  bool shared = false;
};

// Called on the writer's thread for each block that is written, in no order across rings, and
// before the file's FinishedFile is told. Must not wait, lock for long or throw.
class BlockObserver {
 public:
  virtual void block_placed(const PlacedBlock& block) noexcept = 0;

 protected:
  ~BlockObserver() = default;
};

}  // namespace capstan
