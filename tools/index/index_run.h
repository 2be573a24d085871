// What `capstan index` does with each recording, several at the same time.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "engine/index/index_reader.h"
#include "tools/index/index_cli.h"

namespace capstan::tools {

enum class IndexOutcome : std::uint8_t {
  kIndexed,
  kUpToDate,  // there was a valid index
  kHolds,     // --check: there is a valid index
  kRefused,   // the recording cannot have an index
  kMissing,   // --check: there is no index
  kBad,       // --check: the index is damaged or belongs to another file
  kFailed,    // reading or writing failed
  kNoRecording,
  kStopped,
};

struct IndexResult {
  std::string path;  // of the recording
  IndexOutcome outcome = IndexOutcome::kStopped;
  std::string reason;  // what is wrong; for a recording that breaks off, where
  std::uint64_t recording_bytes = 0;
  std::uint64_t index_bytes = 0;
  IndexSummary summary;  // of the index, if there is one
};

// Returns the recordings that `paths` name: files as given; from a directory all files that begin
// like a recording, sorted by name. Throws UsageError for a path that does not exist or a directory
// that cannot be read.
std::vector<std::string> recordings_in(const std::vector<std::string>& paths);

// Processes the files in threads of its own.
class IndexRun {
 public:
  // Read at any time by the thread that waits in run().
  struct Progress {
    std::atomic<std::uint64_t> bytes_done{0};
    std::atomic<std::uint64_t> files_done{0};
  };

  // `stop` is borrowed: when it becomes true, unfinished work is given up and leaves no files.
  IndexRun(const IndexCommandLine& line, std::vector<std::string> files,
           const std::atomic<bool>& stop);

  // Blocks until all files are done. `finished` is called for each file, one at a time, on any
  // thread; `tick` about ten times a second on the calling thread.
  void run(const std::function<void(const IndexResult&)>& finished,
           const std::function<void()>& tick);

  const Progress& progress() const noexcept { return progress_; }
  std::uint64_t total_bytes() const noexcept { return total_bytes_; }
  std::size_t total_files() const noexcept { return files_.size(); }

 private:
  IndexResult work_on(const std::string& path);
  IndexResult check_one(const std::string& path) const;
  void index_one(IndexResult& result);

  const IndexCommandLine& line_;
  std::vector<std::string> files_;
  std::uint64_t total_bytes_ = 0;
  const std::atomic<bool>& stop_;
  Progress progress_;
  std::atomic<std::size_t> next_{0};
  std::mutex mutex_;  // `finished` is called for one file at a time
};

}  // namespace capstan::tools
