// Recogniser: one protocol's reader. Context: what a reader may do to its session.
//
// A session (session.h) shows a recogniser the bytes of both directions in the order in which they
// were captured. Recognisers are pure: bytes in, facts out; no clock, no allocation beyond the
// facts they find, nothing kept of what they were shown except counters and names.
#pragma once

#include <memory>
#include <string_view>

#include "engine/audit/facts.h"
#include "engine/audit/gate.h"

namespace capstan::audit {

// The digest for re-use detection: keyed, so that it is worthless outside one run. Null: not asked.
class SecretDigest {
 public:
  virtual ~SecretDigest() = default;
  virtual std::uint64_t digest(Bytes secret) const noexcept = 0;
};

// The recogniser's hands on its session. Valid during one call.
class Context {
 public:
  Context(SessionFacts& session_facts, std::uint64_t now_ns, const SecretDigest* digest) noexcept
      : facts(session_facts), now_ns_(now_ns), digest_(digest) {}

  SessionFacts& facts;

  // --- where the bytes of the current call lie in their direction ---
  void set_base(Side side, Bytes bytes, std::uint64_t offset) noexcept {
    side_ = side;
    base_ = bytes;
    base_offset_ = offset;
  }
  Side side() const noexcept { return side_; }

  // Records a login. `where` are the bytes, within those of the current call, that evidence must
  // overwrite (encoded form, quotes and all); `secret` is the decoded secret, of which only length
  // and digest are kept. `where` may be empty when the spans were marked before. `length`: of the
  // secret where `secret` is only its beginning; 0: all of it. `user` passes the gate (gate.h).
  void add_credential(std::string_view user, Mechanism mechanism, SecretKind kind, Bytes where,
                      Bytes secret, std::uint32_t length = 0);
  // Marks bytes of the current call as secret without recording a login.
  void mark_secret(Bytes where);

  // A name that the protocol says is a user's. What of it may be said the gate decides.
  void set_user(std::string_view user);
  // A name that may be something else: only its length is kept.
  void hide_user(std::size_t length);
  void set_mechanism(Mechanism mechanism) { facts.mechanism.assign(mechanism.text()); }

  // --- upgrade states (RFC 3207, 2595, 4642, 4217, ...) ---
  void upgrade_offered() noexcept {
    facts.offered_upgrade = true;
    if (facts.upgrade == Upgrade::kNone) facts.upgrade = Upgrade::kOffered;
  }
  void upgrade_requested() noexcept {
    if (facts.upgrade != Upgrade::kAccepted) facts.upgrade = Upgrade::kRequested;
  }
  void upgrade_refused() noexcept {
    if (facts.upgrade != Upgrade::kAccepted) facts.upgrade = Upgrade::kRefused;
  }
  bool upgrade_pending() const noexcept { return facts.upgrade == Upgrade::kRequested; }

  // --- what the session does after this call ---
  // The bytes not consumed, and all that follow, are TLS.
  void become_tls() noexcept { next_ = Next::kTls; }
  // They belong to whatever the tunnel carries: identified afresh.
  void enter_tunnel() noexcept { next_ = Next::kTunnel; }
  // Nothing more is to be learnt from this session.
  void finish() noexcept { next_ = Next::kFinish; }
  // Nothing more is to be learnt from this side.
  void finish_side(Side side) noexcept { finished_[index_of(side)] = true; }
  // The next `bytes` bytes of the current side, after what this call consumes, are of no interest.
  void skip(std::uint64_t bytes) noexcept { skip_ = bytes; }
  // A new message begins: the budget of bytes to be read of this side starts over.
  void refresh_budget() noexcept { refresh_ = true; }

  enum class Next : std::uint8_t { kSame, kTls, kTunnel, kFinish };
  Next next() const noexcept { return next_; }
  bool leaving() const noexcept { return next_ != Next::kSame; }
  bool side_finished(Side side) const noexcept { return finished_[index_of(side)]; }
  std::uint64_t skip_bytes() const noexcept { return skip_; }
  bool budget_refreshed() const noexcept { return refresh_; }
  std::uint64_t now_ns() const noexcept { return now_ns_; }

 private:
  std::uint64_t now_ns_;
  const SecretDigest* digest_;
  Bytes base_;
  std::uint64_t base_offset_ = 0;
  std::uint64_t skip_ = 0;
  Side side_ = Side::kClient;
  Next next_ = Next::kSame;
  bool refresh_ = false;
  std::array<bool, 2> finished_{};
};

class Recogniser {
 public:
  virtual ~Recogniser() = default;

  // Reads whole units (lines, messages) from the front of `bytes`, which continue this side's
  // stream, and returns how many bytes they were; the rest is shown again with more behind it.
  // `full` says that no more can be held: what lies there must be consumed or it is given up.
  // Must consume something, skip or leave to be called again on the same bytes.
  virtual std::size_t consume(Side side, Bytes bytes, bool full, Context& context) = 0;

  // Bytes of this side are missing here: unit boundaries are lost.
  virtual void on_gap(Side side, Context& context) {
    static_cast<void>(side);
    static_cast<void>(context);
  }
  // The session is over; `rest` is what this side left unconsumed.
  virtual void on_end(Side side, Bytes rest, Context& context) {
    static_cast<void>(side);
    static_cast<void>(rest);
    static_cast<void>(context);
  }
};

// Makes the reader of a protocol. Null for protocols that need none (recognised is all there is).
std::unique_ptr<Recogniser> make_recogniser(Protocol protocol);

}  // namespace capstan::audit
