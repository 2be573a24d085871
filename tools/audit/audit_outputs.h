// AuditOutputs: takes the auditor's answers to everything that was asked for.
#pragma once

#include <memory>
#include <optional>

#include "tools/audit/audit_book.h"
#include "tools/audit/audit_cli.h"
#include "tools/audit/audit_scope.h"
#include "tools/audit/eve_lines.h"
#include "tools/audit/evidence.h"
#include "tools/common/terminal.h"

namespace capstan::tools {

class AuditOutputs final : public audit::AuditSink {
 public:
  // Opens what is to be written. `line` must stay. Throws std::system_error.
  explicit AuditOutputs(const AuditCommandLine& line);
  explicit AuditOutputs(AuditCommandLine&& line) = delete;
  AuditOutputs(const AuditOutputs&) = delete;
  AuditOutputs& operator=(const AuditOutputs&) = delete;

  void on_session(const audit::SessionReport& report) override;
  void on_login(const audit::SessionReport& so_far, const audit::Credential& credential) override;

  // Live: puts the logins since above the table, which stays. Call several times a second: with
  // each of thousands of logins the table would be drawn anew.
  void show_lines();
  // Live: draws the table anew, or flushes the lines. Call about once a second.
  void refresh(const audit::Auditor& auditor);
  // Throws std::system_error when standard output has refused something.
  void check() const;
  // Whether the reader of standard output has gone, and nothing else was asked for.
  bool closed() const noexcept;
  // The report, the page. Throws std::system_error when something could not be written.
  void finish(const audit::Auditor& auditor, const AuditScope& scope);

  // What finish() prints on the terminal.
  std::string report(const audit::Auditor& auditor, const AuditScope& scope) const;

  std::uint64_t logins() const noexcept { return logins_; }

 private:
  void print(const std::string& text) noexcept;

  const AuditCommandLine& line_;
  AuditBook book_;
  std::optional<EveLines> eve_;
  std::optional<Evidence> evidence_;
  std::uint64_t logins_ = 0;
  bool json_to_terminal_ = false;  // standard output belongs to the lines
  LiveArea live_;                  // of standard output: the table, while it is live
  bool live_table_ = false;
  bool print_lines_ = false;
  std::string lines_;     // of logins, not shown yet
  int output_error_ = 0;  // of standard output, the first
};

}  // namespace capstan::tools
