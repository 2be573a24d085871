// FinishedFile: what is known of a file of a recording when it has been closed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace capstan {

// What a ring had counted when a file ended, since the recording began.
struct RingTotals {
  std::uint32_t ring = 0;
  std::uint64_t received = 0;  // drops included
  std::uint64_t dropped = 0;
};

struct FinishedFile {
  std::string path;  // its own name, no longer the hidden one
  std::uint64_t size_bytes = 0;
  std::uint32_t number = 1;  // of this writer's files, from 1; see PlacedBlock
  std::uint64_t packets = 0;
  // The earliest and the latest packet taken for the file, nanoseconds since 1970; 0 without one.
  std::uint64_t first_ns = 0;
  std::uint64_t last_ns = 0;
  std::vector<RingTotals> rings;
};

}  // namespace capstan
