#include "tools/audit/audit_command.h"

#include <array>
#include <csignal>
#include <optional>

#include "engine/filter/packet_filter.h"
#include "engine/reader/capture_file.h"
#include "tools/audit/audit_cli.h"
#include "tools/audit/audit_outputs.h"
#include "tools/audit/live_audit.h"
#include "tools/common/exit_status.h"
#include "tools/privileges/privileges.h"

namespace capstan::tools {

namespace {

void audit_file(const std::string& path, const std::string& filter_text, audit::Auditor& auditor,
                std::int64_t& left) {
  CaptureFile file = CaptureFile::open(path);
  std::optional<PacketFilter> filter;
  if (!filter_text.empty()) filter.emplace(filter_text, link_type::kEthernet);
  constexpr std::size_t kBatch = 16;
  std::array<PacketView, kBatch> batch;
  std::size_t count = 0;
  PacketView packet;
  while (left != 0 && file.next(packet)) {
    if (filter && !filter->matches(packet)) continue;
    if (left > 0) --left;
    if (!file.packets_stay_valid()) {
      auditor.on_packet(packet);
      continue;
    }
    batch[count++] = packet;
    if (count == kBatch) {
      auditor.on_packets(batch);
      count = 0;
    }
  }
  auditor.on_packets(std::span<const PacketView>(batch).first(count));
}

audit::AuditOptions options_of(const AuditCommandLine& line) {
  audit::AuditOptions options;
  options.flows.max_flows = line.max_flows;
  options.pool_bytes = std::size_t{line.memory_mib} << 20;
  options.bytes_per_direction = line.bytes_per_direction;
  options.reuse_digests = line.find_reuse;
  if (!line.evidence.empty()) options.evidence_bytes = std::size_t{line.memory_mib} << 20;
  return options;
}

}  // namespace

int audit_command(int argc, char** argv) {
  const auto line = parse_audit_command_line(argc, argv);
  if (!line) return kExitDone;
  forbid_dumps();
  std::signal(SIGPIPE, SIG_IGN);  // who has read enough may go
  AuditOutputs outputs(*line);
  audit::Auditor auditor(options_of(*line), outputs);
  if (line->files.empty()) {
    live_audit(*line, auditor, outputs);
  } else {
    std::int64_t left = line->packet_limit > 0 ? line->packet_limit : -1;
    for (const std::string& path : line->files) audit_file(path, line->filter, auditor, left);
  }
  auditor.finish();
  outputs.finish(auditor);
  return outputs.logins() != 0 ? kExitFindings : kExitDone;
}

}  // namespace capstan::tools
