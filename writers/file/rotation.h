// Rotation: when a recording changes to a new file, and what its files are called. Pure functions.
//
// Used by recording_writer.cc between blocks; file_series.cc makes the files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace capstan {

struct RotationLimits {
  std::uint64_t duration_ns = 0;       // largest age of a file on the boot clock; 0: no limit
  std::uint64_t interval_ns = 0;       // change when a new wall-clock interval begins; 0: never
  std::uint64_t size_bytes = 0;        // a file that has reached this size is full; 0: no limit
  std::uint64_t packets = 0;           // a file with so many packets is full; 0: no limit
  std::uint32_t stop_after_files = 0;  // the recording ends after so many files; 0: never

  bool active() const noexcept {
    return duration_ns != 0 || interval_ns != 0 || size_bytes != 0 || packets != 0;
  }
};

// The state of one series of files. One thread.
class Rotation {
 public:
  explicit Rotation(RotationLimits limits) noexcept : limits_(limits) {}

  // Notes that a file begins. `boot_ns` (boot_clock.h) measures the file's age. If the previous
  // file ended because of its age, the new one's age counts from the moment when that was due, so
  // that delays do not add up. `wall_ns` tells which interval the file begins in.
  void start_file(std::uint64_t boot_ns, std::uint64_t wall_ns) noexcept;
  // Whether the file, now of `size_bytes` and `packets`, has reached one of the limits.
  bool due(std::uint64_t boot_ns, std::uint64_t wall_ns, std::uint64_t size_bytes,
           std::uint64_t packets) const noexcept;

 private:
  RotationLimits limits_;
  bool begun_ = false;
  std::uint64_t started_ns_ = 0;
  std::uint64_t interval_number_ = 0;
};

// The names of the files of a series, and the check whether a name belongs to it.
//
// A pattern "name.ext" gives "name_00007_20260131235959.ext": the names of dumpcap, which sort by
// number. A pattern with conversions of strftime(3) gives the names of tcpdump:
// "x-%Y%m%d-%H%M%S.pcap" becomes "x-20260131-235959.pcap", and the second file of the same time
// "x-20260131-235959_00002.pcap". Times are local. Only conversions that give digits are accepted
// (kConversions), so that the names of a series can be told from all others.
class SeriesNames {
 public:
  // `path` includes the directory. Throws UsageError for a conversion that is not in kConversions.
  explicit SeriesNames(const std::string& path);

  bool by_time() const noexcept { return by_time_; }
  // `number` counts from 1; if by_time(), it counts the files of the same time.
  std::string path_of(std::uint32_t number, std::uint64_t wall_ns) const;
  // Finds what path_of() was called with to make `file_name` (without directory): the number, and
  // the name that number 1 of the same time has. Empty if path_of() cannot make that name.
  struct Parsed {
    std::uint32_t number = 0;
    std::string first_name;  // if by_time(): the name without the number; else empty
  };
  std::optional<Parsed> parse(const std::string& file_name) const;
  std::optional<std::uint32_t> number_of(const std::string& file_name) const;

  static constexpr const char* kConversions = "%Y %y %m %d %j %H %M %S %s %F %T %%";

 private:
  std::string directory_;
  std::string stem_;
  std::string extension_;
  bool by_time_ = false;
};

}  // namespace capstan
