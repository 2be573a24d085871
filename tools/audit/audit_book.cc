#include "tools/audit/audit_book.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "tools/audit/audit_words.h"
#include "tools/common/units.h"

namespace capstan::tools {

void AuditBook::login(const audit::SessionReport& report, const audit::Credential& credential) {
  LoginLine line;
  line.time_ns = credential.timestamp_ns;
  line.client = address_text(report.ends.source, report.ends.ip_version);
  line.server =
      endpoint_text(report.ends.destination, report.ends.destination_port, report.ends.ip_version);
  line.service = service_text(report);
  line.user = user_text(credential);
  line.mechanism = visible_text(credential.mechanism);
  line.kind = credential.kind;
  line.length = credential.length;
  line.reuse_digest = credential.reuse_digest;
  line.count = 1;
  std::string key = fmt::format("{}\n{}\n{}\n{}\n{}\n{}", line.client, line.server, line.user,
                                line.mechanism, line.length, line.reuse_digest);
  if (const auto known = known_.find(key); known != known_.end()) {
    ++logins_[known->second].count;
    return;
  }
  if (logins_.size() == kMaxLogins) {
    ++logins_not_listed_;
    return;
  }
  known_.emplace(std::move(key), logins_.size());
  logins_.push_back(std::move(line));
}

void AuditBook::session(const audit::SessionReport& report) {
  if (!report.has_payload) return;
  ++sessions_;
  ++verdicts_[static_cast<std::size_t>(report.verdict)];
  if (report.verdict != audit::Verdict::kUnknown) ++recognised_;
  if ((report.facts->reasons & audit::reason::kWeak) != 0) ++weak_;
}

std::uint64_t AuditBook::encrypted() const noexcept {
  return count(audit::Verdict::kImplicitTls) + count(audit::Verdict::kStarttlsUpgraded);
}

std::map<std::uint64_t, std::size_t> AuditBook::reused() const {
  std::map<std::uint64_t, std::set<std::string>> places;
  for (const LoginLine& line : logins_) {
    if (line.reuse_digest != 0) places[line.reuse_digest].insert(line.user + "\n" + line.server);
  }
  std::map<std::uint64_t, std::size_t> shared;
  for (const auto& [digest, where] : places) {
    if (where.size() > 1) shared.emplace(digest, where.size());
  }
  return shared;
}

std::vector<std::pair<audit::ServiceKey, const audit::Service*>> services_by_rank(
    const audit::ServiceTable& table) {
  std::vector<std::pair<audit::ServiceKey, const audit::Service*>> sorted;
  for (const auto& [key, service] : table.services()) {
    if (service.protocol != audit::Protocol::kUnknown) sorted.emplace_back(key, &service);
  }
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    const int rank_a = a.second->rank();
    const int rank_b = b.second->rank();
    if (rank_a != rank_b) return rank_a < rank_b;
    if (a.second->total() != b.second->total()) return a.second->total() > b.second->total();
    if (a.first.address != b.first.address) return a.first.address < b.first.address;
    return a.first.port < b.first.port;
  });
  return sorted;
}

std::string secret_words(audit::SecretKind kind, std::uint32_t length) {
  const char* const plural = length == 1 ? "" : "s";
  switch (kind) {
    case audit::SecretKind::kPlain:
      return fmt::format("password of {} byte{}", length, plural);
    case audit::SecretKind::kHash:
      return "challenge-response";
    case audit::SecretKind::kObfuscated:
      return fmt::format("obfuscated, {} byte{}", length, plural);
    case audit::SecretKind::kToken:
      return fmt::format("token of {} byte{}", length, plural);
    case audit::SecretKind::kNone:
      break;
  }
  return "no secret";
}

}  // namespace capstan::tools
