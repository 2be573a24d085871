// A dialogue of two sides, played to a Session in several ways: what the recognisers' tests and
// fuzzers stand on.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/audit/session.h"
#include "engine/audit/text.h"
#include "engine/audit/verdict.h"

namespace capstan::test {

struct Turn {
  audit::Side side;
  std::string bytes;
};
inline Turn c(std::string bytes) { return {audit::Side::kClient, std::move(bytes)}; }
inline Turn s(std::string bytes) { return {audit::Side::kServer, std::move(bytes)}; }

struct Outcome {
  audit::Verdict verdict = audit::Verdict::kUnknown;
  audit::Protocol protocol = audit::Protocol::kUnknown;
  audit::Upgrade upgrade = audit::Upgrade::kNone;
  std::string user;
  std::string mechanism;
  audit::SecretKind kind = audit::SecretKind::kNone;
  std::uint32_t length = 0;
  std::size_t logins = 0;
  std::vector<audit::SecretSpan> secrets;
  audit::Reasons reasons = 0;
  std::size_t pool_bytes_left = 0;  // held after the end: must be 0
};

struct PlayOptions {
  std::size_t segment = 0;  // bytes a segment; 0: each turn as one
  bool client = true;       // whether the capture holds this side
  bool server = true;
  std::uint16_t client_port = 40000;
  std::uint16_t server_port = 9999;  // says nothing about the protocol
  bool syn_seen = true;
};

inline Outcome play(const std::vector<Turn>& turns, const PlayOptions& options) {
  using namespace audit;
  BufferPool pool(1U << 20);
  SessionEnvironment environment{pool};
  Session session(Transport::kTcp, {options.client_port, options.server_port}, options.syn_seen);
  std::array<std::uint64_t, 2> offset{};
  constexpr std::uint64_t kNow = 1'700'000'000'000'000'000;
  for (const Turn& turn : turns) {
    if (turn.side == Side::kClient ? !options.client : !options.server) continue;
    const std::size_t step = options.segment == 0 ? turn.bytes.size() : options.segment;
    for (std::size_t at = 0; at < turn.bytes.size(); at += step) {
      const std::string_view piece = std::string_view(turn.bytes).substr(at, step);
      // Behind an own copy: what the session keeps of it must be its own.
      const std::vector<std::uint8_t> copy(piece.begin(), piece.end());
      session.on_bytes(turn.side, copy, offset[index_of(turn.side)], kNow, environment);
      offset[index_of(turn.side)] += copy.size();
    }
  }
  session.on_end(kNow, environment);
  SessionFacts& facts = session.facts();
  add_final_reasons(facts);
  Outcome outcome;
  outcome.verdict = decide(facts);
  outcome.protocol = facts.protocol;
  outcome.upgrade = facts.upgrade;
  outcome.user = facts.user;
  outcome.mechanism = facts.mechanism;
  outcome.logins = facts.credentials.size();
  outcome.secrets = facts.secrets;
  outcome.reasons = facts.reasons;
  if (!facts.credentials.empty()) {
    outcome.user = facts.credentials.front().user;
    outcome.mechanism = facts.credentials.front().mechanism;
    outcome.kind = facts.credentials.front().kind;
    outcome.length = facts.credentials.front().length;
  }
  session.release(environment);
  outcome.pool_bytes_left = pool.used_bytes();
  return outcome;
}

}  // namespace capstan::test
