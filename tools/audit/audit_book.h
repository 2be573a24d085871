// AuditBook: what has to be remembered of the sessions for the report at the end. Bounded memory.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/audit/auditor.h"

namespace capstan::tools {

// One login in cleartext, as the report lists it, without any secret.
struct LoginLine {
  std::uint64_t time_ns = 0;
  std::string client;
  std::string server;
  std::string service;
  std::string user;
  std::string mechanism;
  audit::SecretKind kind = audit::SecretKind::kNone;
  std::uint32_t length = 0;
  std::uint64_t reuse_digest = 0;
  std::uint64_t count = 0;
};

class AuditBook {
 public:
  static constexpr std::size_t kMaxLogins = 10000;

  void login(const audit::SessionReport& report, const audit::Credential& credential);
  void session(const audit::SessionReport& report);

  const std::vector<LoginLine>& logins() const noexcept { return logins_; }
  std::uint64_t logins_not_listed() const noexcept { return logins_not_listed_; }
  std::uint64_t count(audit::Verdict verdict) const noexcept {
    return verdicts_[static_cast<std::size_t>(verdict)];
  }
  std::uint64_t sessions() const noexcept { return sessions_; }
  std::uint64_t weak() const noexcept { return weak_; }
  // Sessions of protocols that the audit knows: the base for the share of encrypted ones.
  std::uint64_t recognised() const noexcept { return recognised_; }
  std::uint64_t encrypted() const noexcept;
  // For each digest of a secret that several logins share: the number of different logins.
  std::map<std::uint64_t, std::size_t> reused() const;

 private:
  std::vector<LoginLine> logins_;
  std::map<std::string, std::size_t> known_;  // text of a login -> its index in logins_
  std::array<std::uint64_t, audit::kVerdictCount> verdicts_{};
  std::uint64_t logins_not_listed_ = 0;
  std::uint64_t sessions_ = 0;
  std::uint64_t recognised_ = 0;
  std::uint64_t weak_ = 0;
};

// Returns the services that have findings, worst first.
std::vector<std::pair<audit::ServiceKey, const audit::Service*>> services_by_rank(
    const audit::ServiceTable& table);

// Returns "plain, 8 bytes" or "challenge-response", for example.
std::string secret_words(audit::SecretKind kind, std::uint32_t length);

}  // namespace capstan::tools
