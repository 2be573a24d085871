#include "tools/flows/flow_applications.h"

#include <string_view>
#include <utility>

#include "engine/audit/facts.h"

namespace capstan::tools {

FlowApplications::FlowApplications(std::vector<Flow>& flows)
    : flows_(flows), auditor_(audit::AuditOptions{}, *this) {
  known_.reserve(flows.size());
  for (std::uint32_t i = 0; i < flows.size(); ++i) {
    const FlowKey& key = flows[i].key;
    Ends ends;
    if (key.inner_version != 0) {  // the audit looks into tunnels
      ends = {key.inner_addresses, key.inner_ports, key.inner_protocol};
    } else if (key.kind == RowKind::kIpv4 || key.kind == RowKind::kIpv6) {
      ends = {key.addresses, key.ports, key.protocol};
    } else {
      continue;
    }
    known_.emplace(in_order(ends), i);
  }
}

FlowApplications::Ends FlowApplications::in_order(Ends ends) noexcept {
  const auto low = std::pair(ends.addresses[0], ends.ports[0]);
  const auto high = std::pair(ends.addresses[1], ends.ports[1]);
  if (high < low) {
    std::swap(ends.addresses[0], ends.addresses[1]);
    std::swap(ends.ports[0], ends.ports[1]);
  }
  return ends;
}

std::size_t FlowApplications::EndsHash::operator()(const Ends& ends) const noexcept {
  const auto text = [](const auto& bytes) {
    return std::string_view(reinterpret_cast<const char*>(bytes.data()), sizeof(bytes));
  };
  const std::hash<std::string_view> hash;
  return hash(text(ends.addresses)) * 31 + hash(text(ends.ports)) + ends.protocol;
}

// A session belongs to the conversations of its ends that lived while it did. What is known first
// stays: a later session of the same ports is another one of the same client and server.
void FlowApplications::on_session(const audit::SessionReport& report) {
  if (report.facts->protocol == audit::Protocol::kUnknown) return;
  const Ends ends = in_order({{report.ends.source, report.ends.destination},
                              {report.ends.source_port, report.ends.destination_port},
                              report.ends.protocol});
  const auto [from, to] = known_.equal_range(ends);
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
