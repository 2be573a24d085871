// What of a recording that was cut short can be kept: pure reading of its bytes, nothing is
// changed. repair.h acts on it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/reader/capture_items.h"

namespace capstan {

// Records that follow one another without damage.
struct RecordingExtent {
  std::uint64_t offset = 0;  // bytes from the start of the file
  std::uint64_t length = 0;
  std::uint64_t packets = 0;
};

struct RecordingScan {
  FileEnd end;            // of the first extent
  RecordingExtent whole;  // from the file's start to the first bytes that are no record
  // One past the last byte that is not zero or of a valid block; at least whole.length.
  std::uint64_t data_end;

  // Blocks of Capstan behind the first damage: writes that completed although one before them did
  // not. Found by the magic of their heads at offsets that are multiples of kSalvageAlignment.
  std::vector<RecordingExtent> behind;

  bool has_ledger = false;    // it is a recording of Capstan's
  bool closed = false;        // the first extent ends with the mark of a file that is whole
  bool byte_swapped = false;  // its last section is not in this machine's byte order

  std::uint64_t behind_bytes() const noexcept;
  std::uint64_t behind_packets() const noexcept;
};

// Every write of a recorder starts at a multiple of it: no direct-I/O alignment is larger.
inline constexpr std::uint64_t kSalvageAlignment = 4096;

// Reads `bytes` through. `scan_end`: where to stop looking for blocks behind the first damage; the
// end of the file's data when it is sparse, otherwise bytes.size().
// Throws UsageError when the bytes do not begin as a capture file.
RecordingScan scan_recording(std::span<const std::uint8_t> bytes, std::uint64_t scan_end,
                             const std::string& name);

}  // namespace capstan
