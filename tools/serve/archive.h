// Archive: the recordings in the served directories, and what is known of each file without reading
// it: from its index, or from reading it once (a survey).
//
// Uses: SurveyThread, which reads finished files that have no index while no recorder runs.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/core/clock.h"
#include "engine/index/index_reader.h"
#include "engine/reader/absent_parts.h"
#include "engine/reader/recording_set.h"
#include "engine/reader/set_reader.h"
#include "tools/serve/block_cache.h"

namespace capstan::serve {

struct FileFacts {
  enum class State : std::uint8_t {
    kIndexed,     // known from its index
    kSurveyed,    // known from a survey by this server
    kUnknown,     // has no index and was not surveyed yet
    kGrowing,     // a recorder is writing it
    kUnreadable,  // see `reason`
    kForeign,     // not a capture file
  };
  State state = State::kUnknown;
  std::string reason;  // why nothing more is known
  std::uint64_t size_bytes = 0;
  std::uint64_t inode = 0;
  std::uint64_t modified_ns = 0;
  std::uint64_t index_modified_ns = 0;  // of the index that could not be used; 0: there was none
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  std::uint64_t first_ns = 0;
  std::uint64_t last_ns = 0;
  std::uint64_t dropped = 0;
  bool whole = false;  // it was read up to a clean end
  bool has_ledger = false;
  bool in_time_order = false;
  // As IndexSummary's.
  std::optional<RecordingPlace> place;
  bool place_known = false;

  bool known() const noexcept { return state == State::kIndexed || state == State::kSurveyed; }
};

// The files as of a moment ago. `facts` has one entry per entry of set.files, in the same order.
struct Listing {
  RecordingSet set;
  std::vector<FileFacts> facts;
};

// Returns "/data/eth0" for "/data/eth0_00001_20261128101500.pcapng": what the names of a
// recording's files have in common.
std::string series_of(const std::string& path);

// Any thread.
class Archive {
 public:
  // `listing_age_ns`: how old a listing may become before the files are checked again.
  explicit Archive(std::vector<std::string> directories,
                   std::uint64_t listing_age_ns = kNanosecondsPerSecond);

  const std::vector<std::string>& directories() const noexcept { return directories_; }

  // Returns a listing that is not too old. A directory that cannot be read is among its troubles.
  std::shared_ptr<const Listing> list();

  // Returns the files that have to be read for this range and recording (empty: all). Files that
  // are left out have no packet in the range and no loss. `left_out`: receives their facts;
  // `left_parts`: which parts of recordings they are.
  RecordingSet choose(const Listing& listing, const TimeRange& range, const std::string& recording,
                      std::vector<FileFacts>* left_out = nullptr,
                      AbsentParts* left_parts = nullptr) const;

  // The blocks of a known file; null when they are not available any more.
  std::shared_ptr<const BlockFacts> blocks(const SetFile& file, const FileFacts& facts);

  // Surveys one finished file without an index. Returns false if there was none. Ends early when
  // `stop` becomes true.
  bool survey_one(const std::atomic<bool>& stop);

 private:
  struct Known {
    FileFacts facts;
    std::shared_ptr<const BlockFacts> blocks;  // of surveyed files; others are read when needed
    bool seen = true;
  };
  std::shared_ptr<const Listing> refresh();
  FileFacts look_at(const SetFile& file, const FileFacts* before) const;
  void note(const SetFile& file, const FileFacts& facts);
  std::optional<std::pair<std::string, FileFacts>> find_unknown(const Listing& listing);
  void note_surveyed(const std::string& path, const FileFacts& facts,
                     std::shared_ptr<const BlockFacts> blocks);

  const std::vector<std::string> directories_;
  const std::uint64_t listing_age_ns_;
  // Held while files are checked: a caller that needs the listing waits for it, one that needs
  // blocks does not.
  std::mutex refreshing_;
  std::shared_ptr<const Listing> listing_;
  std::uint64_t listed_ns_ = 0;
  // Protects everything below. known_ is changed only with both mutexes held, so that either is
  // enough to read it.
  std::mutex mutex_;
  std::unordered_map<std::string, Known> known_;
  std::size_t surveyed_blocks_ = 0;
  BlockCache read_;
};

}  // namespace capstan::serve
