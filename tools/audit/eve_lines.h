// EveLines: the audit as JSON, one object a line, in the shape of Suricata's EVE log.
#pragma once

#include <cstdio>
#include <string>

#include "engine/audit/auditor.h"

namespace capstan::tools {

// Writes `flow`, `tls` and `audit` events of every session that ends.
class EveLines {
 public:
  // `out` is borrowed. Without `with_flows` only audit and tls events are written.
  EveLines(std::FILE* out, bool with_flows) noexcept : out_(out), with_flows_(with_flows) {}

  void session(const audit::SessionReport& report);
  // The first error of writing, as errno; 0: none.
  int error() const noexcept { return error_; }

 private:
  void line(const std::string& text);

  std::FILE* out_;
  bool with_flows_;
  int error_ = 0;
};

// The audit event of a session, as one line of JSON without the newline.
std::string audit_event(const audit::SessionReport& report);

}  // namespace capstan::tools
