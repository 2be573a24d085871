// MappedFile: a file mapped for reading that may become shorter meanwhile. The kernel then has no
// bytes for the pages behind its new end and answers a load from them with SIGBUS (mmap(2)), which
// ends the process. survive_lost_pages() lets the loads go on with zeros instead, and lost() says
// so to whoever looks when the reading is done: no load pays for it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "engine/core/mmap_region.h"
#include "engine/core/unique_fd.h"

namespace capstan {

// What a mapping no longer has.
struct LostBytes {
  std::uint64_t offset = 0;  // first byte in the file that is gone
  bool shorter = true;       // the file ends there now; false: the disk did not give the bytes
};

// Owns the mapping and a duplicate of the descriptor. Movable. Loads from any thread; the rest is
// for one thread.
class [[nodiscard]] MappedFile {
 public:
  MappedFile() noexcept = default;
  // Maps the first `size_bytes` of a regular file, to be read from its front to its back. Borrows
  // `fd`. Empty when a call failed: errno.
  static MappedFile map(int fd, std::size_t size_bytes) noexcept;
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile() { forget(); }

  const MmapRegion& region() const noexcept { return region_; }
  std::uint8_t* data() const noexcept { return region_.data(); }
  std::size_t size() const noexcept { return region_.size(); }
  explicit operator bool() const noexcept { return static_cast<bool>(region_); }

  // Whether bytes were lost since it was mapped; one system call. What was loaded from behind the
  // offset may be zeros that were never in the file.
  std::optional<LostBytes> lost() const noexcept;

  // For what must have read all of it: throws std::runtime_error, which names `path`.
  void throw_if_lost(const std::string& path) const;

  // A place in the list that the signal handler looks through.
  struct Guard {
    std::atomic<std::uintptr_t> begin{0};  // release: `end` is right. 0: free; 1: being filled in
    std::atomic<std::uintptr_t> end{0};    // release: `begin` is no longer that of another mapping
    std::atomic<std::uintptr_t> lost{0};   // lowest address that was answered with zeros; 0: none
  };

 private:
  void forget() noexcept;

  MmapRegion region_;
  UniqueFd fd_;
  Guard* guard_ = nullptr;
};

// Installs the process's SIGBUS handler for all MappedFiles; every other SIGBUS ends the process as
// before. To be called once by the program, before it reads; a library does not take signals on its
// own. At most 256 MappedFiles at a time are guarded. Throws std::system_error.
void survive_lost_pages();

}  // namespace capstan
