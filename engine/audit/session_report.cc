// What the auditor says of a flow: the ends and the verdict of its session, as far as they are
// known.
#include "engine/audit/auditor.h"

namespace capstan::audit {

FlowEnds Auditor::ends_of(const FlowRecord& flow) const noexcept {
  const bool swapped = flow.state.session && flow.state.session->swapped();
  const bool low_is_client = flow.low_is_initiator != swapped;
  FlowEnds ends;
  ends.source = low_is_client ? flow.key.low : flow.key.high;
  ends.destination = low_is_client ? flow.key.high : flow.key.low;
  ends.source_port = low_is_client ? flow.key.low_port : flow.key.high_port;
  ends.destination_port = low_is_client ? flow.key.high_port : flow.key.low_port;
  ends.protocol = flow.key.protocol;
  ends.ip_version = flow.key.ip_version;
  ends.carrier = flow.key.carrier;
  return ends;
}

SessionReport Auditor::report_of(const FlowRecord& flow) const {
  static const SessionFacts kNothingSaid{};
  SessionReport report;
  const Session* const session = flow.state.session.get();
  report.swapped = session != nullptr && session->swapped();
  report.ends = ends_of(flow);
  report.vlans = flow.key.vlans;
  report.first_ns = flow.first_ns;
  report.last_ns = flow.last_ns;
  const std::size_t client = report.swapped ? 1 : 0;
  report.packets = {flow.packets[client], flow.packets[1 - client]};
  report.bytes = {flow.bytes[client], flow.bytes[1 - client]};
  report.tcp_state = flow.tcp_state;
  report.tcp_flags = flow.flags_seen;
  report.number = flow.state.number;
  report.has_payload = session != nullptr;
  report.facts = session != nullptr ? &session->facts() : &kNothingSaid;
  report.verdict = decide(*report.facts);
  report.packets_kept = flow.state.kept.get();
  if (session != nullptr) {
    report.examined = {session->examined_to(Side::kClient), session->examined_to(Side::kServer)};
  }
  return report;
}

}  // namespace capstan::audit
