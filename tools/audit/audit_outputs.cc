#include "tools/audit/audit_outputs.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "engine/core/errors.h"
#include "tools/audit/html_report.h"
#include "tools/audit/text_report.h"

namespace capstan::tools {

namespace {

constexpr std::size_t kFlushBytes = 64U << 10;

void write_file(const std::string& path, const std::string& text) {
  std::FILE* const file = std::fopen(path.c_str(), "wbe");
  if (file == nullptr) throw_errno("creating " + path);
  const bool wrote = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const int error = wrote ? 0 : errno;
  if (std::fclose(file) != 0 || !wrote)
    throw_system_error(error != 0 ? error : errno, "writing " + path);
}

int terminal_rows() noexcept {
  struct winsize size = {};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0) return 24;
  return size.ws_row;
}

}  // namespace

AuditOutputs::AuditOutputs(const AuditCommandLine& line) : line_(line) {
  if (line.json) {
    eve_.emplace(open_eve_file(*line.json), line.json_flows);
    json_to_terminal_ = *line.json == "-";
  }
  if (!line.evidence.empty()) evidence_.emplace(line.evidence, line.evidence_unredacted);
  const bool terminal_free = !line.quiet && !json_to_terminal_;
  live_table_ = terminal_free && !line.interfaces.empty() && ::isatty(STDOUT_FILENO) == 1;
  print_lines_ = terminal_free && !line.interfaces.empty();
}

void AuditOutputs::on_login(const audit::SessionReport& so_far,
                            const audit::Credential& credential) {
  ++logins_;
  book_.login(so_far, credential);
  if (!print_lines_) return;
  // Above the table, which the next refresh draws anew below.
  if (table_rows_ != 0) fmt::print("\033[{}A\033[J", table_rows_);
  table_rows_ = 0;
  fmt::print("{}\n", login_line(so_far, credential));
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
  if (live_table_) {
    const auto rows = static_cast<std::size_t>(std::max(terminal_rows() - 6, 3));
    const std::string table = service_table(auditor.services(), rows);
    if (table_rows_ != 0) fmt::print("\033[{}A\033[J", table_rows_);
    fmt::print("{}", table);
    table_rows_ = static_cast<int>(std::count(table.begin(), table.end(), '\n'));
  }
  std::fflush(stdout);
}

void AuditOutputs::finish(const audit::Auditor& auditor) {
  if (!line_.html.empty()) write_file(line_.html, html_report(book_, auditor));
  if (eve_ && !eve_->flush()) throw_system_error(eve_->error(), "writing " + *line_.json);
  if (line_.quiet || json_to_terminal_) return;
  if (table_rows_ != 0) fmt::print("\033[{}A\033[J", table_rows_);
  fmt::print("{}", text_report(book_, auditor));
  if (evidence_) fmt::print("{} findings are kept in {}\n", evidence_->written(), line_.evidence);
}

}  // namespace capstan::tools
