// Retention: selects which finished files of a recording are deleted, so that the disk never fills.
// Pure functions.
//
// Called by file_series.cc on its own thread, which does the deleting. The oldest files go first;
// only finished files whose names belong to the recording, never the one being written.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

namespace capstan {

struct RetentionLimits {
  std::uint64_t bytes = 0;             // all files, including the one being written; 0: no limit
  std::uint64_t age_ns = 0;            // files that ended longer ago go; 0: no limit. Below 2^63
  std::uint32_t files = 0;             // including the one being written; 0: no limit
  std::uint64_t min_free_bytes = 0;    // to be left free on the disk; 0: none
  std::uint32_t min_free_percent = 0;  // of the disk, to be left free; 0: none

  // Whether a file may have to go because time passes or because other programs use the disk.
  bool watches() const noexcept {
    return age_ns != 0 || bytes != 0 || min_free_bytes != 0 || min_free_percent != 0;
  }
};

struct KeptFile {
  std::string path;
  std::uint64_t size_bytes = 0;  // including its index
  // On the boot clock (boot_clock.h), which nobody can set; negative: before the machine started.
  std::int64_t ended_boot_ns = 0;
  bool index_counted = false;  // it has an index, which size_bytes includes
};

// The present state that the limits are compared with.
struct RetentionState {
  std::int64_t boot_ns = 0;         // now, on the boot clock
  bool writing = true;              // a file is being written besides the finished ones
  std::uint64_t writing_bytes = 0;  // size of that file
  std::uint64_t free_bytes = 0;     // for this user
  std::uint64_t total_bytes = 0;    // size of the disk
};

// Returns how many of `files`, which are sorted oldest first, have to be deleted.
std::size_t files_to_delete(const std::deque<KeptFile>& files, const RetentionLimits& limits,
                            const RetentionState& state) noexcept;

}  // namespace capstan
