// Finds out what can be kept of a recording that was cut short. Only reads the bytes and changes
// nothing; repair.h acts on the result.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/reader/capture_items.h"

namespace capstan {

// A run of consecutive undamaged records.
struct RecordingExtent {
  std::uint64_t offset = 0;  // bytes from the start of the file
  std::uint64_t length = 0;
  std::uint64_t packets = 0;
};

struct RecordingScan {
  FileEnd end;            // how the first extent ends
  RecordingExtent whole;  // from the start of the file to the first bytes that are not a record
  // One past the last byte that is not zero or belongs to a valid block; at least whole.length.
  std::uint64_t data_end;

  // Blocks of Capstan behind the first damage: writes that completed although an earlier one did
  // not. Found by the magic number of their heads at offsets that are multiples of
  // kSalvageAlignment.
  std::vector<RecordingExtent> behind;

  bool has_ledger = false;    // the recording was made by Capstan
  bool closed = false;        // the first extent ends with the mark of a complete file
  bool byte_swapped = false;  // its last section is not in this machine's byte order

  std::uint64_t behind_bytes() const noexcept;
  std::uint64_t behind_packets() const noexcept;
};

// Every write of a recorder starts at a multiple of this: no direct-I/O alignment is larger.
inline constexpr std::uint64_t kSalvageAlignment = 4096;

// Scans all of `bytes`. `scan_end`: where to stop looking for blocks behind the first damage; the
// end of the data when the file is sparse, otherwise bytes.size(). `name` is for messages. Throws
// UsageError when the bytes do not begin as a capture file.
RecordingScan scan_recording(std::span<const std::uint8_t> bytes, std::uint64_t scan_end,
                             const std::string& name);

}  // namespace capstan
