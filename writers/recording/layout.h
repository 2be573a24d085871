// The two layouts of a recording: a ring block as it is (InPlaceLayout), or its packets copied out
// of it, dense and in time order (PackedLayout). RecordingWriter has both write into one file.
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

// What both layouts write into, and account to: the parts of one RecordingWriter, which owns them.
// One thread; `full` is read by any.
struct LayoutTarget {
  const RecordingOptions& options;
  StagingStream& stream;
  FileLedger& ledger;
  WriterCounters& counters;
  std::atomic<bool>& full;        // the size limit is reached: no further packet is written
  std::uint32_t file_number = 1;  // see PlacedBlock

  // Once the file would pass the limit with `more_bytes` more it is full, and stays so.
  bool at_limit(std::uint64_t more_bytes) noexcept;
  void leave_out(std::uint32_t ring, std::uint64_t packets) noexcept {
    counters.leave_out(packets);
    ledger.leave_out(ring, packets);
  }
};

// Sends the block's own memory to the file; the write's end gives the block back.
class InPlaceLayout {
 public:
  // `alignment_bytes`: of the file's writes.
  InPlaceLayout(LayoutTarget& target, WriteQueue& queue, std::uint32_t alignment_bytes) noexcept
      : target_(target), queue_(queue), alignment_bytes_(alignment_bytes) {}

  // Ends what was staged with a padding block, so that a ring block can follow at an aligned
  // offset.
  void begin() noexcept;
  // False: it cannot be written any more, and none of its packets will be.
  [[nodiscard]] bool put(BlockRef block) noexcept;

 private:
  LayoutTarget& target_;
  WriteQueue& queue_;
  std::uint64_t alignment_bytes_;
};

// Copies packets into the staging stream; those of several rings in the order of their time.
class PackedLayout {
 public:
  explicit PackedLayout(LayoutTarget& target);

  void put(BlockRef block) noexcept;
  // Packets that wait for other rings go out when their time has come (`now_ns` of the boot clock),
  // or all of them.
  void merge(std::uint64_t now_ns) noexcept;
  void merge_all() noexcept { merge(PacketMerge::kAllHaveCome); }
  bool something_waits() const noexcept { return merge_ && !merge_->empty(); }
  // Of blocks whose packets wait: at most so much will be written of them.
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
  std::vector<bool> admitted_;  // by ring: the block being merged began before the limit
  // With an observer: the packed block whose packets are going out, and how many still are.
  std::vector<PlacedBlock> places_;
  std::vector<std::uint32_t> unplaced_;
};

// Which layout pays for a block, where the user leaves it open.
class LayoutChoice {
 public:
  // `packed`: the layout in use. Changes after a few blocks in a row that want the change.
  bool in_place_pays(const SealedBlock& block, bool packed) noexcept;

 private:
  std::uint32_t votes_ = 0;  // blocks in a row that would rather have the other layout
};

}  // namespace capstan
