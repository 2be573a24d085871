#include "engine/audit/session.h"

#include <algorithm>
#include <utility>

#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

constexpr std::uint8_t kMaxTunnels = 3;  // a tunnel in a tunnel in a tunnel
// Datagrams of a session that is nothing we know: looked at this many, then left alone.
constexpr std::uint32_t kUnknownDatagrams = 64;

}  // namespace

void Session::release(SessionEnvironment& environment) noexcept {
  for (CarryBuffer& held : held_) held.clear(environment.pool);
}

void Session::finish(SessionEnvironment& environment) noexcept {
  phase_ = Phase::kDone;
  recogniser_.reset();
  release(environment);
}

void Session::drop_held(Side side, SessionEnvironment& environment) noexcept {
  const std::size_t s = index_of(side);
  held_offset_[s] += held_[s].size();
  held_[s].clear(environment.pool);
}

void Session::swap_sides() noexcept {
  swapped_ = !swapped_;
  std::swap(held_[0], held_[1]);
  std::swap(held_offset_[0], held_offset_[1]);
  std::swap(skip_[0], skip_[1]);
  std::swap(read_to_[0], read_to_[1]);
  std::swap(examined_[0], examined_[1]);
  std::swap(finished_[0], finished_[1]);
  std::swap(ports_.client, ports_.server);
  first_ = other(first_);
}

bool Session::fits_budget(Side side, std::size_t bytes,
                          const SessionEnvironment& environment) noexcept {
  std::uint32_t& examined = examined_[index_of(side)];
  if (examined >= environment.bytes_per_direction) return false;
  examined += static_cast<std::uint32_t>(std::min<std::size_t>(bytes, 1U << 20));
  return true;
}

void Session::on_bytes(Side flow_side, Bytes bytes, std::uint64_t offset, std::uint64_t now_ns,
                       SessionEnvironment& environment) {
  if (phase_ == Phase::kDone || bytes.empty()) return;
  const Side side = true_side(flow_side);
  const std::size_t s = index_of(side);
  if (finished_[s]) return;
  if (skip_[s] >= bytes.size()) {
    skip_[s] -= bytes.size();
    return;
  }
  if (skip_[s] != 0) {
    bytes = bytes.subspan(static_cast<std::size_t>(skip_[s]));
    offset += skip_[s];
    skip_[s] = 0;
  }
  if (!any_bytes_) {
    any_bytes_ = true;
    first_ = side;
  }
  if (!fits_budget(side, bytes.size(), environment)) {
    finished_[s] = true;
    if (phase_ == Phase::kIdentifying) identify(true, now_ns, environment);
    if (finished_[0] && finished_[1]) finish(environment);
    return;
  }
  if (phase_ == Phase::kReading) {
    read(side, bytes, offset, now_ns, environment);
    return;
  }
  if (held_[s].empty()) held_offset_[s] = offset;
  const std::size_t room = BufferPool::kLargest - held_[s].size();
  if (!held_[s].append(bytes.first(std::min(bytes.size(), room)), environment.pool)) {
    facts_.reasons |= reason::kMemoryLimit;
    finish(environment);
    return;
  }
  identify(bytes.size() > room, now_ns, environment);
  // A piece larger than all that can be held (offloads hand over 64 KiB): the protocol has shown
  // itself by now, and its reader takes the rest.
  const Side now_side = true_side(flow_side);
  if (bytes.size() <= room || phase_ != Phase::kReading || finished_[index_of(now_side)]) return;
  read(now_side, bytes.subspan(room), offset + room, now_ns, environment);
}

void Session::identify(bool at_end, std::uint64_t now_ns, SessionEnvironment& environment) {
  const Opening opening{held_[0].bytes(),
                        held_[1].bytes(),
                        ports_.client,
                        ports_.server,
                        orientation_known_ || facts_.in_tunnel,
                        at_end};
  const Identification result = identify_stream(opening);
  if (result.state == Identification::State::kNeedMore && !at_end) return;
  if (result.state != Identification::State::kFound) {
    // Nothing we know. A side that has not spoken yet may still tell.
    const bool one_sided = held_[0].empty() != held_[1].empty();
    if (one_sided && !at_end) return;
    finish(environment);
    return;
  }
  if (result.swap && !facts_.in_tunnel) swap_sides();
  start_reading(result.protocol, now_ns, environment);
}

void Session::start_reading(Protocol protocol, std::uint64_t now_ns,
                            SessionEnvironment& environment) {
  if (facts_.in_tunnel) {
    facts_.inner_protocol = protocol;
  } else {
    facts_.protocol = protocol;
    facts_.implicit_tls = protocol == Protocol::kTls;
  }
  if (protocol == Protocol::kSsh || protocol == Protocol::kWireguard ||
      protocol == Protocol::kIpsec || protocol == Protocol::kOpenvpn) {
    if (!facts_.in_tunnel) facts_.encrypted_other = true;
    finish(environment);
    return;
  }
  recogniser_ = make_recogniser(protocol);
  phase_ = Phase::kReading;
  for (const Side side : {first_, other(first_)}) read_held(side, now_ns, environment);
}

