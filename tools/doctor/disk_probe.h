// DiskProbe: what the target directory's file system and disk can do, determined by system calls
// and by one bounded write.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace capstan::tools {

struct DiskFacts {
  std::string directory;
  std::string file_system;  // "ext4"; its magic number in hexadecimal if the name is not known
  std::uint64_t free_bytes = 0;
  std::uint64_t size_bytes = 0;
  // 0: direct I/O is refused there. Empty: the kernel does not tell (before 6.1).
  std::optional<std::uint32_t> direct_offset_align;
  std::optional<std::uint32_t> direct_memory_align;
};

// Throws std::system_error, or UsageError if `directory` is not a directory.
DiskFacts read_disk_facts(const std::string& directory);

struct DiskRate {
  std::uint64_t bytes = 0;
  std::uint64_t duration_ns = 0;
  bool direct = false;  // O_DIRECT; if false, the page cache was measured too
  bool uring = false;
  int error = 0;  // errno value of the error that ended it early
  bool measured() const { return error == 0 && bytes != 0; }
  double bytes_per_second() const {
    return duration_ns == 0 ? 0
                            : static_cast<double>(bytes) * 1e9 / static_cast<double>(duration_ns);
  }
};

// Writes at most `limit_bytes` for at most `limit_ns` to a preallocated file without a name, as a
// recorder does. Uses at most a tenth of the free space and leaves nothing behind.
DiskRate measure_disk_rate(const DiskFacts& disk, std::uint64_t limit_bytes,
                           std::uint64_t limit_ns);

}  // namespace capstan::tools
