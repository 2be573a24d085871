// ServiceTable: what was seen of each server, summed up over its sessions, in bounded memory.
#pragma once

#include <unordered_map>

#include "engine/audit/verdict.h"
#include "engine/flow/community_id.h"

namespace capstan::audit {

struct ServiceKey {
  Address address{};
  std::uint16_t port = 0;
  std::uint8_t transport = 0;  // IP protocol number
  std::uint8_t ip_version = 4;
  friend bool operator==(const ServiceKey&, const ServiceKey&) = default;
};

struct Service {
  Protocol protocol = Protocol::kUnknown;
  std::array<std::uint64_t, kVerdictCount> sessions{};  // by verdict
  std::uint64_t weak = 0;                               // sessions encrypted, but weakly
  std::uint64_t logins = 0;                             // credentials sent in clear text
  std::uint64_t stripped = 0;        // sessions in which the server no longer offered TLS
  std::uint64_t offers = 0;          // sessions in which the server offered TLS
  Reasons reasons = 0;               // of all sessions, combined
  std::uint16_t oldest_version = 0;  // the oldest TLS version chosen
  std::uint64_t last_ns = 0;

  std::uint64_t total() const noexcept;
  // 0: a login in clear text; larger numbers are better. The table is sorted by it.
  int rank() const noexcept;
  // "cleartext login", "encrypted, weak", ...
  std::string_view verdict_text() const noexcept;
};

class ServiceTable {
 public:
  static constexpr std::size_t kMaxServices = 65536;

  // Adds a session that has ended. Adds reason::kUpgradeStripped to its facts when this server
  // offered TLS in an earlier session and does no longer.
  void add(const ServiceKey& key, SessionFacts& facts, Verdict verdict, std::uint64_t now_ns);

  struct Hash {
    std::size_t operator()(const ServiceKey& key) const noexcept;
  };
  using Map = std::unordered_map<ServiceKey, Service, Hash>;
  const Map& services() const noexcept { return services_; }
  std::uint64_t not_tabled() const noexcept { return not_tabled_; }

 private:
  Map services_;
  std::uint64_t not_tabled_ = 0;  // sessions of servers beyond kMaxServices
};

// The words the report uses for a session: "encrypted", "encrypted, weak", "cleartext login",
// "cleartext, no login seen", "upgrade refused", "upgrade stripped", "challenge-response over
// cleartext", "unknown".
std::string_view verdict_text(const SessionFacts& facts, Verdict verdict) noexcept;

}  // namespace capstan::audit
