#include "engine/audit/services.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace capstan::audit {

std::size_t ServiceTable::Hash::operator()(const ServiceKey& key) const noexcept {
  std::array<std::uint64_t, 2> words{};
  std::memcpy(words.data(), key.address.data(), key.address.size());
  std::uint64_t mixed = words[0] ^ (words[1] * 0x9e3779b97f4a7c15ULL);
  mixed ^= std::uint64_t{key.port} << 24 | std::uint64_t{key.transport} << 8 | key.ip_version;
  mixed *= 0xd6e8feb86659fd93ULL;
  return static_cast<std::size_t>(mixed ^ (mixed >> 32));
}

std::string_view verdict_text(const SessionFacts& facts, Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::kUnknown:
      return "unknown";
    case Verdict::kCleartextNoCredentials:
      return (facts.reasons & reason::kUpgradeStripped) != 0 ? "upgrade stripped"
                                                             : "cleartext, no login seen";
    case Verdict::kCleartextCredentials: {
      const bool only_responses =
          std::all_of(facts.credentials.begin(), facts.credentials.end(),
                      [](const Credential& c) { return c.kind == SecretKind::kHash; });
      return only_responses ? "challenge-response over cleartext" : "cleartext login";
    }
    case Verdict::kStarttlsUpgraded:
    case Verdict::kImplicitTls:
      return (facts.reasons & reason::kWeak) != 0 ? "encrypted, weak" : "encrypted";
    case Verdict::kRefusedOrStripped:
      return facts.upgrade == Upgrade::kRefused ? "upgrade refused" : "upgrade stripped";
  }
  return "unknown";
}

std::uint64_t Service::total() const noexcept {
  return std::accumulate(sessions.begin(), sessions.end(), std::uint64_t{0});
}

int Service::rank() const noexcept {
  const auto count = [this](Verdict verdict) {
    return sessions[static_cast<std::size_t>(verdict)];
  };
  if (count(Verdict::kCleartextCredentials) != 0) return 0;
  if (stripped != 0) return 1;
  if (count(Verdict::kRefusedOrStripped) != 0) return 2;
  if (weak != 0) return 3;
  if (count(Verdict::kCleartextNoCredentials) != 0) return 4;
  if (count(Verdict::kUnknown) != 0 && total() == count(Verdict::kUnknown)) return 5;
  return 6;
}

std::string_view Service::verdict_text() const noexcept {
  switch (rank()) {
    case 0:
      return "cleartext login";
    case 1:
      return "upgrade stripped";
    case 2:
      return "upgrade refused";
    case 3:
      return "encrypted, weak";
    case 4:
      return "cleartext, no login seen";
    case 5:
      return "unknown";
    default:
      return "encrypted";
  }
}

void ServiceTable::add(const ServiceKey& key, SessionFacts& facts, Verdict verdict,
                       std::uint64_t now_ns) {
  auto found = services_.find(key);
  if (found == services_.end()) {
    if (services_.size() >= kMaxServices) {
      ++not_tabled_;
      return;
    }
    found = services_.emplace(key, Service{}).first;
  }
  Service& service = found->second;
  if (service.protocol == Protocol::kUnknown) service.protocol = facts.protocol;
  const bool clear =
      verdict == Verdict::kCleartextCredentials || verdict == Verdict::kCleartextNoCredentials;
  // Its list was shown, and what it offered in an earlier session is not in it.
  if (clear && facts.capabilities_seen && !facts.offered_upgrade && service.offers != 0) {
    facts.reasons |= reason::kUpgradeStripped;
  }
  if (facts.offered_upgrade) ++service.offers;
  if ((facts.reasons & reason::kUpgradeStripped) != 0) ++service.stripped;
  ++service.sessions[static_cast<std::size_t>(verdict)];
  if ((facts.reasons & reason::kWeak) != 0) ++service.weak;
  service.logins += facts.credentials.size() + facts.credentials_dropped;
  service.reasons |= facts.reasons;
  service.last_ns = std::max(service.last_ns, now_ns);
  if (facts.tls && facts.tls->chosen_version != 0 &&
      (service.oldest_version == 0 || facts.tls->chosen_version < service.oldest_version)) {
    service.oldest_version = facts.tls->chosen_version;
  }
}

}  // namespace capstan::audit
