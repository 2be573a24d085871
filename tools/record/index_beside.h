// IndexBeside: the indexes of a recording's files, made beside it once each file is finished.
//
// Owned by Recorder. What it costs: a thread at idle priority that reads each finished file again,
// past the page cache, and stands still while a ring fills or a disk is in trouble. What is not
// done when the recorder ends is left to its next start or to `capstan index`, and said.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "writers/file/finished_file.h"
#include "writers/index/index_worker.h"

namespace capstan::tools {

struct IndexStats {
  std::uint64_t files = 0;    // that got their index
  std::uint64_t failed = 0;   // whose index could not be made
  std::uint64_t refused = 0;  // deleted meanwhile
  std::uint64_t left = 0;     // without one at the end
};

class IndexBeside {
 public:
  // `busy`: whether the recording needs disk and processor for itself. Any thread, until join().
  IndexBeside(bool sync, std::function<bool()> busy);

  // Privileges are given up; its thread starts. Throws std::system_error.
  void start();
  // The finished files of the series of this pattern that an earlier run left without an index.
  void add_earlier(const std::string& pattern);
  // A file has its name. Any thread; does not wait.
  void file_finished(const FinishedFile& file) noexcept { worker_.add(file.path); }

  // No file comes any more.
  void end() noexcept { worker_.end(); }
  bool finished() const noexcept { return worker_.finished(); }
  // It does not get on with it: nothing more is made.
  void leave() noexcept { worker_.leave(); }
  void join() { worker_.join(); }

  IndexStats stats() const noexcept;
  // Of the last file that failed; empty: none has.
  std::string failure() const { return worker_.last_failure(); }

 private:
  IndexWorker worker_;
};

}  // namespace capstan::tools
