#include "engine/audit/recogniser.h"
#include "engine/audit/text.h"

namespace capstan::audit {

void Context::set_user(std::string_view user) {
  const GatedUser gated = gate_user(user);
  facts.user.assign(gated.shown);
  facts.user_length = static_cast<std::uint32_t>(gated.hidden);
}

void Context::hide_user(std::size_t length) {
  facts.user.clear();
  facts.user_length = static_cast<std::uint32_t>(length);
}

void Context::mark_secret(Bytes where) {
  if (where.empty() || where.data() < base_.data() ||
      where.data() + where.size() > base_.data() + base_.size()) {
    return;
  }
  const auto offset = base_offset_ + static_cast<std::uint64_t>(where.data() - base_.data());
  const auto length = static_cast<std::uint32_t>(where.size());
  for (auto span = facts.secrets.rbegin(); span != facts.secrets.rend(); ++span) {
    if (span->side != side_) continue;
    if (span->offset + span->length == offset) {
      span->length += length;
      return;
    }
    break;
  }
  // A session that sends ever more secrets is cut off from the evidence, which writes nothing
  // behind the last span it knows of.
  if (facts.secrets.size() < 4 * SessionFacts::kMaxCredentials) {
    facts.secrets.push_back({side_, offset, length});
  }
}

void Context::add_credential(std::string_view user, Mechanism mechanism, SecretKind kind,
                             Bytes where, Bytes secret, std::uint32_t length) {
  mark_secret(where);
  // The session's own name has been through the gate.
  if (user.data() != facts.user.data()) set_user(user);
  set_mechanism(mechanism);
  if (kind == SecretKind::kHash) facts.reasons |= reason::kChallengeResponse;
  if (facts.credentials.size() >= SessionFacts::kMaxCredentials) {
    ++facts.credentials_dropped;
    return;
  }
  Credential credential;
  credential.user = facts.user;
  credential.user_length = facts.user_length;
  credential.mechanism = facts.mechanism;
  credential.kind = kind;
  credential.length = length != 0 ? length : static_cast<std::uint32_t>(secret.size());
  credential.timestamp_ns = now_ns_;
  credential.in_tunnel = facts.in_tunnel;
  if (digest_ != nullptr && kind != SecretKind::kHash) {
    credential.reuse_digest = digest_->digest(secret);
  }
  // The same login over and over (an SNMP poller) is one finding.
  for (const Credential& known : facts.credentials) {
    if (known.user == credential.user && known.mechanism == credential.mechanism &&
        known.kind == credential.kind && known.length == credential.length &&
        known.reuse_digest == credential.reuse_digest) {
      return;
    }
  }
  facts.credentials.push_back(std::move(credential));
}

}  // namespace capstan::audit
