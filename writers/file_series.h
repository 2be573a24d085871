// FileSeries: the files of a rotating recording. Opens the next one before it is needed and closes
// the finished ones, on a thread of its own, so that the writer waits for neither.
//
// Between recording_writer.cc, which decides when to turn, and output_file.cc.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "writers/output_file.h"

namespace capstan {

struct FinishedFile {
  std::string path;
  std::uint64_t size_bytes = 0;
};

// Owns the spare file and those being closed. The mutex is taken at a turn, never for a packet.
class FileSeries {
 public:
  // `options.path` is the pattern rotated_name() works on. Takes up the numbers and, for
  // `keep_files`, the finished files that lie there already. `confine` is the first thing the
  // series' thread does: what a process gives up before the first packet, each thread gives up for
  // itself.
  FileSeries(OutputFileOptions options, std::uint32_t keep_files,
             std::function<void()> confine = {});
  // As finish().
  ~FileSeries();

  // The first file; throws what OutputFile and `confine` throw.
  OutputFile open_first();
  // The next file, open and preallocated, under the name of this moment; empty while it is not
  // ready, which leaves the recording in its present file. Never waits for the disk but to rename.
  std::optional<OutputFile> take_next() noexcept;
  // To be truncated, synced and renamed. Nothing may be under way to it.
  void close(OutputFile file, std::uint64_t size_bytes) noexcept;
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
    std::uint64_t size_bytes;
  };
  void find_earlier();
  std::string spare_path() const;
  void run() noexcept;
  void open_spare(std::unique_lock<std::mutex>& lock) noexcept;
  void close_one(std::unique_lock<std::mutex>& lock) noexcept;
  void note_finished(const FinishedFile& file);

  OutputFileOptions options_;
  std::uint32_t keep_files_;
  std::function<void()> confine_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<OutputFile> spare_;
  std::deque<Closing> closing_;
  bool ending_ = false;
  int error_ = 0;
  std::uint32_t next_number_ = 1;
  std::deque<std::string> kept_;  // finished, oldest first; only with keep_files
  std::deque<FinishedFile> listed_;
  std::uint64_t finished_count_ = 0;
  std::thread thread_;
};

}  // namespace capstan