// Offers what is held of a side to the recogniser, again and again while it takes some.
void Session::read_held(Side side, std::uint64_t now_ns, SessionEnvironment& environment) {
  const std::size_t s = index_of(side);
  while (phase_ == Phase::kReading && !held_[s].empty()) {
    if (finished_[s]) {
      drop_held(side, environment);
      return;
    }
    if (skip_[s] != 0) {
      const std::size_t skipped =
          static_cast<std::size_t>(std::min<std::uint64_t>(skip_[s], held_[s].size()));
      skip_[s] -= skipped;
      held_offset_[s] += skipped;
      held_[s].consume(skipped, environment.pool);
      continue;
    }
    const Recogniser* const reader = recogniser_.get();
    const Bytes bytes = held_[s].bytes();
    const bool full = bytes.size() >= BufferPool::kLargest / 8 * 7;
    const std::size_t used = consume(side, bytes, held_offset_[s], full, now_ns, environment);
    if (phase_ != Phase::kReading) return;
    held_offset_[s] += used;
    held_[s].consume(used, environment.pool);
    if (used == 0 && skip_[s] == 0 && reader == recogniser_.get()) return;
  }
}

void Session::read(Side side, Bytes bytes, std::uint64_t offset, std::uint64_t now_ns,
                   SessionEnvironment& environment) {
  const std::size_t s = index_of(side);
  if (held_[s].empty()) {
    // The common case: whole units, read where they lie in the packet.
    held_offset_[s] = offset;
    while (!bytes.empty() && phase_ == Phase::kReading && !finished_[s]) {
      if (skip_[s] != 0) {
        const auto skipped =
            static_cast<std::size_t>(std::min<std::uint64_t>(skip_[s], bytes.size()));
        skip_[s] -= skipped;
        bytes = bytes.subspan(skipped);
        held_offset_[s] += skipped;
        continue;
      }
      const Recogniser* const reader = recogniser_.get();
      handed_over_ = false;
      const std::size_t used = consume(side, bytes, held_offset_[s], false, now_ns, environment);
      // Held by now, and where it lies is known: counting it again would move every secret that is
      // found in it.
      if (handed_over_) return;
      bytes = bytes.subspan(used);
      held_offset_[s] += used;
      if (used == 0 && skip_[s] == 0 && reader == recogniser_.get()) break;
    }
    if (phase_ == Phase::kDone || finished_[s] || bytes.empty()) return;
  }
  while (!bytes.empty() && phase_ != Phase::kDone && !finished_[s]) {
    const std::size_t room = BufferPool::kLargest - held_[s].size();
    const std::size_t size = std::min(room, bytes.size());
    if (size == 0 || !held_[s].append(bytes.first(size), environment.pool)) {
      facts_.reasons |= reason::kMemoryLimit;
      finished_[s] = true;
      drop_held(side, environment);
      return;
    }
    bytes = bytes.subspan(size);
    if (phase_ == Phase::kIdentifying) {
      identify(false, now_ns, environment);
    } else {
      read_held(side, now_ns, environment);
    }
  }
}

std::size_t Session::consume(Side side, Bytes bytes, std::uint64_t offset, bool full,
                             std::uint64_t now_ns, SessionEnvironment& environment) {
  Context context(facts_, now_ns, environment.digest);
  context.set_base(side, bytes, offset);
  const std::size_t used = std::min(recogniser_->consume(side, bytes, full, context), bytes.size());
  read_to_[index_of(side)] = std::max(read_to_[index_of(side)], offset + used);
  if (context.leaving() || context.side_finished(Side::kClient) ||
      context.side_finished(Side::kServer) || context.skip_bytes() != 0 ||
      context.budget_refreshed()) {
    // What was consumed must be gone before the rest is read by another.
    if (context.leaving() && !held_[index_of(side)].empty()) {
      held_[index_of(side)].consume(used, environment.pool);
      held_offset_[index_of(side)] += used;
      obey(context, side, now_ns, environment);
      return 0;
    }
    if (context.leaving()) {
      // The rest lies in the packet: hold it, so that the next reader finds it.
      const Bytes rest = bytes.subspan(used);
      held_offset_[index_of(side)] = offset + used;
      if (!rest.empty() &&
          !held_[index_of(side)].append(rest.first(std::min(rest.size(), BufferPool::kLargest)),
                                        environment.pool)) {
        facts_.reasons |= reason::kMemoryLimit;
        finish(environment);
        return bytes.size();
      }
      obey(context, side, now_ns, environment);
      handed_over_ = true;
      return bytes.size();
    }
    obey(context, side, now_ns, environment);
  }
  return used;
}

void Session::obey(const Context& context, Side side, std::uint64_t now_ns,
                   SessionEnvironment& environment) {
  const std::size_t s = index_of(side);
  skip_[s] += context.skip_bytes();
  if (context.budget_refreshed()) examined_[s] = 0;
  for (const Side each : {Side::kClient, Side::kServer}) {
    if (context.side_finished(each)) finished_[index_of(each)] = true;
  }
  if (finished_[0] && finished_[1] && !context.leaving()) {
    finish(environment);
    return;
  }
  if (context.leaving()) become(context.next(), now_ns, environment);
}

