// Passes recordings to the auditor, in the order of their timestamps.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/audit/auditor.h"
#include "engine/filter/packet_filter.h"
#include "engine/reader/recording_set.h"
#include "tools/audit/audit_scope.h"

namespace capstan::tools {

// Reads `path` to its end, or until `left` (negative: no limit) packets were passed on; `left` is
// counted down. Damage is noted in the returned value. Throws UsageError if the file cannot be
// opened.
AuditedInput audit_file(const std::string& path, std::optional<PacketFilter>& filter,
                        audit::Auditor& auditor, std::int64_t& left);

// Passes on the packets of all files of `set`, merged by time. Returns one entry per file, and one
// for each part of the set that could not be read. Throws UsageError if a file that was named
// cannot be opened.
std::vector<AuditedInput> audit_set(const RecordingSet& set, std::optional<PacketFilter>& filter,
                                    audit::Auditor& auditor, std::int64_t& left);

}  // namespace capstan::tools
