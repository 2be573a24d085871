// What lies on the disk of a finished file of a series: it itself, its index, and what a program
// run for it (`capstan record --on-file`, `-z gzip`) has made of it under its name and an ending.
//
// Used by file_series.cc, whose limits hold for all of it.
#pragma once

#include <cstdint>
#include <string>

namespace capstan {

// "x.pcap" for "x.pcap.gz"; other names as they are. The endings are those that gzip, zstd, xz,
// bzip2, lz4 and compress give.
std::string without_compressed_ending(const std::string& name);

struct BytesOnDisk {
  std::uint64_t file = 0;   // of it and what was made of it; 0: nothing is there
  std::uint64_t index = 0;  // 0: none
};

// Asks the disk, which may take its time. `compressed`: whether to look for what was made of it.
BytesOnDisk bytes_on_disk(const std::string& path, bool compressed) noexcept;

// Deletes it with all that lies there of it. 0, also when nothing was there, or an errno value.
int delete_finished(const std::string& path, bool compressed) noexcept;

// Deletes what has been made of it since delete_finished(). Nothing where a file of its name lies
// again: that is another recording, which may be so new that nobody was told of it.
void delete_rest(const std::string& path) noexcept;

// A program has done what it does with it: deletes its index where it is gone, compressed or moved
// away. An index that is finished later sees that itself (writers/index/index_file.h).
void delete_lone_index(const std::string& path) noexcept;

}  // namespace capstan
