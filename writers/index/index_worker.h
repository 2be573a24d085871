// IndexWorker: makes the indexes of finished recordings one after another while recording goes on:
// at idle priority, bypassing the page cache, and pausing while `busy` says that there is more
// important work.
//
// Reads the finished file again (engine/index/file_indexer.h): the recording itself pays for
// nothing but the disk's time, which `busy` keeps for it. An index that was made meanwhile
// (live_indexer.h) is written before anything is read, also while something is being read.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "engine/core/stats.h"
#include "engine/index/index_builder.h"

namespace capstan {

struct IndexWorkerOptions {
  // Like the recording's own files: an index is durable before it gets its name.
  bool sync = true;
  IndexLimits limits;
  // Asked after about each mebibyte: while it returns true nothing is read. Must be callable from
  // any thread. Empty: never busy.
  std::function<bool()> busy;
  std::vector<int> cpus;  // empty: any
};

struct IndexCounters {
  Counter files_indexed;
  Counter files_failed;   // see last_failure()
  Counter files_refused;  // deleted in the meantime, or not a file that can have an index
  Counter files_left;     // not started or not finished when the worker was ended
  Counter files_anew;     // of files_indexed, those whose marked index was made again without marks
  Counter bytes_read;
};

// Owns its thread. add() may be called by any thread.
class IndexWorker {
 public:
  explicit IndexWorker(IndexWorkerOptions options) : options_(std::move(options)) {}
  // Calls leave() and waits for the thread.
  ~IndexWorker();

  // Starts the thread. Throws std::system_error.
  void start();
  // A recording is finished and has its name. Never waits for the disk; a file too many (there is
  // room for kMaxWaiting that are to be read) counts as left.
  void add(const std::string& recording_path) noexcept;
  // The same for a recording whose index exists already. `marked`: the index has blocks that were
  // not read; it is written, and made again from the file when no other file waits and the end was
  // not requested.
  void add(const std::string& recording_path, std::vector<std::uint8_t> index,
           bool marked) noexcept;
  // No more files will come: the thread ends when all waiting files are done.
  void end() noexcept;
  // What is to be read is left: the thread ends within a mebibyte, and when the indexes that it was
  // given are written.
  void leave() noexcept;
  bool finished() const noexcept { return finished_.load(std::memory_order_acquire); }
  void join();

  const IndexCounters& counters() const noexcept { return counters_; }
  // "NAME: reason" for the last file that failed; empty when none has.
  std::string last_failure() const;

  static constexpr std::size_t kMaxWaiting = 10'000;
  // Limit for the indexes that wait to be written, together; the index of a file beyond it is
  // dropped, and the file is read again.
  static constexpr std::size_t kMaxWaitingBytes = 256U << 20;

 private:
  struct Job {
    std::string path;
    std::vector<std::uint8_t> index;  // empty: to be made from the file
    bool marked = false;              // with an index: has to be made again afterwards
    bool anew = false;                // made again: an index with marks exists
  };

  void run() noexcept;
  void put(Job job) noexcept;
  bool take(Job& job);
  bool take_ready(Job& job) noexcept;
  void write_ready() noexcept;
  void index_one(const Job& job) noexcept;
  std::vector<std::uint8_t> make(const Job& job);
  void write(const Job& job, std::span<const std::uint8_t> index) noexcept;
  void write_given(const Job& job) noexcept;
  bool may_go_on(std::uint64_t bytes_before, std::uint64_t bytes_done) noexcept;
  bool is_ending() const;
  void fail(const std::string& text) noexcept;
  void leave_one(const Job& job) noexcept;

  IndexWorkerOptions options_;
  mutable std::mutex mutex_;  // taken once per file
  std::condition_variable changed_;
  std::deque<Job> ready_;           // with an index, which is only to be written
  std::deque<Job> waiting_;         // to be read
  std::deque<std::string> marked_;  // indexes to be made anew
  std::size_t ready_bytes_ = 0;
  // Of ready_, for a look without the mutex: an idle thread that holds it may hold it for long.
  std::atomic<std::size_t> ready_count_{0};
  bool ending_ = false;
  std::string last_failure_;
  std::atomic<bool> leaving_{false};
  std::atomic<bool> finished_{false};  // release: the thread's work is visible
  IndexCounters counters_;
  std::thread thread_;
};

// Makes the calling thread run only when no other thread wants the processor, and read only when no
// other process wants the disk (where the disk's scheduler supports this). Best effort: errors are
// ignored.
void become_idle_thread() noexcept;

}  // namespace capstan
