// Rotation: when a recording goes on in a new file, and what the files are called. Pure.
//
// Asked by recording_writer.cc between blocks; file_series.cc makes the files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace capstan {

struct RotationLimits {
  std::uint64_t duration_ns = 0;  // a file's age; 0: any
  std::uint64_t interval_ns = 0;  // turns at multiples of this on the wall clock; 0: none
  std::uint64_t size_bytes = 0;   // a file that has reached it is full; 0: any
  std::uint32_t keep_files = 0;   // the ring buffer: files kept, the one being written too; 0: all

  bool active() const noexcept { return duration_ns != 0 || interval_ns != 0 || size_bytes != 0; }
};

// The state of one series of files. One thread.
class Rotation {
 public:
  explicit Rotation(RotationLimits limits) noexcept : limits_(limits) {}

  // A file begins. `monotonic_ns` measures its age, `wall_ns` where it lies in the interval.
  void start_file(std::uint64_t monotonic_ns, std::uint64_t wall_ns) noexcept;
  // Whether the file, now of `size_bytes`, has come to its end.
  bool due(std::uint64_t monotonic_ns, std::uint64_t wall_ns,
           std::uint64_t size_bytes) const noexcept;

 private:
  RotationLimits limits_;
  std::uint64_t started_ns_ = 0;
  std::uint64_t interval_number_ = 0;
};

// "dir/name_00007_20260131235959.ext" for "dir/name.ext", in local time: dumpcap's names, which
// sort by number.
std::string rotated_name(const std::string& path, std::uint32_t number, std::uint64_t wall_ns);

// The number in `file_name` (no directory) if rotated_name() could have made it for `path`.
std::optional<std::uint32_t> number_of_rotated_name(const std::string& path,
                                                    const std::string& file_name);

}  // namespace capstan
