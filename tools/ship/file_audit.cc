#include "tools/ship/file_audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/audit/services.h"
#include "engine/audit/tls/hello.h"
#include "engine/core/joined.h"
#include "engine/flow/packet_sorter.h"
#include "engine/reader/capture_file.h"
#include "engine/reader/unreadable_file.h"
#include "tools/audit/audit_words.h"
#include "tools/audit/eve_lines.h"
#include "tools/clickhouse/schema.h"
#include "tools/common/units.h"

namespace capstan::fleet {

namespace {

constexpr std::uint64_t kIdleEveryPackets = 16'384;

struct Emit {
  audit::Auditor& auditor;
  void operator()(std::span<const PacketView> packets) const { auditor.on_packets(packets); }
};

bool deserves_attention(const audit::SessionReport& report) noexcept {
  return report.verdict == audit::Verdict::kCleartextCredentials ||
         report.verdict == audit::Verdict::kRefusedOrStripped ||
         (report.facts->reasons & audit::reason::kWeak) != 0;
}

}  // namespace

FileAudit::FileAudit(std::size_t most_sessions)
    : most_sessions_(most_sessions), auditor_(audit::AuditOptions{}, *this) {}

bool FileAudit::read(const std::string& path, const std::function<bool()>& idle) {
  CaptureFile file = CaptureFile::open(path, ReadManner::kGentle);
  PacketSorter sorter(!file.packets_stay_valid());
  Emit emit{auditor_};
  PacketView packet;
  std::uint64_t packets = 0;
  while (file.next(packet)) {
    sorter.add(packet, emit);
    if (++packets % kIdleEveryPackets == 0 && !idle()) return false;
  }
  if (file.end().kind == FileEnd::Kind::kFailed) {
    throw UnreadableFile(path + ": " + file.end().text());
  }
  to_its_end_ = file.end().clean();
  sorter.flush(emit);
  auditor_.finish();
  return true;
}

Audited FileAudit::extent() const noexcept {
  const audit::AuditCounters counters = auditor_.counters();
  const bool all =
      to_its_end_ && left_out_ == 0 && counters.flows_evicted == 0 && counters.memory_refusals == 0;
  return all ? Audited::kWhole : Audited::kInPart;
}

void FileAudit::on_session(const audit::SessionReport& report) {
  if (report.facts->protocol == audit::Protocol::kUnknown) return;
  if (seen_.size() == most_sessions_) {
    ++left_out_;
    return;
  }
  const audit::TlsFacts* const tls = report.facts->tls.get();
  Seen seen;
  seen.first_ns = report.first_ns;
  seen.last_ns = report.last_ns;
  seen.facts.app_protocol = audit::protocol_name(report.facts->protocol);
  if (tls != nullptr) seen.facts.sni = tls->sni;
  if (report.verdict != audit::Verdict::kUnknown) {
    seen.facts.verdict = audit::verdict_name(report.verdict);
  }
  seen_.emplace(tools::SessionEnds(report), std::move(seen));
  if (deserves_attention(report)) add_finding(report);
}

void FileAudit::add_finding(const audit::SessionReport& report) {
  const audit::SessionFacts& facts = *report.facts;
  const audit::Credential* const worst = tools::worst_credential(facts);
  const audit::TlsFacts* const tls = facts.tls.get();
  ShippedFinding one;
  one.number = static_cast<std::uint32_t>(findings_.size());
  one.first_ns = report.first_ns;
  one.last_ns = report.last_ns;
  if (report.ends.ip_version != 0) {
    one.client = stored_address(report.ends.source, report.ends.ip_version);
    one.server = stored_address(report.ends.destination, report.ends.ip_version);
  }
  one.client_port = report.ends.source_port;
  one.server_port = report.ends.destination_port;
  one.protocol = report.ends.protocol;
  one.vlan = report.vlans[0] & 0x0fff;
  one.community_id = community_id(report.ends);
  one.app_protocol = audit::protocol_name(facts.protocol);
  one.verdict = audit::verdict_name(report.verdict);
  one.finding = audit::verdict_text(facts, report.verdict);
  one.user = tools::users_of(facts);
  one.mechanism = tools::mechanisms_of(facts);
  one.secret_kind =
      audit::secret_kind_name(worst != nullptr ? worst->kind : audit::SecretKind::kNone);
  one.secret_length = worst != nullptr ? worst->length : 0;
  if (tls != nullptr) {
    one.tls_version = audit::tls_version_name(tls->chosen_version);
    one.sni = tls->sni;
  }
  one.weak = (facts.reasons & audit::reason::kWeak) != 0;
  one.reasons = joined(tools::reasons_of(facts.reasons), ",");
  one.event = tools::audit_event(report);
  findings_.push_back(std::move(one));
}

// What is known first stays, as in `capstan flows`: a later session of the same ports is another
// one of the same client and server.
const FlowFacts* FileAudit::facts_of(const IndexRow& row) const {
  // The audit looks into tunnels.
  const bool inner = row.has(row_flag::kInner) && row.inner.ip_version != 0;
  if (!inner && row.kind != RowKind::kIpv4 && row.kind != RowKind::kIpv6) return nullptr;
  const tools::SessionEnds ends =
      inner ? tools::SessionEnds(row.inner.addresses, row.inner.ports, row.inner.protocol)
            : tools::SessionEnds({row.ends[0].address, row.ends[1].address},
                                 {row.ends[0].port, row.ends[1].port}, row.protocol);
  const Seen* best = nullptr;
  const auto [from, to] = seen_.equal_range(ends);
  for (auto at = from; at != to; ++at) {
    const Seen& seen = at->second;
    if (seen.last_ns < row.first_ns || seen.first_ns > row.last_ns) continue;
    if (best == nullptr || seen.first_ns < best->first_ns) best = &seen;
  }
  return best == nullptr ? nullptr : &best->facts;
}

}  // namespace capstan::fleet
