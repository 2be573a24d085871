// The two layouts of a recording: a ring block is written as it is (InPlaceLayout), or its packets
// are copied out of it, without gaps and in time order (PackedLayout). RecordingWriter may use both
// in one file.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "writers/io/staging.h"
#include "writers/io/write_queue.h"
#include "writers/recording/file_ledger.h"
#include "writers/recording/packet_merge.h"
#include "writers/recording/record_encoder.h"
#include "writers/recording/recording_options.h"

namespace capstan {

// What both layouts write to and where they count: parts of one RecordingWriter, which owns them.
// One thread; `full` may be read by any.
struct LayoutTarget {
  const RecordingOptions& options;
  StagingStream& stream;
  FileLedger& ledger;
  WriterCounters& counters;
  std::atomic<bool>& full;        // the size limit is reached: no further packet is written
  std::uint32_t file_number = 1;  // see PlacedBlock

  // Whether the file would exceed the size limit with `more_bytes` more. If so, `full` is set and
  // stays set.
  bool at_limit(std::uint64_t more_bytes) noexcept;
  void leave_out(std::uint32_t ring, std::uint64_t packets) noexcept {
    counters.leave_out(packets);
    ledger.leave_out(ring, packets);
  }
};

// Writes the block's own memory to the file; the block is released when the write is over.
class InPlaceLayout {
 public:
  // `alignment_bytes`: alignment of writes to the file.
  InPlaceLayout(LayoutTarget& target, WriteQueue& queue, std::uint32_t alignment_bytes) noexcept
      : target_(target), queue_(queue), alignment_bytes_(alignment_bytes) {}

  // Ends the staged bytes with a padding block, so that a ring block can follow at an aligned
  // offset.
  void begin() noexcept;
  // Submits the block. Returns false when it cannot be written any more; then none of its packets
  // will be in the file.
  [[nodiscard]] bool put(BlockRef block) noexcept;

 private:
  LayoutTarget& target_;
  WriteQueue& queue_;
  std::uint64_t alignment_bytes_;
};

// Copies packets into the staging stream, those of several rings in the order of their timestamps.
class PackedLayout {
 public:
  explicit PackedLayout(LayoutTarget& target);

  void put(BlockRef block) noexcept;
  // Writes the packets that have waited long enough for other rings (`now_ns`: boot clock);
  // merge_all() writes all of them.
  void merge(std::uint64_t now_ns) noexcept;
  void merge_all() noexcept { merge(PacketMerge::kAllHaveCome); }
  bool something_waits() const noexcept { return merge_ && !merge_->empty(); }
  // Bytes of the blocks whose packets wait: an upper limit for what will be written of them.
  std::uint64_t waiting_bytes() const noexcept { return merge_ ? merge_->held_bytes() : 0; }
  std::uint64_t waiting_packets() const noexcept { return merge_ ? merge_->waiting_packets() : 0; }

 private:
  std::size_t index_of(std::size_t ring) const noexcept {
    return ring - target_.options.first_ring;
  }
  void pack_block(const SealedBlock& block) noexcept;
  std::uint32_t packets_within_limit(const SealedBlock& block) noexcept;
  void pack_packet(const PacketView& packet) noexcept;
  void begin_place(const SealedBlock& block, std::uint32_t packets) noexcept;
  void end_place(std::size_t ring) noexcept;

  LayoutTarget& target_;
  RecordEncoder encoder_;
  std::vector<std::uint16_t> link_types_;  // by interface id
  std::unique_ptr<PacketMerge> merge_;     // with several rings
  std::uint64_t last_packed_ns_ = 0;
  std::vector<bool> admitted_;  // by ring: the block being merged began before the size limit
  // With an observer, by ring: the place of the packed block that is being written, and how many of
  // its packets are still to be written.
  std::vector<PlacedBlock> places_;
  std::vector<std::uint32_t> unplaced_;
};

// Decides which layout costs less for a block, where the user leaves the choice open.
class LayoutChoice {
 public:
  // Whether the block should be written in place. `packed`: the layout in use. The answer changes
  // only after several consecutive blocks favour the other layout.
  bool in_place_pays(const SealedBlock& block, bool packed) noexcept;

 private:
  std::uint32_t votes_ = 0;  // consecutive blocks that favour the other layout
};

}  // namespace capstan
