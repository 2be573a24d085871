// Repair: a recording that was cut short by a crash becomes a valid file again.
//
// A recorder writes to a hidden `.NAME.part` with space taken ahead, so zeros follow what was
// written last. Repair keeps everything up to the first bytes that are no record, cuts the rest,
// says so in the file (FileClose, kRepaired), makes it durable and gives the file its name. Used by
// `capstan repair`, and by `capstan record` for what an earlier run left behind.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/reader/capture_items.h"

namespace capstan {

struct RepairOptions {
  bool dry_run = false;  // only say what would be done
  // Also keep blocks behind a hole: writes that completed although one before them did not.
  bool salvage = false;
  // Allow cutting off bytes that are no zeros, and more than one unfinished record, from a file
  // that is no `.part`. Without it such a file is left alone: its end may be worth more than its
  // damage.
  bool force = false;
  // Write the result here and leave the file as it is. Empty: in place.
  std::string output = {};
};

struct RepairReport {
  enum class Outcome : std::uint8_t {
    kNothingToDo,  // ends cleanly, and has its name
    kRepaired,
    kEmpty,    // holds no record, not even a file head: left as it is
    kRefused,  // needs `force` or an output; `why` says so. Nothing was changed.
  };
  Outcome outcome = Outcome::kNothingToDo;
  std::string path;
  std::string result_path;  // where the repaired recording is, or would be
  std::string why;          // of kRefused
  FileEnd end;              // how the recording ended before
  std::uint64_t size_bytes = 0;
  std::uint64_t kept_bytes = 0;
  std::uint64_t kept_packets = 0;
  std::uint64_t cut_bytes = 0;       // size_bytes - kept_bytes
  std::uint64_t cut_data_bytes = 0;  // of these, up to the last that is not zero
  std::uint64_t behind_bytes = 0;    // valid blocks behind a hole: kept only with `salvage`
  std::uint64_t behind_packets = 0;
};

// Repairs one recording. Blocks on the disk (fsync).
// Throws UsageError when it is missing, compressed or no capture file; std::system_error when a
// recorder is still writing it (it holds flock(2)), when reading or writing fails, and when
// `output` exists.
RepairReport repair_recording(const std::string& path, const RepairOptions& options);

// The `.part` files of recordings in `directory`, sorted. A symbolic link is none: no recorder
// makes one, and what it leads to is somebody else's.
std::vector<std::string> find_unfinished(const std::string& directory);

}  // namespace capstan
