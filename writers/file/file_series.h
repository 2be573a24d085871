// FileSeries: the files of a rotating recording. On a thread of its own it opens the next file
// before it is needed, closes the finished ones and deletes those that retention selects, so that
// the writer waits for none of this.
//
// Stands between recording_writer.cc, which decides when to change files, and output_file.cc.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "writers/file/finished_file.h"
#include "writers/file/output_file.h"
#include "writers/file/retention.h"
#include "writers/file/rotation.h"

namespace capstan {

struct SeriesOptions {
  RetentionLimits retention;
  // A file that cannot be closed is tried again until the recording ends. False: it is an error at
  // once.
  bool patient = false;
  // The series' thread calls this first, to drop privileges: what a process drops before the first
  // packet, each thread must drop for itself. Empty: nothing is called.
  std::function<void()> confine;
  // Called for each file once it has its final name, on the series' thread; for the last file on
  // the writer's thread. Must not wait. Empty: nothing is called.
  std::function<void(const FinishedFile&)> on_finished;
  // Set when a program runs for each finished file and may replace the file by a compressed one:
  // retention and the next start then treat NAME.gz as NAME. Called for each deleted file, on the
  // series' thread or the writer's; the program may still be working on that file. Must not wait.
  // Empty: there is no such program.
  std::function<void(const std::string&)> on_deleted;
};

// For whoever looks for earlier files of a series: throws std::system_error when its directory
// could not be listed, for then numbers would be given twice and retention would forget files. One
// that does not exist is not listed and no error: opening the first file says so.
void refuse_unreadable_series(const std::string& pattern, std::error_code error);

// Owns the spare file (the next one, opened in advance) and the files being closed. The mutex is
// taken at a change of files, never for a packet.
class FileSeries {
 public:
  // `options.path` is the pattern for SeriesNames. Finished files of this pattern that already
  // exist belong to the series: numbering goes on after them, and retention counts and deletes them
  // too.
  FileSeries(OutputFileOptions options, SeriesOptions series);
  // Calls finish().
  ~FileSeries();

  // Sets the size of the file being written, bytes. Any thread.
  void note_writing(std::uint64_t bytes) noexcept {
    writing_bytes_.store(bytes, std::memory_order_relaxed);
  }
  // To be called when the disk is full: asks the series' thread to release the space preallocated
  // for the spare file and to delete the oldest files until there is free space. Any thread.
  void make_room() noexcept;
  // 0, or the errno value of the first failure to close a finished file. Any thread.
  int error() const noexcept { return error_.load(std::memory_order_relaxed); }
  // Number of files deleted by retention, and the errno value of the last failed deletion. Any
  // thread.
  std::uint64_t deleted_count() const noexcept {
    return deleted_count_.load(std::memory_order_relaxed);
  }
  int delete_error() const noexcept { return delete_error_.load(std::memory_order_relaxed); }
  // Why the recording could not change files when it was due: the errno value of the last attempt
  // to make the next file. 0 when no change is due or the last one succeeded. Any thread.
  int turn_error() const noexcept { return turn_error_.load(std::memory_order_relaxed); }
  // Bytes already preallocated for the next file. Any thread.
  std::uint64_t spare_bytes() const noexcept {
    return spare_bytes_.load(std::memory_order_relaxed);
  }

  // Creates the first file and starts the thread. Throws what OutputFile and `confine` throw.
  OutputFile open_first();
  // Returns the next file, open and preallocated, named by the present time. Empty while it is not
  // ready: the recording then goes on in its present file. Never waits for the disk, except for a
  // rename.
  std::optional<OutputFile> take_next() noexcept;
  // Whether take_next() has a file to return.
  bool next_ready() const noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    return spare_.has_value();
  }
  // Hands over a file to be truncated to `as.size_bytes`, synced and renamed on the series' thread.
  // Requires: no operation on the file is under way.
  void close(OutputFile file, FinishedFile as) noexcept;
  // Adds the last file, which the writer itself has closed.
  void add_closed(const FinishedFile& file) noexcept;
  // Waits until every file handed over is closed, ends the thread and removes the spare file.
  // Returns 0 or the errno value of the first error.
  int finish() noexcept;

  // Returns the last finished files, at most kListed of them, and sets `count` to the number of
  // all. Any thread.
  static constexpr std::size_t kListed = 100;
  std::vector<FinishedFile> finished_files(std::uint64_t& count) const;

 private:
  struct Closing {
    OutputFile file;
    FinishedFile as;
  };
  bool may_be_compressed() const noexcept { return static_cast<bool>(series_.on_deleted); }
  void find_earlier();
  // What the name of the next file is made from. Read with the mutex held; whether the name is free
  // is checked without it.
  struct NextName {
    std::uint64_t wall_ns;
    std::uint32_t number;  // the lowest number that may be free
    std::string last_path;
  };
  NextName next_name() const;
  // Returns a path that no other recording has. `own_part`: the hidden name that the caller's own
  // file has, which counts as free.
  std::string path_of(const NextName& next, const std::string& own_part) const;
  void run() noexcept;
  void open_spare(std::unique_lock<std::mutex>& lock) noexcept;
  bool close_one(std::unique_lock<std::mutex>& lock) noexcept;
  void note_finished(const FinishedFile& file);
  void note_named(const std::string& path);
  void note_deleted(const std::string& path) noexcept;
  void count_bytes(std::unique_lock<std::mutex>& lock);
  void retain(std::unique_lock<std::mutex>& lock) noexcept;
  RetentionState look_at_disk(RetentionLimits& limits, std::unique_lock<std::mutex>& lock) noexcept;

  OutputFileOptions options_;
  SeriesOptions series_;
  SeriesNames names_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<OutputFile> spare_;
  std::deque<Closing> closing_;
  bool ending_ = false;
  bool room_wanted_ = false;
  std::atomic<int> error_{0};
  std::atomic<int> delete_error_{0};
  std::atomic<int> turn_error_{0};
  int spare_error_ = 0;  // why there is no spare (errno); 0: there is one, or none was tried yet
  std::atomic<std::uint64_t> deleted_count_{0};
  std::atomic<std::uint64_t> writing_bytes_{0};
  std::atomic<std::uint64_t> spare_bytes_{0};
  std::uint32_t next_number_ = 1;
  std::string last_path_;      // the last path given to a file
  std::deque<KeptFile> kept_;  // finished, oldest first
  // For names made from the time: of the existing files, by the name that number 1 of that time
  // has, the highest number and how many there are. As long as one of them exists, a name that
  // retention freed is not used again.
  struct Numbers {
    std::uint32_t highest = 0;
    std::size_t files = 0;
  };
  std::map<std::string, Numbers> numbers_;
  // Protects listed_ and finished_count_ for any thread. Never held during a disk operation.
  mutable std::mutex listed_mutex_;
  std::deque<FinishedFile> listed_;
  std::uint64_t finished_count_ = 0;
  std::thread thread_;
};

}  // namespace capstan
