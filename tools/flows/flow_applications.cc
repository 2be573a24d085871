#include "tools/flows/flow_applications.h"

#include <utility>

#include "engine/audit/facts.h"

namespace capstan::tools {

FlowApplications::FlowApplications(std::vector<Flow>& flows)
    : flows_(flows), auditor_(audit::AuditOptions{}, *this) {
  known_.reserve(flows.size());
  for (std::uint32_t i = 0; i < flows.size(); ++i) {
    const FlowKey& key = flows[i].key;
    if (key.inner_version != 0) {  // the audit looks into tunnels
      known_.emplace(SessionEnds(key.inner_addresses, key.inner_ports, key.inner_protocol), i);
    } else if (key.kind == RowKind::kIpv4 || key.kind == RowKind::kIpv6) {
      known_.emplace(SessionEnds(key.addresses, key.ports, key.protocol), i);
    }
  }
}

// A session belongs to the conversations of its ends that lived while it did. What is known first
// stays: a later session of the same ports is another one of the same client and server.
void FlowApplications::on_session(const audit::SessionReport& report) {
  if (report.facts->protocol == audit::Protocol::kUnknown) return;
  const auto [from, to] = known_.equal_range(SessionEnds(report));
  std::shared_ptr<const FlowApplication> found;
  for (auto at = from; at != to; ++at) {
    Flow& flow = flows_[at->second];
    if (flow.application || report.last_ns < flow.first_ns || report.first_ns > flow.last_ns) {
      continue;
    }
    if (!found) {
      const audit::TlsFacts* const tls = report.facts->tls.get();
      found = std::make_shared<FlowApplication>(
          FlowApplication{std::string(audit::protocol_name(report.facts->protocol)),
                          tls != nullptr ? tls->sni : std::string()});
    }
    flow.application = found;
  }
}

}  // namespace capstan::tools
