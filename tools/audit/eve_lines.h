// EveLines: the results of the audit as JSON, one object per line, in the form of Suricata's EVE
// log.
#pragma once

#include <cstdint>
#include <string>

#include "engine/audit/auditor.h"
#include "engine/core/unique_fd.h"
#include "tools/audit/audit_scope.h"

namespace capstan::tools {

// Writes `flow`, `tls` and `audit` events for every session that ends. Lines are kept in memory
// until flush(), so that a caller that must not wait can choose the time.
class EveLines {
 public:
  // If `with_flows` is false, only audit and tls events are written.
  EveLines(UniqueFd out, bool with_flows) noexcept
      : out_(std::move(out)), with_flows_(with_flows) {}

  void session(const audit::SessionReport& report);
  // Adds an event that is JSON already, without the newline.
  void line(const std::string& event);
  // Writes all kept lines; may block on the file. Returns false if writing failed, now or before;
  // the kept lines are dropped then.
  bool flush() noexcept;
  std::size_t kept_bytes() const noexcept { return kept_.size(); }
  // The errno value of the first write error; 0: none.
  int error() const noexcept { return error_; }

 private:
  UniqueFd out_;
  bool with_flows_;
  std::string kept_;
  int error_ = 0;
};

// Returns the audit event of a session, as one line of JSON without the newline.
std::string audit_event(const audit::SessionReport& report);

// What the audit of a running recording examined, and what it had to leave out.
struct AuditTotals {
  std::uint64_t packets = 0;
  std::uint64_t packets_skipped = 0;
  std::uint64_t blocks_skipped = 0;
  std::uint64_t packets_lost = 0;  // by the rings
  std::uint64_t sessions = 0;
  std::uint64_t logins = 0;  // in cleartext
};
std::string stats_event(const AuditTotals& totals, const audit::Auditor& auditor,
                        std::uint64_t time_ns);

// The last line of `capstan audit --json`: what was audited and what was not examined.
std::string summary_event(const AuditScope& scope, const audit::Auditor& auditor,
                          std::uint64_t logins);

}  // namespace capstan::tools
