// FinishedFile: the facts about one file of a recording after it was closed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace capstan {

// The counts of a ring at the end of a file, since the start of the recording.
struct RingTotals {
  std::uint32_t ring = 0;
  std::uint64_t received = 0;  // drops included
  std::uint64_t dropped = 0;
};

struct FinishedFile {
  std::string path;  // its final name, not the hidden one
  std::uint64_t size_bytes = 0;
  std::uint32_t number = 1;  // among this writer's files, from 1; see PlacedBlock
  std::uint64_t packets = 0;
  // Times of the earliest and the latest packet taken for the file, nanoseconds since 1970; 0 when
  // there is no packet.
  std::uint64_t first_ns = 0;
  std::uint64_t last_ns = 0;
  std::vector<RingTotals> rings;
};

}  // namespace capstan
