// index_recording(): makes the index of a finished recording from its bytes. Works for Capstan's
// own recordings and for those of other programs.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/index/index_builder.h"

namespace capstan {

struct IndexRecordingOptions {
  IndexLimits limits;
  // Approximate length of the blocks of the index in bytes. Where there are block heads, a block
  // ends in front of one.
  std::uint64_t block_bytes = 1U << 20;
  // Read without filling the page cache, so that a recording in progress is not pushed out of it.
  bool gentle = false;
  // Called about once per block with the number of bytes read so far; false stops the work.
  std::function<bool(std::uint64_t bytes_done)> progress;
};

struct IndexedRecording {
  std::vector<std::uint8_t> bytes;  // the bytes of the index; empty: see `refusal`
  std::string refusal;              // why no index was made: one phrase, without the path
  bool stopped = false;             // progress() returned false
  std::string damage;               // FileEnd::text() of the recording; empty when it ends cleanly
  std::uint64_t packets = 0;
};

// Reads `path` to its end. Makes no index of a file that is still being written, is compressed, or
// changed meanwhile. Throws UsageError when it is not a recording (see CaptureFile),
// UnreadableFile or std::system_error when it cannot be read, and std::bad_alloc.
IndexedRecording index_recording(const std::string& path, const IndexRecordingOptions& options);

// The same for bytes in memory, for tests and fuzzing; the identity is that of the bytes.
IndexedRecording index_bytes(std::span<const std::uint8_t> bytes, const std::string& name,
                             const IndexRecordingOptions& options);

}  // namespace capstan
