// What exists on the disk for one finished file of a series: the file itself, its index, and what a
// program run for it (`capstan record --on-file`, `-z gzip`) has made under its name plus a suffix.
//
// Used by file_series.cc; the retention limits apply to all of it.
#pragma once

#include <cstdint>
#include <string>

namespace capstan {

// Returns "x.pcap" for "x.pcap.gz", and other names unchanged. Knows the suffixes of gzip, zstd,
// xz, bzip2, lz4 and compress.
std::string without_compressed_ending(const std::string& name);

struct BytesOnDisk {
  std::uint64_t file = 0;   // of the file and of what was made from it; 0: neither exists
  std::uint64_t index = 0;  // 0: there is no index
};

// Asks the file system, which may block. `compressed`: whether to look for compressed forms too.
BytesOnDisk bytes_on_disk(const std::string& path, bool compressed) noexcept;

// Deletes the file, its index and, with `compressed`, its compressed forms. Returns 0, also when
// nothing existed, or an errno value.
int delete_finished(const std::string& path, bool compressed) noexcept;

// Deletes what has been made of it since delete_finished(). Nothing where a file of its name lies
// again: that is another recording, which may be so new that nobody was told of it.
void delete_rest(const std::string& path) noexcept;

// A program has done what it does with it: deletes its index where it is gone, compressed or moved
// away. An index that is finished later sees that itself (writers/index/index_file.h).
void delete_lone_index(const std::string& path) noexcept;

}  // namespace capstan
