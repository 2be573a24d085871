// Session: one conversation under audit. Holds the bytes that cannot be read yet, knows the
// session's protocol, and passes the bytes to the recogniser of that protocol.
#pragma once

#include <memory>

#include "engine/audit/identify.h"
#include "engine/audit/recogniser.h"
#include "engine/flow/buffer_pool.h"

namespace capstan::audit {

// What all sessions of one auditor share.
struct SessionEnvironment {
  BufferPool& pool;
  const SecretDigest* digest = nullptr;  // null: no digests are computed
  // Bytes of a direction that are read, counted from its start or, in protocols with messages, from
  // the start of each message. Larger: finds logins that come later; takes more time.
  std::uint32_t bytes_per_direction = 16384;
};

struct SessionPorts {
  std::uint16_t client = 0;
  std::uint16_t server = 0;
};

// One thread. The sides passed in are those of the flow; swapped() is true when the content has
// shown that the flow had them the wrong way round. Facts use the true sides.
class Session {
 public:
  Session(Transport transport, SessionPorts ports, bool orientation_known) noexcept
      : ports_(ports), transport_(transport), orientation_known_(orientation_known) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Must be called before destruction: returns the buffers to the pool.
  void release(SessionEnvironment& environment) noexcept;

  // Bytes of a stream, in order: `offset` counts from the first byte seen of that direction.
  void on_bytes(Side flow_side, Bytes bytes, std::uint64_t offset, std::uint64_t now_ns,
                SessionEnvironment& environment);
  // One datagram. Offsets are those in a stream made of all payloads of that direction.
  void on_datagram(Side flow_side, Bytes bytes, std::uint64_t offset, std::uint64_t now_ns,
                   SessionEnvironment& environment);
  void on_gap(Side flow_side, std::uint64_t now_ns, SessionEnvironment& environment);
  // No more bytes will come. The facts are final afterwards.
  void on_end(std::uint64_t now_ns, SessionEnvironment& environment);

  // Whether bytes of this direction are still needed.
  bool wants(Side flow_side) const noexcept {
    return phase_ != Phase::kDone && !finished_[index_of(true_side(flow_side))];
  }
  bool done() const noexcept { return phase_ == Phase::kDone; }
  bool swapped() const noexcept { return swapped_; }
  SessionFacts& facts() noexcept { return facts_; }
  const SessionFacts& facts() const noexcept { return facts_; }
  // How far the session has read each direction (true sides): later bytes were not examined.
  std::uint64_t examined_to(Side side) const noexcept { return read_to_[index_of(side)]; }

 private:
  enum class Phase : std::uint8_t { kIdentifying, kReading, kDone };

  Side true_side(Side flow_side) const noexcept { return swapped_ ? other(flow_side) : flow_side; }
  bool fits_budget(Side side, std::size_t bytes, const SessionEnvironment& environment) noexcept;
  void identify(bool at_end, std::uint64_t now_ns, SessionEnvironment& environment);
  void start_reading(Protocol protocol, std::uint64_t now_ns, SessionEnvironment& environment);
  void read(Side side, Bytes bytes, std::uint64_t offset, std::uint64_t now_ns,
            SessionEnvironment& environment);
  void read_held(Side side, std::uint64_t now_ns, SessionEnvironment& environment);
  std::size_t consume(Side side, Bytes bytes, std::uint64_t offset, bool full, std::uint64_t now_ns,
                      SessionEnvironment& environment);
  void obey(const Context& context, Side side, std::uint64_t now_ns,
            SessionEnvironment& environment);
  void become(Context::Next next, std::uint64_t now_ns, SessionEnvironment& environment);
  void finish(SessionEnvironment& environment) noexcept;
  void swap_sides() noexcept;
  void drop_held(Side side, SessionEnvironment& environment) noexcept;

  SessionFacts facts_;
  std::unique_ptr<Recogniser> recogniser_;
  std::array<CarryBuffer, 2> held_;  // by true side; the bytes begin at held_offset_
  std::array<std::uint64_t, 2> held_offset_{};
  std::array<std::uint64_t, 2> skip_{};
  std::array<std::uint64_t, 2> read_to_{};
  std::array<std::uint32_t, 2> examined_{};  // bytes counted against bytes_per_direction
  std::array<bool, 2> finished_{};
  SessionPorts ports_;
  Transport transport_;
  Phase phase_ = Phase::kIdentifying;
  Side first_ = Side::kClient;  // the direction that sent first
  bool any_bytes_ = false;
  bool orientation_known_;
  bool swapped_ = false;
  bool handed_over_ = false;  // consume() left the rest of a packet to the next recogniser
  std::uint8_t tunnels_ = 0;
};

}  // namespace capstan::audit
