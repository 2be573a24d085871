// verify: what a recording of blast's traffic has and lacks. Start here.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tools/traffic/packet_source.h"
#include "tools/traffic/sequence_tracker.h"

namespace capstan::traffic {

// What one stream should hold. Without it, what lies outside the lowest and highest number seen
// cannot be known to be missing.
struct ExpectedStream {
  std::uint32_t stream = 0;
  SequenceRange range;
};

struct VerifyOptions {
  std::vector<std::string> files;  // parts of one recording, in any order
  std::vector<ExpectedStream> expected;
};

// One stream's findings. expected == received - unexpected + missing.
struct StreamReport {
  std::uint32_t stream = 0;
  SequenceRange range;  // of which `missing` speaks: expected, or lowest to highest seen
  bool is_range_given = false;
  std::uint64_t expected = 0;    // numbers in the range
  std::uint64_t received = 0;    // different numbers seen, wherever
  std::uint64_t unexpected = 0;  // of them, outside the range
  std::uint64_t missing = 0;
  std::uint64_t missing_ranges = 0;
  std::vector<SequenceRange> first_missing;  // the first kListedRanges of them
  std::uint64_t duplicates = 0;
  std::uint64_t reordered = 0;
  std::uint64_t too_far = 0;  // numbers not kept: scattered too widely to be one run
};

struct FileReport {
  std::string path;
  std::uint64_t packets = 0;
  std::string problem;  // where it broke off; empty: read to its end
};

struct VerifyReport {
  std::vector<FileReport> files;
  std::vector<StreamReport> streams;  // by number
  std::uint64_t packets = 0;          // all; == intact + truncated + damaged + other
  std::uint64_t intact = 0;
  std::uint64_t truncated = 0;
  std::uint64_t damaged = 0;
  std::uint64_t other = 0;
  std::map<std::string, std::uint64_t, std::less<>> damages;  // by kind

  bool is_readable() const noexcept;  // every file to its end
  bool is_complete() const noexcept;  // nothing missing, doubled, damaged or out of place
};

inline constexpr std::size_t kListedRanges = 1000;

// Reads all files. Throws UsageError when one cannot be opened; one that breaks off later is
// reported with what it held.
VerifyReport verify(const VerifyOptions& options);

// The same for packets as they come; for the tests and for whoever has no file.
class Verifier {
 public:
  void start_file();
  void add(const PacketView& packet);
  VerifyReport finish(const std::vector<ExpectedStream>& expected) const;

 private:
  SequenceTracker& tracker_for(std::uint32_t stream, bool is_stream_8);

  VerifyReport report_;
  std::map<std::uint32_t, SequenceTracker> streams_;
};

}  // namespace capstan::traffic