void Session::become(Context::Next next, std::uint64_t now_ns, SessionEnvironment& environment) {
  switch (next) {
    case Context::Next::kSame:
      return;
    case Context::Next::kFinish:
      finish(environment);
      return;
    case Context::Next::kTls:
      // A client that begins TLS although the server said no has not got it yet (tls.cc).
      if (facts_.upgrade != Upgrade::kRefused) facts_.upgrade = Upgrade::kAccepted;
      facts_.undecidable = false;
      recogniser_ = make_recogniser(Protocol::kTls);
      break;
    case Context::Next::kTunnel:
      if (++tunnels_ > kMaxTunnels) {
        finish(environment);
        return;
      }
      facts_.in_tunnel = true;
      facts_.reasons |= reason::kInTunnel;
      recogniser_.reset();
      phase_ = Phase::kIdentifying;
      break;
  }
  examined_ = {};
  finished_ = {};
  skip_ = {};
  if (phase_ == Phase::kReading) {
    for (const Side side : {Side::kClient, Side::kServer}) read_held(side, now_ns, environment);
  } else if (!held_[0].empty() || !held_[1].empty()) {
    first_ = held_[0].empty() ? Side::kServer : Side::kClient;
    identify(false, now_ns, environment);
  }
}

void Session::on_datagram(Side flow_side, Bytes bytes, std::uint64_t offset, std::uint64_t now_ns,
                          SessionEnvironment& environment) {
  if (phase_ == Phase::kDone || bytes.empty()) return;
  if (phase_ == Phase::kIdentifying) {
    const bool from_client = flow_side == Side::kClient;
    const Identification result =
        identify_datagram(transport_, bytes, from_client ? ports_.client : ports_.server,
                          from_client ? ports_.server : ports_.client);
    if (result.state != Identification::State::kFound) {
      if (++examined_[0] >= kUnknownDatagrams) finish(environment);
      return;
    }
    if (result.swap && !orientation_known_ && from_client) swap_sides();
    facts_.protocol = result.protocol;
    recogniser_ = make_recogniser(result.protocol);
    if (!recogniser_) {
      facts_.encrypted_other = true;
      finish(environment);
      return;
    }
    phase_ = Phase::kReading;
  }
  const Side side = true_side(flow_side);
  Context context(facts_, now_ns, environment.digest);
  context.set_base(side, bytes, offset);
  // A message is a datagram: what is left of one does not go on in the next.
  const std::size_t used = std::min(recogniser_->consume(side, bytes, true, context), bytes.size());
  if (!context.leaving() && used < bytes.size()) {
    context.set_base(side, bytes, offset);
    recogniser_->on_end(side, bytes.subspan(used), context);
  }
  read_to_[index_of(side)] = std::max(read_to_[index_of(side)], offset + bytes.size());
  if (context.next() == Context::Next::kFinish) {
    finish(environment);
  } else {
    recogniser_->on_gap(side, context);
  }
}

void Session::on_gap(Side flow_side, std::uint64_t now_ns, SessionEnvironment& environment) {
  facts_.reasons |= reason::kGap;
  if (phase_ == Phase::kDone) return;
  const Side side = true_side(flow_side);
  const std::size_t s = index_of(side);
  if (finished_[s]) return;
  skip_[s] = 0;
  if (phase_ == Phase::kIdentifying) {
    // What is held ends here; what follows begins anew.
    if (!held_[s].empty()) identify(true, now_ns, environment);
    if (phase_ != Phase::kReading) {
      drop_held(side, environment);
      return;
    }
  }
  Context context(facts_, now_ns, environment.digest);
  context.set_base(side, held_[s].bytes(), held_offset_[s]);
  recogniser_->on_end(side, held_[s].bytes(), context);
  read_to_[s] = std::max(read_to_[s], held_offset_[s] + held_[s].size());
  drop_held(side, environment);
  if (!context.leaving()) recogniser_->on_gap(side, context);
  obey(context, side, now_ns, environment);
}

void Session::on_end(std::uint64_t now_ns, SessionEnvironment& environment) {
  if (phase_ == Phase::kIdentifying && transport_ == Transport::kTcp && any_bytes_) {
    identify(true, now_ns, environment);
  }
  for (const Side side : {Side::kServer, Side::kClient}) {
    if (phase_ != Phase::kReading) break;
    const std::size_t s = index_of(side);
    if (finished_[s]) continue;
    Context context(facts_, now_ns, environment.digest);
    context.set_base(side, held_[s].bytes(), held_offset_[s]);
    read_to_[s] = std::max(read_to_[s], held_offset_[s] + held_[s].size());
    recogniser_->on_end(side, held_[s].bytes(), context);
  }
  finish(environment);
}

}  // namespace capstan::audit
