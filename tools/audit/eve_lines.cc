#include "tools/audit/eve_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/audit/tls/hello.h"
#include "engine/core/write_all.h"
#include "tools/audit/audit_words.h"
#include "tools/common/json_text.h"
#include "tools/common/units.h"

namespace capstan::tools {

namespace {

using nlohmann::ordered_json;

void put_community_id(ordered_json& event, const FlowEnds& ends) {
  std::string id = community_id(ends);
  if (!id.empty()) event["community_id"] = std::move(id);
}

ordered_json head(const audit::SessionReport& report, const char* event_type) {
  ordered_json event;
  event["timestamp"] = eve_time(report.last_ns);
  event["flow_id"] = report.number;
  event["event_type"] = event_type;
  ordered_json vlans = ordered_json::array();
  for (const std::uint16_t vlan : report.vlans) {
    if (vlan != 0) vlans.push_back(vlan & 0x0fff);
  }
  if (!vlans.empty()) event["vlan"] = std::move(vlans);
  event["src_ip"] = address_text(report.ends.source, report.ends.ip_version);
  event["src_port"] = report.ends.source_port;
  event["dest_ip"] = address_text(report.ends.destination, report.ends.ip_version);
  event["dest_port"] = report.ends.destination_port;
  event["proto"] = transport_text(report.ends.protocol);
  event["app_proto"] = audit::protocol_name(report.facts->protocol);
  return event;
}

// EVE spells versions apart from ours: "TLS 1.2", "TLSv1", "SSLv3".
std::string eve_version(std::uint16_t version) {
  switch (version) {
    case 0:
      return "UNDETERMINED";
    case 0x0002:
      return "SSLv2";
    case 0x0300:
      return "SSLv3";
    case 0x0301:
      return "TLSv1";
    case 0x0302:
      return "TLS 1.1";
    case 0x0303:
      return "TLS 1.2";
    case 0x0304:
      return "TLS 1.3";
    default:
      break;
  }
  return audit::tls_version_name(version);
}

std::string seconds_text(std::int64_t seconds) {
  return plain_time(static_cast<std::uint64_t>(std::max<std::int64_t>(seconds, 0)) * 1'000'000'000)
      .replace(10, 1, "T");
}

std::string tls_event(const audit::SessionReport& report) {
  const audit::TlsFacts& tls = *report.facts->tls;
  ordered_json event = head(report, "tls");
  ordered_json body;
  if (tls.has_certificate) {
    body["subject"] = visible_text(tls.subject);
    body["issuerdn"] = visible_text(tls.issuer);
    body["serial"] = tls.serial;
    body["fingerprint"] = tls.fingerprint;
    body["notbefore"] = seconds_text(tls.not_before);
    body["notafter"] = seconds_text(tls.not_after);
    body["self_signed"] = tls.self_signed;
  }
  if (!tls.sni.empty()) body["sni"] = visible_text(tls.sni);
  body["version"] = eve_version(tls.chosen_version);
  if (tls.offered_version != 0) body["version_offered"] = eve_version(tls.offered_version);
  if (tls.server_hello) body["cipher"] = audit::cipher_name(tls.cipher);
  if (!tls.alpn.empty()) body["alpn"] = visible_text(tls.alpn);
  if (!tls.ja3.empty()) body["ja3"] = {{"hash", tls.ja3}};
  if (!tls.ja3s.empty()) body["ja3s"] = {{"hash", tls.ja3s}};
  if (!tls.ja4.empty()) body["ja4"] = tls.ja4;
  event["tls"] = std::move(body);
  put_community_id(event, report.ends);
  return dump_json(event);
}

std::string flow_event(const audit::SessionReport& report) {
  ordered_json event = head(report, "flow");
  event["flow"] = {
      {"pkts_toserver", report.packets[0]},
      {"pkts_toclient", report.packets[1]},
      {"bytes_toserver", report.bytes[0]},
      {"bytes_toclient", report.bytes[1]},
      {"start", eve_time(report.first_ns)},
      {"end", eve_time(report.last_ns)},
      {"age",
       report.last_ns > report.first_ns ? (report.last_ns - report.first_ns) / 1'000'000'000 : 0},
      {"state", report.tcp_state >= TcpState::kClosed ? "closed" : "established"},
      {"reason", report.evicted ? "forced" : "timeout"}};
  if (report.ends.protocol == kProtocolTcp) {
    event["tcp"] = {{"tcp_flags", fmt::format("{:02x}", report.tcp_flags)},
                    {"state", tcp_state_name(report.tcp_state)}};
  }
  put_community_id(event, report.ends);
  return dump_json(event);
}

ordered_json or_null(std::string text) {
  return text.empty() ? ordered_json(nullptr) : ordered_json(std::move(text));
}

ordered_json omissions(const AuditScope& scope, const audit::Auditor& auditor) {
  ordered_json list = ordered_json::array();
  for (const LeftOut& one : left_out(scope, auditor)) {
    list.push_back({{"what", one.what},
                    {"name", or_null(visible_text(one.name))},
                    {"count", one.count},
                    {"text", visible_text(one.sentence)}});
  }
  return list;
}

}  // namespace

std::string audit_event(const audit::SessionReport& report) {
  const audit::SessionFacts& facts = *report.facts;
  ordered_json event = head(report, "audit");
  event["verdict"] = audit::verdict_name(report.verdict);
  event["finding"] = audit::verdict_text(facts, report.verdict);
  event["user"] = or_null(users_of(facts));
  event["mechanism"] = or_null(mechanisms_of(facts));
  const audit::Credential* const worst = worst_credential(facts);
  event["secret_kind"] =
      audit::secret_kind_name(worst != nullptr ? worst->kind : audit::SecretKind::kNone);
  event["secret_length"] = worst != nullptr ? worst->length : 0;
  const audit::TlsFacts* const tls = facts.tls.get();
  event["tls_version"] =
      or_null(tls != nullptr ? audit::tls_version_name(tls->chosen_version) : "");
  event["sni"] = or_null(tls != nullptr ? visible_text(tls->sni) : "");
  event["weak"] = (facts.reasons & audit::reason::kWeak) != 0;
  event["reasons"] = reasons_of(facts.reasons);
  event["upgrade"] = audit::upgrade_name(facts.upgrade);
  if (facts.inner_protocol != audit::Protocol::kUnknown) {
    event["tunnelled_proto"] = audit::protocol_name(facts.inner_protocol);
  }
  if (!facts.credentials.empty()) {
    ordered_json list = ordered_json::array();
    for (const audit::Credential& credential : facts.credentials) {
      ordered_json one = {{"user", or_null(visible_text(credential.user))},
                          {"user_length", credential.user_length},
                          {"mechanism", visible_text(credential.mechanism)},
                          {"secret_kind", audit::secret_kind_name(credential.kind)},
                          {"secret_length", credential.length}};
      if (credential.reuse_digest != 0)
        one["reuse_digest"] = fmt::format("{:016x}", credential.reuse_digest);
      list.push_back(std::move(one));
    }
    event["credentials"] = std::move(list);
    if (facts.credentials_dropped != 0) event["credentials_not_listed"] = facts.credentials_dropped;
  }
  put_community_id(event, report.ends);
  return dump_json(event);
}

std::string stats_event(const AuditTotals& totals, const audit::Auditor& auditor,
                        std::uint64_t time_ns) {
  ordered_json omitted = omissions(AuditScope{}, auditor);
  const bool everything =
      omitted.empty() && totals.packets_skipped == 0 && totals.packets_lost == 0;
  ordered_json event = {{"timestamp", eve_time(time_ns)}, {"event_type", "stats"}};
  event["stats"]["audit"] = {{"packets", totals.packets},
                             {"packets_skipped", totals.packets_skipped},
                             {"blocks_skipped", totals.blocks_skipped},
                             {"packets_lost", totals.packets_lost},
                             {"sessions", totals.sessions},
                             {"cleartext_logins", totals.logins},
                             {"everything_looked_at", everything},
                             {"left_out", std::move(omitted)}};
  return dump_json(event);
}

std::string summary_event(const AuditScope& scope, const audit::Auditor& auditor,
                          std::uint64_t logins) {
  std::uint64_t last_ns = 0;
  ordered_json inputs = ordered_json::array();
  for (const AuditedInput& input : scope.inputs) {
    ordered_json one = {{input.live ? "interface" : "file", visible_text(input.name)},
                        {"packets", input.packets},
                        {"packets_lost", input.lost},
                        {"packets_missing", input.missing},
                        {"packets_filtered", input.filtered},
                        {"packets_reordered", input.reordered}};
    one["first"] = or_null(input.first_ns ? eve_time(*input.first_ns) : "");
    one["last"] = or_null(input.last_ns ? eve_time(*input.last_ns) : "");
    one["damage"] = or_null(visible_text(input.damage));
    one["trouble"] = or_null(visible_text(input.trouble));
    one["read_to_end"] =
        input.damage.empty() && input.trouble.empty() && (input.live || !input.stopped);
    inputs.push_back(std::move(one));
    last_ns = std::max(last_ns, input.last_ns.value_or(0));
  }
  ordered_json omitted = omissions(scope, auditor);
  const audit::AuditCounters counters = auditor.counters();
  ordered_json body = {{"packets", counters.packets},
                       {"sessions", counters.sessions},
                       {"cleartext_logins", logins},
                       {"filter", or_null(visible_text(scope.filter))},
                       {"everything_looked_at", omitted.empty()},
                       {"inputs", std::move(inputs)},
                       {"left_out", std::move(omitted)}};
  ordered_json event = {{"timestamp", eve_time(last_ns)}, {"event_type", "stats"}};
  event["stats"]["audit"] = std::move(body);
  return dump_json(event);
}

void EveLines::line(const std::string& event) {
  if (error_ != 0) return;
  kept_ += event;
  kept_ += '\n';
}

bool EveLines::flush() noexcept {
  if (error_ == 0) error_ = write_all(out_.get(), kept_.data(), kept_.size()).error;
  kept_.clear();
  return error_ == 0;
}

void EveLines::session(const audit::SessionReport& report) {
  if (with_flows_) line(flow_event(report));
  if (!report.has_payload) return;
  if (report.facts->tls && (report.facts->tls->client_hello || report.facts->tls->server_hello)) {
    line(tls_event(report));
  }
  line(audit_event(report));
}

}  // namespace capstan::tools
