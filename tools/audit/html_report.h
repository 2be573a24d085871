// The report as one self-contained HTML page.
#pragma once

#include <string>

#include "tools/audit/audit_book.h"
#include "tools/audit/audit_scope.h"

namespace capstan::tools {

// The page has no script and loads nothing; all text from the network is escaped.
std::string html_report(const AuditBook& book, const audit::Auditor& auditor,
                        const AuditScope& scope);

}  // namespace capstan::tools
