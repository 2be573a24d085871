// OutputFile: one recording on disk, with a hidden name and preallocated space while it grows, and
// with its own name once it is complete.
//
// Opened and closed by recording_writer.cc, outside the data path; the bytes go through an
// IoBackend.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "engine/core/unique_fd.h"

namespace capstan {

enum class OutputKind : std::uint8_t {
  kFile,    // a regular file: `.NAME.part` until closed
  kStream,  // standard output, a pipe or a device: written in order
  kNull,    // /dev/null: nothing is written, to measure the capture alone
};

struct OutputFileOptions {
  std::string path;    // "-": standard output
  bool direct = true;  // use O_DIRECT where the file system supports it
  // Disk space allocated ahead of the write position, so that no write extends the file (an
  // extending O_DIRECT write is synchronous on ext4 and XFS). 0: none.
  std::uint64_t preallocate_bytes = std::uint64_t{1} << 30;
  // Make the file durable (fsync) before it gets its name. If false, a power loss may leave a file
  // that has its name but holes in it.
  bool sync = true;
};

// Owns the descriptor and, until closed, a lock (flock) that keeps `capstan repair` away from the
// file.
class OutputFile {
 public:
  // Creates the hidden file. Throws std::system_error; when the target is a directory, or its
  // directory is missing or not writable, the message says what to do. Opening a FIFO waits until
  // somebody reads it or until `abandon`, if not null, is set (relaxed: it only has to arrive some
  // time).
  explicit OutputFile(OutputFileOptions options, const std::atomic<bool>* abandon = nullptr);
  // If the file was not closed: after keep() the `.part` file stays, because it holds recorded
  // packets; otherwise it is deleted.
  ~OutputFile();
  OutputFile(OutputFile&&) = default;
  OutputFile& operator=(OutputFile&&) = default;

  int descriptor() const noexcept { return fd_.get(); }
  OutputKind kind() const noexcept { return kind_; }
  const std::string& path() const noexcept { return options_.path; }
  // Whether O_DIRECT is on. If it was requested and refused, direct_refused_errno() is the reason.
  bool direct() const noexcept { return direct_; }
  int direct_refused_errno() const noexcept { return direct_refused_errno_; }
  // Offsets and lengths of direct writes must be multiples of this; 1 without O_DIRECT.
  std::uint32_t alignment_bytes() const noexcept { return alignment_bytes_; }
  // End of the space allocated at creation, bytes from the start of the file.
  std::uint64_t preallocated_bytes() const noexcept { return preallocated_bytes_; }
  // Whether space can be allocated ahead; false where the file system has no fallocate(2).
  bool can_preallocate() const noexcept { return can_preallocate_; }
  // The errno value for which the first preallocation was refused for lack of space, or else 0: it
  // is not certain then that anything written to this file reaches the disk.
  int space_refusal() const noexcept { return space_refusal_; }
  // Bytes that this user may still allocate on the file's disk and, where the size of a file is
  // limited (RLIMIT_FSIZE), behind `end` in this file. Asks the file system.
  std::uint64_t room_behind(std::uint64_t end) const noexcept;

  // To be called when a write failed with EINVAL: switches O_DIRECT off if it was on. Returns false
  // if O_DIRECT was not the cause.
  bool give_up_direct() noexcept;

  // From now on the file holds recorded data and must not be deleted by the destructor.
  void keep() noexcept { kept_ = true; }

  // Truncates the file to `size_bytes`, syncs it, and gives it its name (replacing an existing file
  // of that name, as tcpdump and dumpcap do). Returns 0 or the first errno value. After an error
  // the data is either still in the hidden file, whose descriptor then stays open so that close()
  // can be called again, or under the final name with unknown durability (EIO from fsync).
  [[nodiscard]] int close(std::uint64_t size_bytes) noexcept;

  // Deletes the hidden file and frees its space at once; an existing file with the final name
  // stays. For a file that holds nothing of value. Where it cannot be deleted (its directory is no
  // longer writable), an empty file remains.
  void discard() noexcept;

  // Whether somebody deleted the hidden file or its directory: what is written to it now is lost.
  bool deleted() const noexcept;
  // Whether the hidden name still leads to this file; false while its directory is missing.
  bool reachable() const noexcept;

  // Changes the final name to `path` and renames the hidden file to match. Returns 0 or an errno
  // value.
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
  int space_refusal_ = 0;
  int direct_refused_errno_ = 0;
  std::uint32_t alignment_bytes_ = 1;
  std::uint64_t preallocated_bytes_ = 0;
};

}  // namespace capstan
