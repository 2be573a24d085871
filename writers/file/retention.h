// Retention: which finished files of a recording go, so that the disk never fills. Pure.
//
// Asked by file_series.cc on its own thread, which deletes. Oldest first, only finished files of
// the recording's own names, never the one being written.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

namespace capstan {

struct RetentionLimits {
  std::uint64_t bytes = 0;             // of all files, the one being written too; 0: any
  std::uint64_t age_ns = 0;            // a file that ended longer ago goes; 0: any. Below 2^63
  std::uint32_t files = 0;             // the one being written too; 0: any
  std::uint64_t min_free_bytes = 0;    // left free on the disk; 0: none
  std::uint32_t min_free_percent = 0;  // of the disk; 0: none

  // Whether something becomes due by time passing or by what others do to the disk.
  bool watches() const noexcept {
    return age_ns != 0 || bytes != 0 || min_free_bytes != 0 || min_free_percent != 0;
  }
};

struct KeptFile {
  std::string path;
  std::uint64_t size_bytes = 0;  // with its index
  // On the boot clock (boot_clock.h), which nobody can set; negative: before the machine started.
  std::int64_t ended_boot_ns = 0;
  bool index_counted = false;  // it has one, which is in size_bytes
};

// What there is at this moment.
struct RetentionState {
  std::int64_t boot_ns = 0;         // now, on the boot clock
  bool writing = true;              // a file is being written beside the finished ones
  std::uint64_t writing_bytes = 0;  // of it
  std::uint64_t free_bytes = 0;     // for this user
  std::uint64_t total_bytes = 0;    // of the disk
};

// How many of `files`, the oldest first, have to go.
std::size_t files_to_delete(const std::deque<KeptFile>& files, const RetentionLimits& limits,
                            const RetentionState& state) noexcept;

}  // namespace capstan
