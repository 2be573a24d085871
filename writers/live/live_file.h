// LiveFile: builds the index of one file while the file is being written, from the sealed blocks
// that go into it.
//
// The packets are read from the blocks in memory. The other parts of the file, which hold no
// packets (head, events, closing counts), are a few kilobytes and are read from the file when it is
// finished. The result equals what index_recording() makes of the finished file, except that blocks
// which could not be read in time are marked.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/block/packet_view.h"
#include "engine/index/index_builder.h"
#include "engine/index/ledger_gain.h"
#include "engine/reader/capture_items.h"
#include "engine/reader/loss_account.h"
#include "writers/file/finished_file.h"
#include "writers/recording/block_observer.h"

namespace capstan {

struct LiveIndex {
  std::vector<std::uint8_t> bytes;
  std::uint32_t skipped_blocks = 0;  // marked, because they were not read in time
};

// One thread. Memory: what the limits allow, and about 200 bytes for each block of the ring. Throws
// std::bad_alloc.
class LiveFile {
 public:
  explicit LiveFile(const IndexLimits& limits) : builder_(limits) {}

  // Adds the packets of the block that lies at `place`. `bytes`: the block as sealed, borrowed
  // during the call. To be called in the order of the blocks in the file. `link_types`: indexed by
  // the interface number in the packets.
  void add(const PlacedBlock& place, std::span<const std::uint8_t> bytes,
           std::span<const std::uint16_t> link_types);
  // Marks the block at `place` as not read.
  void skip(const PlacedBlock& place);

  // To be called when blocks of this file overlap: it has to be indexed from the disk instead.
  void give_up() noexcept { understood_ = false; }

  // Reads the parts between the blocks and makes the index. Returns nullopt when the file differs
  // from what add() and skip() were called with (a full disk, a missing call): it then has to be
  // indexed from the disk. The object must not be used afterwards. Throws UsageError and
  // std::system_error as CaptureFile does.
  std::optional<LiveIndex> finish(const FinishedFile& file);

 private:
  // The facts about one block that the loss ledger is made from.
  struct Told {
    PlacedBlock place;
    std::uint64_t first_ns = 0;
    std::uint64_t last_ns = 0;
    std::uint64_t drop_ns = 0;  // the first packet with a drop count
    std::uint64_t drop_count = 0;
  };
  // A block head or an interface read from between the blocks.
  struct Between {
    std::uint64_t offset = 0;
    ReadItem item = ReadItem::kInterface;  // or one of those below
    BlockHead head{};
    InterfaceStatistics statistics{};
    std::string interface;  // name of the statistics'
    FileInterface described;
    FileClose close{};
  };

  bool take_place(const PlacedBlock& place);
  void end_block(std::uint64_t end);
  bool read_between(const FinishedFile& file, IndexedFile& indexed);
  void set_ledgers(IndexedFile& indexed);
  static void add_to_ledgers(LedgerGain& gain, LossAccount& account, const Told& told);
  static void add_to_ledgers(LedgerGain& gain, LossAccount& account, const Between& between);

  IndexBuilder builder_;
  IndexBlock block_;        // the index block being built
  std::uint64_t end_ = 0;   // end of the last place
  bool understood_ = true;  // blocks came in file order and matched their places
  std::uint32_t skipped_ = 0;
  std::vector<Told> told_;
  FileSection section_;
  std::vector<Between> between_;
};

}  // namespace capstan
