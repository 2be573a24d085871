// DiskProbe: what the target directory's file system and disk can do, found by asking and by one
// bounded write.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace capstan::tools {

struct DiskFacts {
  std::string directory;
  std::string file_system;  // "ext4"; a hexadecimal magic number when not known by name
  std::uint64_t free_bytes = 0;
  std::uint64_t size_bytes = 0;
  // 0: direct I/O is refused there. Empty: the kernel does not say (before 6.1).
  std::optional<std::uint32_t> direct_offset_align;
  std::optional<std::uint32_t> direct_memory_align;
};

// Throws std::system_error, or UsageError for what is no directory.
DiskFacts read_disk_facts(const std::string& directory);

struct DiskRate {
  std::uint64_t bytes = 0;
  std::uint64_t duration_ns = 0;
  bool direct = false;  // O_DIRECT; without it the page cache was measured as well
  bool uring = false;
  int error = 0;  // errno value that ended it early
  bool measured() const { return error == 0 && bytes != 0; }
  double bytes_per_second() const {
    return duration_ns == 0 ? 0
                            : static_cast<double>(bytes) * 1e9 / static_cast<double>(duration_ns);
  }
};

// Writes at most `limit_bytes` for at most `limit_ns` to a file without a name, preallocated, the
// way a recorder does. Takes no more than a tenth of the free space; nothing of it stays.
DiskRate measure_disk_rate(const DiskFacts& disk, std::uint64_t limit_bytes,
                           std::uint64_t limit_ns);

}  // namespace capstan::tools
