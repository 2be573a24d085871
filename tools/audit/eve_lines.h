// EveLines: the audit as JSON, one object a line, in the shape of Suricata's EVE log.
#pragma once

#include <cstdint>
#include <string>

#include "engine/audit/auditor.h"
#include "engine/core/unique_fd.h"
#include "tools/audit/audit_scope.h"

namespace capstan::tools {

// Opens the file that lines go to, empty; "-" is standard output. A pipe must have a reader. Throws
// std::system_error.
UniqueFd open_eve_file(const std::string& path);

// Writes `flow`, `tls` and `audit` events of every session that ends. Lines are kept until flush():
// whoever must not wait says when.
class EveLines {
 public:
  // Without `with_flows` only audit and tls events are written.
  EveLines(UniqueFd out, bool with_flows) noexcept
      : out_(std::move(out)), with_flows_(with_flows) {}

  void session(const audit::SessionReport& report);
  // One event that is JSON already, without the newline.
  void line(const std::string& event);
  // Writes all lines kept, waiting where the file makes it wait. False: an error, now or before;
  // what is kept is dropped then.
  bool flush() noexcept;
  std::size_t kept_bytes() const noexcept { return kept_.size(); }
  // The first error of writing, as errno; 0: none.
  int error() const noexcept { return error_; }

 private:
  UniqueFd out_;
  bool with_flows_;
  std::string kept_;
  int error_ = 0;
};

// The audit event of a session, as one line of JSON without the newline.
std::string audit_event(const audit::SessionReport& report);

// What the audit beside a recording saw of it, and what it had to leave out.
struct AuditTotals {
  std::uint64_t packets = 0;
  std::uint64_t packets_skipped = 0;
  std::uint64_t blocks_skipped = 0;
  std::uint64_t packets_lost = 0;  // by the rings
  std::uint64_t sessions = 0;
  std::uint64_t logins = 0;  // in the clear
};
std::string stats_event(const AuditTotals& totals, const audit::Auditor& auditor,
                        std::uint64_t time_ns);

// The last line of `capstan audit --json`: what was audited, and what of it was not looked at.
std::string summary_event(const AuditScope& scope, const audit::Auditor& auditor,
                          std::uint64_t logins);

}  // namespace capstan::tools
