// Archive: the recordings below the directories served, and what is known of each file without
// reading it: from its index, or from a look through it that is taken once.
//
// Beneath it: SurveyThread, which looks through finished files that have no index while no recorder
// runs.
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
#include "engine/reader/recording_set.h"
#include "engine/reader/set_reader.h"
#include "tools/serve/block_cache.h"

namespace capstan::serve {

struct FileFacts {
  enum class State : std::uint8_t {
    kIndexed,     // by its index
    kSurveyed,    // looked through here
    kUnknown,     // has no index, and was not looked through yet
    kGrowing,     // a recorder writes it
    kUnreadable,  // reason
    kForeign,     // no capture file
  };
  State state = State::kUnknown;
  std::string reason;  // why there is no more
  std::uint64_t size_bytes = 0;
  std::uint64_t inode = 0;
  std::uint64_t modified_ns = 0;
  std::uint64_t index_modified_ns = 0;  // of the index that was of no use; 0: there was none
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  std::uint64_t first_ns = 0;
  std::uint64_t last_ns = 0;
  std::uint64_t dropped = 0;
  bool whole = false;  // it was read up to a clean end
  bool has_ledger = false;
  bool in_time_order = false;

  bool known() const noexcept { return state == State::kIndexed || state == State::kSurveyed; }
};

// The files as they were a moment ago. `facts` are those of set.files, in their order.
struct Listing {
  RecordingSet set;
  std::vector<FileFacts> facts;
};

// "/data/eth0_00001_20261128101500.pcapng" to "/data/eth0": what the files of a recording share.
std::string series_of(const std::string& path);

// Any thread.
class Archive {
 public:
  // `listing_age_ns`: how old a listing may get. Larger: fewer looks at the files.
  explicit Archive(std::vector<std::string> directories,
                   std::uint64_t listing_age_ns = kNanosecondsPerSecond);

  const std::vector<std::string>& directories() const noexcept { return directories_; }

  // A listing that is not too old. A directory that cannot be read is among its troubles.
  std::shared_ptr<const Listing> list();

  // The files a question with this range and recording (empty: all) must look at; those left out
  // hold nothing of it and have lost nothing then. `left_out`: what is known of them.
  RecordingSet choose(const Listing& listing, const TimeRange& range, const std::string& recording,
                      std::vector<FileFacts>* left_out = nullptr) const;

  // The blocks of a known file; null when they cannot be had any more.
  std::shared_ptr<const BlockFacts> blocks(const SetFile& file, const FileFacts& facts);

  // Looks through one finished file without an index, if there is one. False: there was none.
  // Ends early when `stop` says so.
  bool survey_one(const std::atomic<bool>& stop);

 private:
  struct Known {
    FileFacts facts;
    std::shared_ptr<const BlockFacts> blocks;  // of surveyed files; others are read when asked for
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
  // Held while files are looked at: who wants the listing waits for it, who wants blocks does not.
  std::mutex refreshing_;
  std::shared_ptr<const Listing> listing_;
  std::uint64_t listed_ns_ = 0;
  // Of all below. known_ changes under both, so that either is enough to look at it.
  std::mutex mutex_;
  std::unordered_map<std::string, Known> known_;
  std::size_t surveyed_blocks_ = 0;
  BlockCache read_;
};

}  // namespace capstan::serve
