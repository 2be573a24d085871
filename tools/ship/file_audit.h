// FileAudit: runs the audit over one recording and keeps what its rows need: the application of
// each conversation, and the findings.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/audit/auditor.h"
#include "tools/flows/session_ends.h"
#include "tools/ship/shipped_rows.h"

namespace capstan::fleet {

// One thread. A session that began before the file is seen from the middle, and one that goes on
// behind it up to its end: each file is audited by itself, so that its rows are the same whenever
// they are made. Memory: an entry per recognised session, kMostSessions at most.
class FileAudit final : private audit::AuditSink {
 public:
  static constexpr std::size_t kMostSessions = 1'000'000;

  explicit FileAudit(std::size_t most_sessions = kMostSessions);

  // Reads the recording gently. `idle` is called now and then; it returns false to stop. False: it
  // was stopped. Throws like CaptureFile::open(), and UnreadableFile when reading fails.
  bool read(const std::string& path, const std::function<bool()>& idle);

  // What is known about the conversation of a row; null: nothing. Borrowed.
  const FlowFacts* facts_of(const IndexRow& row) const;
  const std::vector<ShippedFinding>& findings() const noexcept { return findings_; }
  // Whether all of the recording was looked at: to its end, no session beyond the limits.
  Audited extent() const noexcept;

 private:
  struct Seen {
    std::uint64_t first_ns = 0;
    std::uint64_t last_ns = 0;
    FlowFacts facts;
  };

  void on_session(const audit::SessionReport& report) override;
  void add_finding(const audit::SessionReport& report);

  std::size_t most_sessions_;
  bool to_its_end_ = false;
  audit::Auditor auditor_;
  std::unordered_multimap<tools::SessionEnds, Seen, tools::SessionEnds::Hash> seen_;
  std::vector<ShippedFinding> findings_;
  std::uint64_t left_out_ = 0;  // sessions without application and finding, for want of room
};

}  // namespace capstan::fleet
