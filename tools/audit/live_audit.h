// The audit of live interfaces, through the capture's block queues.
#pragma once

#include "engine/audit/auditor.h"
#include "tools/audit/audit_cli.h"
#include "tools/audit/audit_outputs.h"

namespace capstan::tools {

// Returns what was audited, one entry per interface. Runs until SIGINT or SIGTERM, or until the
// requested time or number of packets is reached. Throws UsageError and std::system_error when the
// capture cannot be opened.
std::vector<AuditedInput> live_audit(const AuditCommandLine& line, audit::Auditor& auditor,
                                     AuditOutputs& outputs);

}  // namespace capstan::tools
