// The report as one self-contained HTML page.
#pragma once

#include <string>

#include "tools/audit/audit_book.h"
#include "tools/audit/audit_scope.h"

namespace capstan::tools {

// No script, no request to anywhere; everything the network sent is escaped.
std::string html_report(const AuditBook& book, const audit::Auditor& auditor,
                        const AuditScope& scope);

}  // namespace capstan::tools
