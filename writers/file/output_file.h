// OutputFile: one recording on disk, hidden and preallocated while it grows, under its own name
// when it is whole.
//
// Opened and closed by recording_writer.cc, off the data path; the bytes go through an IoBackend.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "engine/core/unique_fd.h"

namespace capstan {

enum class OutputKind : std::uint8_t {
  kFile,    // a regular file: `.NAME.part` until closed
  kStream,  // standard output, a pipe or a device: written in order
  kNull,    // /dev/null: for measuring the capture alone, nothing is written
};

struct OutputFileOptions {
  std::string path;    // "-": standard output
  bool direct = true;  // O_DIRECT where the file system has it
  // Disk space taken ahead of the write position, so that no write extends the file (an extending
  // O_DIRECT write is synchronous on ext4 and XFS). 0: none.
  std::uint64_t preallocate_bytes = std::uint64_t{1} << 30;
  // Make it durable (fsync) before it gets its name. Without, a power loss may leave a file with
  // its name and holes in it.
  bool sync = true;
};

// Owns the descriptor and, until closed, a lock (flock) that tells `capstan repair` to keep off.
class OutputFile {
 public:
  // Creates the hidden file. Throws std::system_error; a target that is a directory or whose
  // directory is missing or not writable is named with what to do. Waits until somebody reads a
  // FIFO, or `abandon`, if not null, is set (relaxed: it only has to arrive some time).
  explicit OutputFile(OutputFileOptions options, const std::atomic<bool>* abandon = nullptr);
  // A `.part` file that was not closed stays where it is once keep() was called, because it holds
  // what was recorded; before that it goes away.
  ~OutputFile();
  OutputFile(OutputFile&&) = default;
  OutputFile& operator=(OutputFile&&) = default;

  int descriptor() const noexcept { return fd_.get(); }
  OutputKind kind() const noexcept { return kind_; }
  const std::string& path() const noexcept { return options_.path; }
  // Whether O_DIRECT is on. If it was asked for and refused, why is in direct_refused_errno().
  bool direct() const noexcept { return direct_; }
  int direct_refused_errno() const noexcept { return direct_refused_errno_; }
  // Offsets and lengths of direct writes must be multiples of this; 1 without O_DIRECT.
  std::uint32_t alignment_bytes() const noexcept { return alignment_bytes_; }
  // End of the space taken at creation.
  std::uint64_t preallocated_bytes() const noexcept { return preallocated_bytes_; }
  // Whether space can be taken ahead here; not where the file system has no fallocate(2).
  bool can_preallocate() const noexcept { return can_preallocate_; }
  // There was no room for any of it: nothing of this file is sure to reach the disk.
  bool space_refused() const noexcept { return space_refused_; }
  // What is free on its disk for this user, bytes. Asks the file system.
  std::uint64_t free_bytes() const noexcept;

  // A write was refused with EINVAL while O_DIRECT was on: goes on without. False: that was not it.
  bool give_up_direct() noexcept;

  // From now on the file holds something that is wanted.
  void keep() noexcept { kept_ = true; }

  // Truncates to `size_bytes`, syncs, and gives the file its name (replacing one of that name, as
  // tcpdump and dumpcap do). Returns 0 or the first errno value; the data is then still in the
  // hidden file, or under the name with its durability unknown (EIO from fsync). While it is in the
  // hidden file, the descriptor stays open and this can be tried again.
  [[nodiscard]] int close(std::uint64_t size_bytes) noexcept;

  // The hidden file goes away, its space at once, and what has the name already stays. For one that
  // holds nothing. Where it cannot be removed (a directory that is no longer writable) it is empty.
  void discard() noexcept;

  // Whether somebody deleted the hidden file, or its directory: what is written to it now is lost.
  bool deleted() const noexcept;
  // Whether its hidden name leads to it still: not while its directory is away.
  bool reachable() const noexcept;

  // Will be `path` when closed, and is hidden under that name from now on. 0 or an errno value.
  [[nodiscard]] int rename_part(const std::string& path) noexcept;

 private:
  void open_special(bool is_fifo, const std::atomic<bool>* abandon);
  void open_regular();
  void take_first_space();

  OutputFileOptions options_;
  std::string part_path_;
  UniqueFd fd_;
  OutputKind kind_ = OutputKind::kFile;
  bool direct_ = false;
  bool direct_given_up_ = false;
  bool kept_ = false;
  bool can_preallocate_ = false;
  bool space_refused_ = false;
  int direct_refused_errno_ = 0;
  std::uint32_t alignment_bytes_ = 1;
  std::uint64_t preallocated_bytes_ = 0;
};

}  // namespace capstan
