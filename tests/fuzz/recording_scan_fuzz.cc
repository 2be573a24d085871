// Any bytes as a recording that was cut short: what is kept reads cleanly, and nothing is counted
// twice or beyond the file.
#include "engine/core/check.h"
#include "tests/fuzz/reader_check.h"
#include "writers/repair/recording_scan.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace capstan;
  const std::span<const std::uint8_t> bytes(data, size);
  RecordingScan scan{};
  try {
    scan = scan_recording(bytes, size, "fuzz");
  } catch (const UsageError&) {
    return 0;
  }
  CAPSTAN_CHECK(scan.whole.length <= size, scan.whole.length);
  CAPSTAN_CHECK(scan.data_end >= scan.whole.length && scan.data_end <= size, scan.data_end);
  std::uint64_t end = scan.whole.length;
  for (const RecordingExtent& extent : scan.behind) {
    CAPSTAN_CHECK(extent.offset >= end && extent.length > 0, extent.offset, end);
    end = extent.offset + extent.length;
    CAPSTAN_CHECK(end <= size, end);
  }
  if (scan.whole.length < 28) return 0;
  CaptureFile kept = CaptureFile::from_bytes(bytes.first(scan.whole.length), "kept");
  PacketView packet;
  std::uint64_t packets = 0;
  while (kept.next(packet)) ++packets;
  CAPSTAN_CHECK(kept.end().clean());
  CAPSTAN_CHECK(packets == scan.whole.packets, packets, scan.whole.packets);
  return 0;
}
