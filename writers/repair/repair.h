// Repair: makes a valid file again of a recording that a crash cut short.
//
// A recorder writes to a hidden `.NAME.part` with preallocated space, so zeros follow what was
// written last. Repair keeps everything up to the first bytes that are not a record, cuts the rest,
// notes this in the file (FileClose, kRepaired), makes the file durable and gives it its name. Used
// by `capstan repair`, and by `capstan record` for files that an earlier run left behind.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/reader/capture_items.h"

namespace capstan {

struct RepairOptions {
  bool dry_run = false;  // only report what would be done
  // Also keep blocks behind a hole: writes that completed although an earlier one did not.
  bool salvage = false;
  // Allow cutting off bytes that are not zero, beyond one unfinished record, from a file that is
  // not a `.part`. Without it such a file is left alone: its end may be worth more than what repair
  // would gain.
  bool force = false;
  // Write the result to this path and leave the file as it is. Empty: repair in place.
  std::string output = {};
};

struct RepairReport {
  enum class Outcome : std::uint8_t {
    kNothingToDo,  // the file ends cleanly and has its name
    kRepaired,
    kEmpty,    // holds no record, not even a file head: left as it is
    kRefused,  // needs `force` or an output, `why` tells the reason; nothing was changed
  };
  Outcome outcome = Outcome::kNothingToDo;
  std::string path;
  std::string result_path;  // where the repaired recording is, or would be
  std::string why;          // reason for kRefused
  FileEnd end;              // how the recording ended before the repair
  std::uint64_t size_bytes = 0;
  std::uint64_t kept_bytes = 0;
  std::uint64_t kept_packets = 0;
  std::uint64_t cut_bytes = 0;       // size_bytes - kept_bytes
  std::uint64_t cut_data_bytes = 0;  // of cut_bytes, those up to the last one that is not zero
  std::uint64_t behind_bytes = 0;    // valid blocks behind a hole; kept only with `salvage`
  std::uint64_t behind_packets = 0;
};

// Repairs one recording. Blocks on the disk (fsync). Throws UsageError when the file is missing,
// compressed or not a capture file; std::system_error when a recorder is still writing it (and
// holds its flock(2)), when reading or writing fails, and when `output` exists.
RepairReport repair_recording(const std::string& path, const RepairOptions& options);

// Returns the `.part` files of recordings in `directory`, sorted. Symbolic links are left out: no
// recorder makes one, and the file behind one belongs to somebody else.
std::vector<std::string> find_unfinished(const std::string& directory);

}  // namespace capstan
