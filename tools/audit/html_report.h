// The report as one self-contained HTML page.
#pragma once

#include <string>

#include "tools/audit/audit_book.h"

namespace capstan::tools {

// No script, no request to anywhere; everything the network sent is escaped.
std::string html_report(const AuditBook& book, const audit::Auditor& auditor);

}  // namespace capstan::tools
