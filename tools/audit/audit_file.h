// A recording into the auditor, in the order of its times.
#pragma once

#include <cstdint>
#include <string>

#include "engine/audit/auditor.h"
#include "tools/audit/audit_scope.h"

namespace capstan::tools {

// Reads `path` to its end, or until `left` (negative: no limit) packets were given on. Damage is
// told in the answer. Throws UsageError where the file cannot be opened or the filter is none.
AuditedInput audit_file(const std::string& path, const std::string& filter, audit::Auditor& auditor,
                        std::int64_t& left);

}  // namespace capstan::tools
