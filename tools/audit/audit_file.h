// A recording into the auditor, in the order of its times.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/audit/auditor.h"
#include "engine/filter/packet_filter.h"
#include "tools/audit/audit_scope.h"

namespace capstan::tools {

// Reads `path` to its end, or until `left` (negative: no limit) packets were given on. Damage is
// told in the answer. Throws UsageError where the file cannot be opened.
AuditedInput audit_file(const std::string& path, std::optional<PacketFilter>& filter,
                        audit::Auditor& auditor, std::int64_t& left);

}  // namespace capstan::tools
