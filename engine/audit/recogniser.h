// Recogniser: reads one protocol. Context: what a recogniser may do to its session.
//
// A session (session.h) passes the bytes of both directions to a recogniser in the order in which
// they were captured. Recognisers are pure: bytes in, facts out; they use no clock, allocate
// nothing but the facts they find, and keep nothing of the bytes except counters and names.
#pragma once

#include <memory>
#include <string_view>

#include "engine/audit/facts.h"
#include "engine/audit/gate.h"

namespace capstan::audit {

// The digest for detecting re-use. It is keyed, so that it is worthless outside one run. A null
// pointer means that digests were not requested.
class SecretDigest {
 public:
  virtual ~SecretDigest() = default;
  virtual std::uint64_t digest(Bytes secret) const noexcept = 0;
};

// The recogniser's access to its session. Valid during one call.
class Context {
 public:
  Context(SessionFacts& session_facts, std::uint64_t now_ns, const SecretDigest* digest) noexcept
      : facts(session_facts), now_ns_(now_ns), digest_(digest) {}

  SessionFacts& facts;

  // --- where the bytes of the current call are in their direction ---
  void set_base(Side side, Bytes bytes, std::uint64_t offset) noexcept {
    side_ = side;
    base_ = bytes;
    base_offset_ = offset;
  }
  Side side() const noexcept { return side_; }

  // Records a login. `where` is the range, within the bytes of the current call, that evidence must
  // overwrite (in encoded form, including quotes); `secret` is the decoded secret, of which only
  // length and digest are kept. `where` may be empty when mark_secret() was called before.
  // `length`: of the whole secret when `secret` is only its beginning; 0: `secret` is complete.
  // `user` passes through the gate (gate.h).
  void add_credential(std::string_view user, Mechanism mechanism, SecretKind kind, Bytes where,
                      Bytes secret, std::uint32_t length = 0);
  // Marks bytes of the current call as secret without recording a login.
  void mark_secret(Bytes where);

  // Sets a name that is certainly a user's, according to the protocol. The gate decides which part
  // of it may be shown.
  void set_user(std::string_view user);
  // For a name that may be something else: only its length is kept.
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
  // These bytes belong to the protocol inside the tunnel, which must be identified anew.
  void enter_tunnel() noexcept { next_ = Next::kTunnel; }
  // Nothing more can be learnt from this session.
  void finish() noexcept { next_ = Next::kFinish; }
  // Nothing more can be learnt from this side.
  void finish_side(Side side) noexcept { finished_[index_of(side)] = true; }
  // The next `bytes` bytes of the current side, after those that this call consumes, are skipped.
  void skip(std::uint64_t bytes) noexcept { skip_ = bytes; }
  // A new message begins: the limit on the bytes read of this side starts again.
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

  // Reads complete units (lines, messages) from the front of `bytes`, which continue this side's
  // stream, and returns the number of bytes consumed; the rest is passed again later, with more
  // bytes behind it. `full` says that no more can be held: what is not consumed now is dropped. To
  // be called again on the same bytes, it must consume something, skip, or leave (become_tls() and
  // so on).
  virtual std::size_t consume(Side side, Bytes bytes, bool full, Context& context) = 0;

  // Bytes of this side are missing here: where the next unit begins is no longer known.
  virtual void on_gap(Side side, Context& context) {
    static_cast<void>(side);
    static_cast<void>(context);
  }
  // The session is over; `rest` is what this side has not consumed.
  virtual void on_end(Side side, Bytes rest, Context& context) {
    static_cast<void>(side);
    static_cast<void>(rest);
    static_cast<void>(context);
  }
};

// Makes the recogniser of a protocol. Null for protocols that need none, because recognising them
// is all there is to know.
std::unique_ptr<Recogniser> make_recogniser(Protocol protocol);

}  // namespace capstan::audit
