// RecordingSummary: what one recording contains, counted in one pass over it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/reader/capture_file.h"
#include "engine/reader/loss_account.h"

namespace capstan {

inline constexpr std::size_t kMaxEvents = 10'000;

struct InterfaceSummary {
  FileInterface info;
  std::uint64_t packets = 0;
};

struct RecordingSummary {
  std::string name;
  CaptureFormat format;
  std::optional<std::uint64_t> size_bytes;  // as stored on disk
  bool being_written = false;
  std::vector<FileSection> sections;
  std::vector<InterfaceSummary> interfaces;
  std::uint64_t packets = 0;
  std::uint64_t captured_bytes = 0;
  std::uint64_t wire_bytes = 0;
  std::uint64_t truncated_packets = 0;  // packets with fewer bytes in the file than on the wire
  // Times of the earliest and the latest packet, except packets without a time (Simple Packet
  // Blocks).
  std::optional<std::uint64_t> first_ns;
  std::optional<std::uint64_t> last_ns;
  bool in_time_order = true;
  FileEnd end;
  LossReport loss;
  std::vector<RecordedEvent> events;  // the first kMaxEvents
  std::uint64_t events_omitted = 0;

  std::uint64_t duration_ns() const noexcept { return first_ns ? *last_ns - *first_ns : 0; }
  double packets_per_second() const noexcept;
  double bits_per_second() const noexcept;  // from the bytes on the wire
  // Whether the file is damaged. A file that is being written may end anywhere: that is not damage.
  bool damaged() const noexcept;
};

// Reads `file` to its end. Throws nothing itself: damage is described in the summary.
RecordingSummary summarize(CaptureFile& file);

}  // namespace capstan
