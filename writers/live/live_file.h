// LiveFile: the index of one file while the file is being written, from the sealed blocks on their
// way to it.
//
// The packets come from the blocks in memory. What else a file has (its head, events, closing
// counts: no packets) is read from it when it is finished, a few kilobytes. The result is what
// index_recording() makes of the finished file, but that a block nobody could look at is marked.
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
  std::uint32_t skipped_blocks = 0;  // marked: nobody looked at them
};

// One thread. Memory: the limits', and some 200 bytes a block of the ring. Throws std::bad_alloc.
class LiveFile {
 public:
  explicit LiveFile(const IndexLimits& limits) : builder_(limits) {}

  // The block that lies at `place`, its bytes as sealed, borrowed during the call. Blocks in the
  // order of the file. `link_types`: by the interface that its packets name.
  void add(const PlacedBlock& place, std::span<const std::uint8_t> bytes,
           std::span<const std::uint16_t> link_types);
  // Nobody can look at the block that lies there.
  void skip(const PlacedBlock& place);

  // The file has to be read whole: blocks lie in it that are not alone in their place.
  void give_up() noexcept { understood_ = false; }

  // Reads what no block told, and makes the index. nullopt: the file is not what was told of it (a
  // full disk, a block that was not told of), and has to be read whole. Ends the object. Throws
  // UsageError and std::system_error as CaptureFile does.
  std::optional<LiveIndex> finish(const FinishedFile& file);

 private:
  // What of a block the loss ledger is made of.
  struct Told {
    PlacedBlock place;
    std::uint64_t first_ns = 0;
    std::uint64_t last_ns = 0;
    std::uint64_t drop_ns = 0;  // the first packet with a drop count
    std::uint64_t drop_count = 0;
  };
  // What stands between the blocks.
  struct Between {
    std::uint64_t offset = 0;
    ReadItem item = ReadItem::kInterface;  // or one of those below
    BlockHead head{};
    InterfaceStatistics statistics{};
    std::string interface;  // name of the statistics'
    FileClose close{};
  };

  bool take_place(const PlacedBlock& place);
  void end_block(std::uint64_t end);
  bool read_between(const FinishedFile& file, IndexedFile& indexed);
  void set_ledgers(IndexedFile& indexed);
  static void add_to_ledgers(LedgerGain& gain, LossAccount& account, const Told& told);
  static void add_to_ledgers(LedgerGain& gain, LossAccount& account, const Between& between);

  IndexBuilder builder_;
  IndexBlock block_;        // the one that is growing
  std::uint64_t end_ = 0;   // of the last place
  bool understood_ = true;  // every block was told of in order, and was what it was said to be
  std::uint32_t skipped_ = 0;
  std::vector<Told> told_;
  FileSection section_;
  std::vector<Between> between_;
};

}  // namespace capstan
