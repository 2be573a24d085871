// verify: what a recording of blast's traffic contains and what is missing. Start here.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tools/traffic/packet_source.h"
#include "tools/traffic/sequence_tracker.h"

namespace capstan::traffic {

// What one stream should contain. Without it, numbers below the lowest and above the highest one
// seen cannot be reported as missing.
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
  SequenceRange range;  // range of `missing`: expected, or lowest to highest seen
  bool is_range_given = false;
  std::uint64_t expected = 0;    // numbers in the range
  std::uint64_t received = 0;    // different numbers seen, inside the range or not
  std::uint64_t unexpected = 0;  // of them, outside the range
  std::uint64_t missing = 0;
  std::uint64_t missing_ranges = 0;
  std::vector<SequenceRange> first_missing;  // the first kListedRanges of them
  std::uint64_t duplicates = 0;
  std::uint64_t reordered = 0;
  std::uint64_t too_far = 0;  // numbers not noted: too widely scattered for one run
};

struct FileReport {
  std::string path;
  std::uint64_t packets = 0;
  std::string problem;  // where it broke off; empty: it was read to its end
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

  bool is_readable() const noexcept;  // every file was read to its end
  bool is_complete() const noexcept;  // nothing missing, duplicate, damaged or out of place
};

inline constexpr std::size_t kListedRanges = 1000;

// Reads all files. Throws UsageError when one cannot be opened; a file that breaks off later is
// reported with its contents up to there.
VerifyReport verify(const VerifyOptions& options);

// The same for packets one by one; for the tests and for callers without a file.
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
