// index_recording(): the index of a recording that is finished, from its bytes alone. Capstan's own
// and those of other programs alike.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/index/index_builder.h"

namespace capstan {

struct IndexRecordingOptions {
  IndexLimits limits;
  // Blocks of the index are about this long, and end in front of a block head where there are some.
  std::uint64_t block_bytes = 1U << 20;
  // Reads past the page cache, so that a recording beside is not pushed out of it.
  bool gentle = false;
  // Told the bytes read, about once a block; false ends the work.
  std::function<bool(std::uint64_t bytes_done)> progress;
};

struct IndexedRecording {
  std::vector<std::uint8_t> bytes;  // of the index; empty: see `refusal`
  std::string refusal;              // why this file gets no index: one phrase without the path
  bool stopped = false;             // progress() said so
  std::string damage;               // FileEnd::text() of the recording; empty at a clean end
  std::uint64_t packets = 0;
};

// Reads `path` to its end. Refused: what is still being written, compressed, or has changed
// meanwhile. Throws UsageError when it is no recording (see CaptureFile), std::system_error when it
// cannot be read, and std::bad_alloc.
IndexedRecording index_recording(const std::string& path, const IndexRecordingOptions& options);

// The same of bytes in memory, for tests and fuzzing; the identity is theirs.
IndexedRecording index_bytes(std::span<const std::uint8_t> bytes, const std::string& name,
                             const IndexRecordingOptions& options);

}  // namespace capstan
