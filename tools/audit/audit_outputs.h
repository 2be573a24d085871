// AuditOutputs: passes the auditor's results to all outputs that were requested.
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
  // Opens the outputs. `line` must outlive this object. Throws std::system_error.
  explicit AuditOutputs(const AuditCommandLine& line);
  explicit AuditOutputs(AuditCommandLine&& line) = delete;
  AuditOutputs(const AuditOutputs&) = delete;
  AuditOutputs& operator=(const AuditOutputs&) = delete;

  void on_session(const audit::SessionReport& report) override;
  void on_login(const audit::SessionReport& so_far, const audit::Credential& credential) override;

  // Live: prints the logins since the last call above the table, which stays. To be called several
  // times a second, because redrawing the table for each of thousands of logins would take too
  // long.
  void show_lines();
  // Live: redraws the table, or flushes the lines. To be called about once a second.
  void refresh(const audit::Auditor& auditor);
  // Throws std::system_error if writing to standard output has failed.
  void check() const;
  // Whether the reader of standard output has gone and there is no other output.
  bool closed() const noexcept;
  // Writes the report and the page. Throws std::system_error if something could not be written.
  void finish(const audit::Auditor& auditor, const AuditScope& scope);

  // Returns what finish() prints on the terminal.
  std::string report(const audit::Auditor& auditor, const AuditScope& scope) const;

  std::uint64_t logins() const noexcept { return logins_; }

 private:
  void print(const std::string& text) noexcept;

  const AuditCommandLine& line_;
  AuditBook book_;
  std::optional<EveLines> eve_;
  std::optional<Evidence> evidence_;
  std::uint64_t logins_ = 0;
  bool json_to_terminal_ = false;  // standard output is used for the JSON lines
  LiveArea live_;                  // on standard output: the table, during a live audit
  bool live_table_ = false;
  bool print_lines_ = false;
  std::string lines_;     // lines of logins that were not shown yet
  int output_error_ = 0;  // first errno value of standard output
};

}  // namespace capstan::tools
