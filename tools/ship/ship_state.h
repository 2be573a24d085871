// ShipState: what has been shipped from one directory to one sink: the watermark, in a file that a
// crash leaves as it was before a change or after it.
//
// The file is JSON on one line, and a line with the CRC-32 of the first. A state that is damaged,
// or of another directory, sink or sensor, is refused: what has been shipped must not be guessed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "engine/core/unique_fd.h"

namespace capstan::fleet {

// A file as the directory shows it. The same inode, size and time of change are the same bytes.
struct FileSight {
  std::uint64_t inode = 0;
  std::uint64_t size_bytes = 0;
  std::uint64_t modified_ns = 0;
  friend auto operator<=>(const FileSight&, const FileSight&) = default;
};

// The recording whose spool is being sent.
struct CurrentFile {
  std::uint64_t file = 0;  // file_id()
  std::string name;        // its path below the directory
  FileSight sight;
  std::uint64_t next = 0;  // batches known to be settled; there may be more
  // How its batches were made, and would be again; 0: an earlier Capstan did not say.
  std::uint32_t batch_rows = 0;
  bool audit = false;
};

struct StateIdentity {
  std::string directory;  // its real path
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::string sink;  // without a password
  std::string sensor;
};

class ShipState {
 public:
  // Reads the state at `path`, or begins one if there is none. Takes a lock until the end: one
  // process ships to a sink. Throws UsageError when it is damaged, of something else, or in use,
  // with what to do; std::system_error.
  ShipState(std::string path, const StateIdentity& identity);

  // Of the contents of a file, without one: save() is not for it. Throws UsageError as above.
  static ShipState from_text(const std::string& text, const StateIdentity& identity);

  // The contents of the file.
  std::string text() const;
  // Blocks on the disk. Throws std::system_error.
  void save() const;

  bool fresh() const noexcept { return fresh_; }  // there was none
  const std::string& instance() const noexcept { return instance_; }
  std::string spool_path() const { return path_ + ".spool"; }
  const std::string& path() const noexcept { return path_; }

  bool is_done(const FileSight& sight) const { return done_.contains(sight); }
  bool is_done(std::uint64_t file) const { return files_.contains(file); }
  // The file is shipped; 0: it never will be, because it has no rows.
  void add_done(const FileSight& sight, std::uint64_t file);
  // `present`: everything that the directory has at the time `now_s`, in seconds since 1970. What
  // has not been there for kForgetSeconds is forgotten; a disk that is not mounted for a while
  // comes back with files that are known.
  void note_present(const std::set<FileSight>& present, std::uint64_t now_s);
  std::size_t done_files() const noexcept { return done_.size(); }

  std::optional<CurrentFile> current;
  // For the sink: where its output stood after batch current->next, and of which file.
  std::uint64_t sink_position = 0;
  std::uint64_t sink_inode = 0;

  std::uint64_t files_shipped = 0;  // since the state was begun, as are the rows
  std::uint64_t rows_shipped = 0;

  static constexpr std::uint64_t kForgetSeconds = 3 * 86'400;
  // Files beyond it, the earliest shipped first, are forgotten: a directory holds fewer.
  static constexpr std::size_t kMostDone = 200'000;

 private:
  struct Done {
    std::uint64_t file = 0;
    std::uint64_t order = 0;   // in which they were shipped
    std::uint64_t gone_s = 0;  // when it was first missing; 0: it is there
  };

  ShipState() = default;
  void begin(const StateIdentity& identity);
  void forget(std::map<FileSight, Done>::iterator one);
  void parse(const std::string& text, const StateIdentity& identity);

  std::string path_;
  UniqueFd lock_;
  StateIdentity identity_;
  std::string instance_;
  bool fresh_ = false;
  std::uint64_t order_ = 0;
  std::map<FileSight, Done> done_;
  std::map<std::uint64_t, FileSight> by_order_;
  std::map<std::uint64_t, std::uint64_t> files_;  // file id: how many sights have it
};

}  // namespace capstan::fleet
