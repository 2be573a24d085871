#include "tools/traffic/verify.h"

#include <algorithm>

#include "tools/traffic/frame_check.h"

namespace capstan::traffic {

namespace {

// Damaged or foreign files could name any stream: more than anyone sends are lumped together.
constexpr std::size_t kMaxStreams = 4096;

StreamReport report_stream(std::uint32_t stream, const SequenceTracker& tracker,
                           const std::vector<ExpectedStream>& expected) {
  StreamReport report;
  report.stream = stream;
  report.received = tracker.unique();
  report.duplicates = tracker.duplicates();
  report.reordered = tracker.reordered();
  report.too_far = tracker.too_far();
  const auto given =
      std::find_if(expected.begin(), expected.end(),
                   [stream](const ExpectedStream& one) { return one.stream == stream; });
  if (given != expected.end()) {
    report.range = given->range;
    report.is_range_given = true;
  } else if (!tracker.is_empty()) {
    report.range = {tracker.lowest(), tracker.highest()};
  } else {
    return report;
  }
  report.expected = report.range.size();
  tracker.for_each_missing(report.range, [&report](SequenceRange gap) {
    report.missing += gap.size();
    if (report.missing_ranges++ < kListedRanges) report.first_missing.push_back(gap);
    return true;
  });
  report.unexpected = report.received - (report.expected - report.missing);
  return report;
}

}  // namespace

bool VerifyReport::is_readable() const noexcept {
  return std::all_of(files.begin(), files.end(),
                     [](const FileReport& file) { return file.problem.empty(); });
}

bool VerifyReport::is_complete() const noexcept {
  return damaged == 0 && truncated == 0 &&
         std::all_of(streams.begin(), streams.end(), [](const StreamReport& stream) {
           return stream.missing == 0 && stream.duplicates == 0 && stream.unexpected == 0 &&
                  stream.too_far == 0;
         });
}

void Verifier::start_file() {
  for (auto& [stream, tracker] : streams_) tracker.start_file();
}

SequenceTracker& Verifier::tracker_for(std::uint32_t stream, bool is_stream_8) {
  if (is_stream_8) {
    const auto known = std::find_if(streams_.begin(), streams_.end(), [stream](const auto& entry) {
      return (entry.first & 0xff) == stream;
    });
    if (known != streams_.end()) return known->second;
  }
  const auto found = streams_.find(stream);
  if (found != streams_.end() || streams_.size() < kMaxStreams) return streams_[stream];
  return streams_.rbegin()->second;
}

void Verifier::add(const PacketView& packet) {
  ++report_.packets;
  const FrameVerdict verdict = check_frame(packet);
  switch (verdict.state) {
    case FrameState::kOther:
      ++report_.other;
      return;
    case FrameState::kIntact:
      ++report_.intact;
      break;
    case FrameState::kTruncated:
      ++report_.truncated;
      break;
    case FrameState::kDamaged:
      ++report_.damaged;
      ++report_.damages[std::string(verdict.damage)];
      return;
  }
  if (!verdict.has_sequence) return;
  SequenceTracker& tracker = tracker_for(verdict.stream, verdict.is_stream_8);
  tracker.add(verdict.is_sequence_32 ? tracker.widen(static_cast<std::uint32_t>(verdict.sequence))
                                     : verdict.sequence);
}

VerifyReport Verifier::finish(const std::vector<ExpectedStream>& expected) const {
  VerifyReport report = report_;
  for (const auto& [stream, tracker] : streams_) {
    report.streams.push_back(report_stream(stream, tracker, expected));
  }
  // A stream of which nothing at all arrived is missing as a whole.
  for (const ExpectedStream& one : expected) {
    if (!streams_.contains(one.stream)) {
      report.streams.push_back(report_stream(one.stream, SequenceTracker(), expected));
    }
  }
  std::sort(report.streams.begin(), report.streams.end(),
            [](const StreamReport& a, const StreamReport& b) { return a.stream < b.stream; });
  return report;
}

VerifyReport verify(const VerifyOptions& options) {
  Verifier verifier;
  std::vector<FileReport> files;
  for (const std::string& path : options.files) {
    const std::unique_ptr<PacketSource> source = open_packet_source(path);
    FileReport& file = files.emplace_back();
    file.path = path;
    verifier.start_file();
    while (const std::optional<PacketView> packet = source->next()) {
      verifier.add(*packet);
      ++file.packets;
    }
    file.problem = source->problem();
  }
  VerifyReport report = verifier.finish(options.expected);
  report.files = std::move(files);
  return report;
}

}  // namespace capstan::traffic
