// The audit on a terminal: findings as lines, a table that is updated, the report at the end.
#pragma once

#include <string>

#include "tools/audit/audit_book.h"
#include "tools/audit/audit_scope.h"

namespace capstan::tools {

// One line for a login, at the moment it is seen.
std::string login_line(const audit::SessionReport& report, const audit::Credential& credential);

// A table of services, worst first, of at most `rows` lines (at least 1) below a heading; where
// services are left out, the last line says how many. No line is longer than `columns` (0: no
// limit); the least important columns are left out first (fit_table()).
std::string service_table(const audit::ServiceTable& table, std::size_t rows, int columns);

// The report at the end; its table fits into `columns`.
std::string text_report(const AuditBook& book, const audit::Auditor& auditor,
                        const AuditScope& scope, int columns);

}  // namespace capstan::tools
