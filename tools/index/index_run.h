// What `capstan index` does with each recording, several at once.
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
  kUpToDate,  // there was one that holds
  kHolds,     // --check: so does this
  kRefused,   // the recording can have none
  kMissing,   // --check: it has none
  kBad,       // --check: it is damaged or of another file
  kFailed,    // reading or writing failed
  kNoRecording,
  kStopped,
};

struct IndexResult {
  std::string path;  // of the recording
  IndexOutcome outcome = IndexOutcome::kStopped;
  std::string reason;  // of everything that is not well; of a recording that breaks off, where
  std::uint64_t recording_bytes = 0;
  std::uint64_t index_bytes = 0;
  IndexSummary summary;  // with an index
};

// The recordings that `paths` name: files as they are, of a directory all that begin as recordings
// do, in order of their names. `found_in_directory` may be passed over without a word. Throws
// UsageError for a path that does not exist or a directory that cannot be read.
std::vector<std::string> recordings_in(const std::vector<std::string>& paths);

// Works through the files on threads of its own.
class IndexRun {
 public:
  // Read by the thread that waits, any time.
  struct Progress {
    std::atomic<std::uint64_t> bytes_done{0};
    std::atomic<std::uint64_t> files_done{0};
  };

  // Borrows `stop`: when it becomes true, what is under way is given up and nothing is left of it.
  IndexRun(const IndexCommandLine& line, std::vector<std::string> files,
           const std::atomic<bool>& stop);

  // Blocks until all is done; `finished` is called for each file, one at a time, on any thread;
  // `tick` about ten times a second on this one.
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
  std::mutex mutex_;  // one file is told of at a time
};

}  // namespace capstan::tools
