// IndexWorker: indexes of finished recordings, made one after another beside the recording that
// goes on: at idle priority, past the page cache, and not at all while there is something better to
// do.
//
// Reads the finished file again (engine/index/file_indexer.h): the recording itself pays for
// nothing but the disk's time, which `busy` keeps for it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/core/stats.h"
#include "engine/index/index_builder.h"

namespace capstan {

struct IndexWorkerOptions {
  // As the recording's own files: an index is on the disk before it has its name.
  bool sync = true;
  IndexLimits limits;
  // Asked about once a mebibyte: while it is true nothing is read. Any thread. Empty: never.
  std::function<bool()> busy;
  std::vector<int> cpus;  // empty: any
};

struct IndexCounters {
  Counter files_indexed;
  Counter files_failed;   // see last_failure()
  Counter files_refused;  // deleted meanwhile, or nothing that can have an index
  Counter files_left;     // not begun or not finished when it was told to end
  Counter bytes_read;
};

// Owns its thread. add() by any thread.
class IndexWorker {
 public:
  explicit IndexWorker(IndexWorkerOptions options) : options_(std::move(options)) {}
  // Leaves what is not done.
  ~IndexWorker();

  // Throws std::system_error.
  void start();
  // A recording is finished and has its name. Never waits for the disk; a file too many (there is
  // room for kMaxWaiting) counts as left.
  void add(const std::string& recording_path) noexcept;
  // No file comes any more: the thread ends when the waiting ones are done.
  void end() noexcept;
  // What is not done is left: the thread ends within a mebibyte.
  void leave() noexcept;
  bool finished() const noexcept { return finished_.load(std::memory_order_acquire); }
  void join();

  const IndexCounters& counters() const noexcept { return counters_; }
  // "NAME: reason" of the last file that failed; empty when none has.
  std::string last_failure() const;

  static constexpr std::size_t kMaxWaiting = 10'000;

 private:
  void run() noexcept;
  void index_one(const std::string& path) noexcept;
  bool may_go_on(std::uint64_t bytes_before, std::uint64_t bytes_done) noexcept;
  void fail(const std::string& text) noexcept;
  void leave_one() noexcept;

  IndexWorkerOptions options_;
  mutable std::mutex mutex_;  // taken once a file
  std::condition_variable changed_;
  std::deque<std::string> waiting_;
  bool ending_ = false;
  std::string last_failure_;
  std::atomic<bool> leaving_{false};
  std::atomic<bool> finished_{false};  // pairs with the last store of the thread
  IndexCounters counters_;
  std::thread thread_;
};

// The calling thread runs when nobody else wants the processor, and its reads when nobody else
// wants the disk (where the disk's scheduler knows such a thing). Best effort.
void become_idle_thread() noexcept;

}  // namespace capstan
