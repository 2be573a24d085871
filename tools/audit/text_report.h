// The audit on a terminal: findings as lines, a table that updates, the report at the end.
#pragma once

#include <string>

#include "tools/audit/audit_book.h"
#include "tools/audit/audit_scope.h"

namespace capstan::tools {

// One line for a login as it is seen.
std::string login_line(const audit::SessionReport& report, const audit::Credential& credential);

// The services, worst first, at most `rows` of them; the first line is a heading. No line is longer
// than `columns` (0: no limit); what leaves first is what matters least (fit_table()).
std::string service_table(const audit::ServiceTable& table, std::size_t rows, int columns);

// Everything, at the end; its table fits `columns`.
std::string text_report(const AuditBook& book, const audit::Auditor& auditor,
                        const AuditScope& scope, int columns);

}  // namespace capstan::tools
