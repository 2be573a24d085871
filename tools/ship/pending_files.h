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
  PendingFiles(std::string directory, const ShipState& state, bool at_once)
      : directory_(std::move(directory)), state_(state), at_once_(at_once) {}

  // Looks at the directory again.
  void look();
  // The next one to ship; nullopt: none is ready.
  std::optional<PendingFile> next();
  // The one with these bytes; nullopt: it is not there.
  std::optional<PendingFile> find(const FileSight& sight) const;
  // Not now: it failed. It comes again after the next look(), unless `at_once`.
  void put_off(const PendingFile& file) { put_off_[file.sight] = true; }

  std::uint64_t waiting() const noexcept { return waiting_.size(); }  // ready or not
  // Recordings that were seen waiting and are gone: their rows are lost.
  std::uint64_t gone() const noexcept { return gone_; }
  // What kept look() from seeing everything; empty: nothing.
  const std::string& trouble() const noexcept { return trouble_; }

 private:
  bool is_ready(const PendingFile& file) const;

  std::string directory_;
  const ShipState& state_;
  bool at_once_;
  // By time of change, then path: in the order in which they were recorded.
  std::map<std::pair<std::uint64_t, std::string>, PendingFile> waiting_;
  std::map<FileSight, bool> put_off_;
  std::uint64_t gone_ = 0;
  std::string trouble_;
};

}  // namespace capstan::fleet
