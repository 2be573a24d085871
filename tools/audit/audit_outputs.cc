#include "tools/audit/audit_outputs.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "engine/core/errors.h"
#include "engine/core/write_all.h"
#include "tools/audit/html_report.h"
#include "tools/audit/text_report.h"
#include "tools/common/open_output.h"

namespace capstan::tools {

namespace {

constexpr std::size_t kFlushBytes = 64U << 10;
constexpr int kRowsBesideTable = 6;  // its heading, and a few logins above it

void write_file(const std::string& path, const std::string& text) {
  const UniqueFd file = open_output(path, "the report");
  const int error = write_all(file.get(), text.data(), text.size()).error;
  if (error != 0) throw_system_error(error, "writing " + path);
}

}  // namespace

AuditOutputs::AuditOutputs(const AuditCommandLine& line) : line_(line), live_(STDOUT_FILENO) {
  if (line.json) {
    eve_.emplace(open_output(*line.json, "the findings"), line.json_flows);
    json_to_terminal_ = *line.json == "-";
  }
  if (!line.evidence.empty()) evidence_.emplace(line.evidence, line.evidence_unredacted);
  const bool terminal_free = !line.quiet && !json_to_terminal_;
  live_table_ = terminal_free && !line.interfaces.empty() && live_.terminal().can_redraw();
  print_lines_ = terminal_free && !line.interfaces.empty();
}

void AuditOutputs::on_login(const audit::SessionReport& so_far,
                            const audit::Credential& credential) {
  ++logins_;
  book_.login(so_far, credential);
  if (!print_lines_) return;
  lines_ += login_line(so_far, credential) + "\n";
  if (!live_table_) show_lines();
}

void AuditOutputs::show_lines() {
  if (lines_.empty()) return;
  print(live_table_ ? live_.with_above(lines_) : lines_);
  lines_.clear();
}

// Called in the midst of the auditor's work: what goes wrong is remembered, and told by check().
void AuditOutputs::print(const std::string& text) noexcept {
  if (output_error_ == 0) output_error_ = write_all(STDOUT_FILENO, text.data(), text.size()).error;
}

bool AuditOutputs::closed() const noexcept {
  return output_error_ == EPIPE && !eve_ && !evidence_ && line_.html.empty();
}

void AuditOutputs::check() const {
  if (output_error_ == 0 || output_error_ == EPIPE) return;  // who has read enough may go
  throw_system_error(output_error_, "write the report to standard output");
}

void AuditOutputs::on_session(const audit::SessionReport& report) {
  book_.session(report);
  if (eve_) {
    eve_->session(report);
    if (eve_->kept_bytes() >= kFlushBytes) eve_->flush();
  }
  if (evidence_) evidence_->session(report);
}

void AuditOutputs::refresh(const audit::Auditor& auditor) {
  if (eve_) eve_->flush();
  if (!live_table_) return;
  show_lines();
  const Terminal& terminal = live_.terminal();
  const auto rows = static_cast<std::size_t>(std::max(terminal.rows() - kRowsBesideTable, 3));
  live_.draw(service_table(auditor.services(), rows, terminal.columns()));
}

std::string AuditOutputs::report(const audit::Auditor& auditor, const AuditScope& scope) const {
  return text_report(book_, auditor, scope, live_.terminal().columns());
}

void AuditOutputs::finish(const audit::Auditor& auditor, const AuditScope& scope) {
  show_lines();
  if (!line_.html.empty()) write_file(line_.html, html_report(book_, auditor, scope));
  if (eve_) eve_->line(summary_event(scope, auditor, logins_));
  if (eve_ && !eve_->flush()) throw_system_error(eve_->error(), "writing " + *line_.json);
  if (line_.quiet || json_to_terminal_) return;
  live_.clear();
  print(report(auditor, scope));
  if (evidence_) {
    print(fmt::format("{} findings are kept in {}\n", evidence_->written(), line_.evidence));
  }
  check();
}

}  // namespace capstan::tools
