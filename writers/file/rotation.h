// Rotation: when a recording goes on in a new file, and what the files are called. Pure.
//
// Asked by recording_writer.cc between blocks; file_series.cc makes the files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace capstan {

struct RotationLimits {
  std::uint64_t duration_ns = 0;       // a file's age on the boot clock; 0: any
  std::uint64_t interval_ns = 0;       // turns when the wall clock is in another; 0: none
  std::uint64_t size_bytes = 0;        // a file that has reached it is full; 0: any
  std::uint64_t packets = 0;           // the same, of packets
  std::uint32_t stop_after_files = 0;  // the recording ends with the end of so many; 0: never

  bool active() const noexcept {
    return duration_ns != 0 || interval_ns != 0 || size_bytes != 0 || packets != 0;
  }
};

// The state of one series of files. One thread.
class Rotation {
 public:
  explicit Rotation(RotationLimits limits) noexcept : limits_(limits) {}

  // A file begins. `boot_ns` (boot_clock.h) measures its age; one that begins because the last was
  // old enough counts from when that one was, so that lateness does not add up. `wall_ns` says in
  // which interval it lies.
  void start_file(std::uint64_t boot_ns, std::uint64_t wall_ns) noexcept;
  // Whether the file, now of `size_bytes` and `packets`, has come to its end.
  bool due(std::uint64_t boot_ns, std::uint64_t wall_ns, std::uint64_t size_bytes,
           std::uint64_t packets) const noexcept;

 private:
  RotationLimits limits_;
  bool begun_ = false;
  std::uint64_t started_ns_ = 0;
  std::uint64_t interval_number_ = 0;
};

// What the files of a series are called, and which names are of it.
//
// "name.ext" gives "name_00007_20260131235959.ext", dumpcap's names, which sort by number. One with
// conversions of strftime(3) gives tcpdump's: "x-%Y%m%d-%H%M%S.pcap" becomes
// "x-20260131-235959.pcap", and the second of the same name "x-20260131-235959_00002.pcap". Local
// time. Of the conversions those made of digits are known (kConversions), so that the names of one
// series can be told from all others.
class SeriesNames {
 public:
  // `path`: with a directory. Throws UsageError for a conversion that is not known.
  explicit SeriesNames(const std::string& path);

  bool by_time() const noexcept { return by_time_; }
  // `number`: from 1; of files of the same time, if by_time().
  std::string path_of(std::uint32_t number, std::uint64_t wall_ns) const;
  // What path_of() was given to make `file_name` (no directory): the number, and the name that
  // number 1 of the same time has. Empty if it could not have made it.
  struct Parsed {
    std::uint32_t number = 0;
    std::string first_name;  // by_time(): without the number; else empty
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
