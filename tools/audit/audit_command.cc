#include "tools/audit/audit_command.h"

#include <fmt/format.h>

#include <csignal>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/errors.h"
#include "engine/core/joined.h"
#include "engine/filter/packet_filter.h"
#include "engine/reader/recording_set.h"
#include "tools/audit/audit_cli.h"
#include "tools/audit/audit_file.h"
#include "tools/audit/audit_outputs.h"
#include "tools/audit/live_audit.h"
#include "tools/common/exit_status.h"
#include "tools/common/log.h"
#include "tools/common/outputs.h"
#include "tools/privileges/privileges.h"

namespace capstan::tools {

namespace {

// Of packets that the filter could say nothing about; when that is all there are, nothing was
// audited.
void say_of_filter(const PacketFilter& filter) {
  const std::vector<std::string> notes = filter.notes();
  if (filter.answered_nothing()) throw UsageError(joined(notes, "; "));
  for (const std::string& note : notes)
    standard_log().put(fmt::format("capstan audit: {}\n", note));
}

audit::AuditOptions options_of(const AuditCommandLine& line) {
  audit::AuditOptions options;
  options.flows.max_flows = line.max_flows;
  options.pool_bytes = line.memory_bytes;
  options.bytes_per_direction = line.bytes_per_direction;
  options.reuse_digests = line.find_reuse;
  if (!line.evidence.empty()) options.evidence_bytes = line.memory_bytes;
  return options;
}

}  // namespace

int audit_command(int argc, char** argv) {
  const auto line = parse_audit_command_line(argc, argv);
  if (!line) return kExitDone;
  forbid_dumps();
  std::signal(SIGPIPE, SIG_IGN);  // who has read enough may go
  const RecordingSet set = RecordingSet::find(line->files);
  const NamedOutput named[] = {{"--json", line->json.value_or("")}, {"--html", line->html}};
  refuse_to_overwrite(named, set);
  AuditOutputs outputs(*line);
  audit::Auditor auditor(options_of(*line), outputs);
  AuditScope scope;
  scope.filter = line->filter;
  if (line->files.empty()) {
    scope.inputs = live_audit(*line, auditor, outputs);
  } else {
    std::int64_t left = line->packet_limit > 0 ? line->packet_limit : -1;
    std::optional<PacketFilter> filter;
    if (!line->filter.empty()) filter.emplace(line->filter, link_type::kEthernet);
    // One file is read as it lies, straight to the audit; of several the packets are merged by
    // time, so that a session goes on from one into the next.
    if (set.files.size() == 1 && set.troubles.empty() && set.files.front().named) {
      scope.inputs.push_back(audit_file(set.files.front().path, filter, auditor, left));
    } else {
      scope.inputs = audit_set(set, filter, auditor, left);
    }
    if (filter) {
      say_of_filter(*filter);
      scope.filter_unanswered = filter->unanswered();
    }
  }
  auditor.finish();
  outputs.finish(auditor, scope);
  if (outputs.logins() != 0) return kExitFindings;
  return left_out(scope, auditor).empty() ? kExitDone : kExitNotAll;
}

}  // namespace capstan::tools
