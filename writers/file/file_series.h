// FileSeries: the files of a rotating recording. Opens the next one before it is needed, closes the
// finished ones and deletes those that retention gives up, on a thread of its own, so that the
// writer waits for none of it.
//
// Between recording_writer.cc, which decides when to turn, and output_file.cc.
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
#include <thread>
#include <vector>

#include "writers/file/finished_file.h"
#include "writers/file/output_file.h"
#include "writers/file/retention.h"
#include "writers/file/rotation.h"

namespace capstan {

struct SeriesOptions {
  RetentionLimits retention;
  // A file that cannot be closed is tried again until the end, instead of being an error at once.
  bool patient = false;
  // The first thing the series' thread does: what a process gives up before the first packet, each
  // thread gives up for itself. Empty: nothing.
  std::function<void()> confine;
  // Told of each file that has its name, on the series' thread; of the last on the writer's. Must
  // not wait. Empty: nobody.
  std::function<void(const FinishedFile&)> on_finished;
  // A program runs for each finished file, and may leave it compressed: NAME.gz is still NAME to
  // retention and to the next start. Told of each file that was deleted, on the series' thread or
  // the writer's: the program may be at it yet. Must not wait. Empty: there is no program.
  std::function<void(const std::string&)> on_deleted;
};

// Owns the spare file and those being closed. The mutex is taken at a turn, never for a packet.
class FileSeries {
 public:
  // `options.path` is the pattern SeriesNames works on. Takes up the numbers of the finished files
  // that lie there already, and keeps or deletes them as its own.
  FileSeries(OutputFileOptions options, SeriesOptions series);
  // As finish().
  ~FileSeries();

  // How large the file being written is. Any thread.
  void note_writing(std::uint64_t bytes) noexcept {
    writing_bytes_.store(bytes, std::memory_order_relaxed);
  }
  // The disk is full: gives up the space taken ahead and the oldest files until there is some. Any
  // thread.
  void make_room() noexcept;
  // 0, or why a finished file could not get its name. Any thread.
  int error() const noexcept { return error_.load(std::memory_order_relaxed); }
  // Files deleted by retention, and the errno value of the last refusal. Any thread.
  std::uint64_t deleted_count() const noexcept {
    return deleted_count_.load(std::memory_order_relaxed);
  }
  int delete_error() const noexcept { return delete_error_.load(std::memory_order_relaxed); }
  // Why a turn that is due cannot be: the errno value of the last attempt to make the next file; 0
  // when none is due, or one was had. Any thread.
  int turn_error() const noexcept { return turn_error_.load(std::memory_order_relaxed); }
  // Space that the next file has taken already. Any thread.
  std::uint64_t spare_bytes() const noexcept {
    return spare_bytes_.load(std::memory_order_relaxed);
  }

  // The first file; throws what OutputFile and `confine` throw.
  OutputFile open_first();
  // The next file, open and preallocated, under the name of this moment; empty while it is not
  // ready, which leaves the recording in its present file. Never waits for the disk but to rename.
  std::optional<OutputFile> take_next() noexcept;
  // Whether take_next() has one to give.
  bool next_ready() const noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    return spare_.has_value();
  }
  // To be truncated to `as.size_bytes`, synced and renamed. Nothing may be under way to it.
  void close(OutputFile file, FinishedFile as) noexcept;
  // The last file has been closed by the writer, under `path`.
  void add_closed(const FinishedFile& file) noexcept;
  // Waits until everything handed over is closed, and removes the spare. 0 or the first error.
  int finish() noexcept;

  // By any thread: the last finished files, at most kListed of them, and how many there were.
  static constexpr std::size_t kListed = 100;
  std::vector<FinishedFile> finished_files(std::uint64_t& count) const;

 private:
  struct Closing {
    OutputFile file;
    FinishedFile as;
  };
  bool may_be_compressed() const noexcept { return static_cast<bool>(series_.on_deleted); }
  void find_earlier();
  // What the name of this moment is made of; with the lock. Whether it is free is asked without.
  struct NextName {
    std::uint64_t wall_ns;
    std::uint32_t number;  // the lowest that may be free
    std::string last_path;
  };
  NextName next_name() const;
  // A name that is no other recording's. `own_part`: the hidden name that is the asker's own.
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
  int spare_error_ = 0;  // why there is no spare; 0: there is one, or it was not tried yet
  std::atomic<std::uint64_t> deleted_count_{0};
  std::atomic<std::uint64_t> writing_bytes_{0};
  std::atomic<std::uint64_t> spare_bytes_{0};
  std::uint32_t next_number_ = 1;
  std::string last_path_;      // that was given to a file
  std::deque<KeptFile> kept_;  // finished, oldest first
  // Names made of the time: of those that lie there, by the name that number 1 has, the highest
  // number and how many there are. A name that retention freed is not used again before them.
  struct Numbers {
    std::uint32_t highest = 0;
    std::size_t files = 0;
  };
  std::map<std::string, Numbers> numbers_;
  // For any thread: never held while the disk is asked for anything.
  mutable std::mutex listed_mutex_;
  std::deque<FinishedFile> listed_;
  std::uint64_t finished_count_ = 0;
  std::thread thread_;
};

}  // namespace capstan
