// AuditBook: what the report at the end needs to remember of the sessions. Bounded.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/audit/auditor.h"

namespace capstan::tools {

// One login in the clear, as the report lists it. No secret.
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
  // Sessions of protocols that are audited: the base of the share that is encrypted.
  std::uint64_t recognised() const noexcept { return recognised_; }
  std::uint64_t encrypted() const noexcept;
  // How many different logins share each digest that is shared at all.
  std::map<std::uint64_t, std::size_t> reused() const;

 private:
  std::vector<LoginLine> logins_;
  std::map<std::string, std::size_t> known_;  // a login's words -> its place in logins_
  std::array<std::uint64_t, audit::kVerdictCount> verdicts_{};
  std::uint64_t logins_not_listed_ = 0;
  std::uint64_t sessions_ = 0;
  std::uint64_t recognised_ = 0;
  std::uint64_t weak_ = 0;
};

// The services with something to say, worst first.
std::vector<std::pair<audit::ServiceKey, const audit::Service*>> services_by_rank(
    const audit::ServiceTable& table);

// "plain, 8 bytes"; "challenge-response".
std::string secret_words(audit::SecretKind kind, std::uint32_t length);

}  // namespace capstan::tools
