// PendingFiles: which recordings of a directory are finished and not shipped yet, the oldest first.
//
// A recording is finished when it has an index that is valid and whole, or when it has not changed
// for a minute: whoever makes indexes (`record --index`, `capstan index`) has had time to. Of one
// without an index the rows are made in memory. Hidden names are being written.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "tools/ship/ship_state.h"

namespace capstan::fleet {

struct PendingFile {
  std::string path;
  FileSight sight;
};

// One thread. Borrows the state.
class PendingFiles {
 public:
  static constexpr std::uint64_t kQuietSeconds = 60;

  // `at_once`: do not wait for indexes.
  PendingFiles(std::string directory, ShipState& state, bool at_once)
      : directory_(std::move(directory)), state_(state), at_once_(at_once) {}

  // Looks at the directory again, and tells the state what is there.
  void look();
  // The next one to ship; nullopt: none is ready. Times are those of the monotonic clock.
  std::optional<PendingFile> next(std::uint64_t now_ns);
  // The recording that the state is in the middle of, whatever its name is now; nullopt: it is not
  // there. One that has taken its name may be another one.
  std::optional<PendingFile> find(const CurrentFile& current) const;
  // Not now: it cannot be read. It comes again after two seconds, and each time later, up to ten
  // minutes; with `at_once` never. Returns whether that is news: `reason` is another than before.
  bool put_off(const PendingFile& file, const std::string& reason, std::uint64_t now_ns);

  std::uint64_t waiting() const noexcept { return waiting_.size(); }  // ready or not
  // Recordings that were seen waiting and are gone: their rows are lost. Not the one that the state
  // is in the middle of.
  std::uint64_t gone() const noexcept { return gone_; }
  // What kept look() from seeing everything; empty: nothing.
  const std::string& trouble() const noexcept { return trouble_; }

 private:
  struct PutOff {
    std::uint64_t until_ns = 0;
    std::uint64_t pause_ns = 0;
    std::string reason;
  };

  bool is_ready(const PendingFile& file) const;
  bool is_put_off(const PendingFile& file, std::uint64_t now_ns) const;

  std::string directory_;
  ShipState& state_;
  bool at_once_;
  // By time of change, then path: in the order in which they were recorded.
  std::map<std::pair<std::uint64_t, std::string>, PendingFile> waiting_;
  std::map<FileSight, PutOff> put_off_;
  std::uint64_t gone_ = 0;
  std::string trouble_;
};

}  // namespace capstan::fleet
