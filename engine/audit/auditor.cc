#include "engine/audit/auditor.h"

#include <algorithm>

#include "engine/audit/secret_digest.h"

namespace capstan::audit {

namespace {

// Flows ended for idleness while one packet is handled: a burst of ends is spread out.
constexpr int kExpireBudget = 4;
constexpr int kMakeRoomBudget = 16;

// What a message that is no TCP segment came in.
Transport transport_of(const TransportPacket& packet) noexcept {
  if (packet.carrier == Carrier::kPpp) return Transport::kPpp;
  if (packet.carrier == Carrier::kEapol) return Transport::kEapol;
  switch (packet.protocol) {
    case ip_protocol::kSctp:
      return Transport::kSctp;
    case ip_protocol::kOspf:
      return Transport::kOspf;
    case ip_protocol::kVrrp:
      return Transport::kVrrp;
    default:
      return Transport::kUdp;
  }
}

std::size_t initiator_index(bool from_initiator) noexcept { return from_initiator ? 0 : 1; }

}  // namespace

// Takes the ordered bytes of one direction of one flow to its session.
class Auditor::FlowSink final : public StreamSink {
 public:
  FlowSink(Session& session, Side side, std::uint64_t now_ns,
           SessionEnvironment& environment) noexcept
      : session_(session), environment_(environment), now_ns_(now_ns), side_(side) {}

  void on_stream_bytes(Bytes bytes, std::uint64_t offset) override {
    session_.on_bytes(side_, bytes, offset, now_ns_, environment_);
  }
  void on_stream_gap(std::uint64_t) override { session_.on_gap(side_, now_ns_, environment_); }

 private:
  Session& session_;
  SessionEnvironment& environment_;
  std::uint64_t now_ns_;
  Side side_;
};

Auditor::Auditor(const AuditOptions& options, AuditSink& sink)
    : sink_(sink),
      pool_(options.pool_bytes),
      digest_(options.reuse_digests ? make_secret_digest() : nullptr),
      environment_{pool_, digest_.get(), options.bytes_per_direction},
      keeper_(options.evidence_bytes != 0 ? std::make_unique<PacketKeeper>(options.evidence_bytes)
                                          : nullptr),
      fragments_(pool_),
      flows_(options.flows, random_key(), *this) {}

// Ends what finish() has not ended: its sessions still go to the sink.
// A sink may fail, and an owner that wants to know calls finish() itself. Here there is nobody to
// tell: while the failure of one report is on its way up, that of the next must not end the
// program.
Auditor::~Auditor() {
  try {
    finish();
  } catch (...) {
    sink_failed_ = true;  // what is left is given back without a word
    flows_.clear();
  }
}

std::size_t Auditor::flow_bytes() noexcept { return sizeof(FlowRecord); }
std::size_t Auditor::session_bytes() noexcept { return sizeof(Session); }

void Auditor::on_packet(const PacketView& view) {
  Prepared one;
  prepare(view, one);
  handle(view, one);
}

void Auditor::on_packets(std::span<const PacketView> packets) {
  if (packets.size() == 1) return on_packet(packets.front());  // 16 need not be made for it
  constexpr std::size_t kBatch = 16;
  std::array<Prepared, kBatch> prepared;
  while (!packets.empty()) {
    const std::size_t count = std::min(kBatch, packets.size());
    for (std::size_t i = 0; i < count; ++i) prepare(packets[i], prepared[i]);
    for (std::size_t i = 0; i < count; ++i) {
      if (prepared[i].has_flow()) flows_.prefetch_flow(prepared[i].hash);
    }
    for (std::size_t i = 0; i < count; ++i) {
      if (prepared[i].has_flow()) prefetch_session(prepared[i]);
    }
    for (std::size_t i = 0; i < count; ++i) handle(packets[i], prepared[i]);
    packets = packets.subspan(count);
  }
}

void Auditor::prepare(const PacketView& view, Prepared& one) noexcept {
  one.transport = read_transport(view, one.unseen);
  if (!one.has_flow()) return;
  one.oriented = make_flow_key(*one.transport);
  one.hash = flows_.prefetch(one.oriented.key);
}

// Of a packet that has something to say in a conversation that is still read.
void Auditor::prefetch_session(const Prepared& one) noexcept {
  if (one.transport->payload.empty()) return;
  const FlowRecord* const flow = flows_.find(one.oriented.key, one.hash);
  if (flow == nullptr || flow->state.session_done || !flow->state.session) return;
  const char* const address = reinterpret_cast<const char*>(flow->state.session.get());
  for (std::size_t line = 0; line < sizeof(Session); line += 64) {
    __builtin_prefetch(address + line);
  }
}

void Auditor::handle(const PacketView& view, const Prepared& one) {
  ++counters_.packets;
  arrival_.on_packet(view.timestamp_ns);
  if (!one.transport) {
    not_followed(one.unseen);
    return;
  }
  unseen_.add(one.unseen);  // something beside it was left out
  if (one.transport->is_fragment) {
    handle_fragment(view, *one.transport);
  } else {
    handle_flow(view, *one.transport, one.oriented, one.hash);
  }
}

void Auditor::not_followed(Unseen unseen) noexcept {
  ++(unseen ? counters_.not_followed : counters_.without_session);
  unseen_.add(unseen);
}

void Auditor::handle_fragment(const PacketView& view, const TransportPacket& fragment) {
  // A tunnel's datagram may hold fragments of what it carries.
  constexpr int kMaxNested = 3;
  TransportPacket piece = fragment;
  for (int nested = 0; nested < kMaxNested; ++nested) {
    TransportPacket whole;
    if (!fragments_.add(piece, arrival_.now_ns(), whole)) return;
    Unseen unseen;
    if (!read_reassembled(whole.ip_payload, whole, unseen)) {
      not_followed(unseen);
      return;
    }
    unseen_.add(unseen);
    if (!whole.is_fragment) {
      const OrientedKey oriented = make_flow_key(whole);
      handle_flow(view, whole, oriented, flows_.hash_of(oriented.key));
      return;
    }
    piece = whole;
  }
  not_followed({"fragments nested deeper than are followed"});
}

Auditor::FlowRecord& Auditor::open_flow(const TransportPacket& packet, const OrientedKey& oriented,
                                        std::uint32_t hash, std::uint64_t packet_ns) {
  const bool is_tcp = packet.protocol == kProtocolTcp;
  const bool has_ports =
      is_tcp || packet.protocol == kProtocolUdp || packet.protocol == ip_protocol::kSctp;
  FlowRecord& flow =
      flows_.insert(oriented.key, hash, is_tcp ? FlowList::kActive : FlowList::kDatagram, packet_ns,
                    arrival_.now_ns());
  ++counters_.flows;
  flow.state.number = next_number_++;
  // Who opened it: a SYN says so. Without one the side on a service's port is the server, and
  // failing that whoever was seen first is the client.
  bool source_is_initiator = true;
  const bool syn = is_tcp && (packet.tcp_flags & tcp_flag::kSyn) != 0;
  if (syn) {
    source_is_initiator = (packet.tcp_flags & tcp_flag::kAck) == 0;
    flow.orientation_known = true;
  } else {
    const bool source_serves = has_ports && is_service_port(packet.source_port);
    const bool destination_serves = has_ports && is_service_port(packet.destination_port);
    if (source_serves && !destination_serves) source_is_initiator = false;
    // Both could serve (5060 and 5061): the lower port is the likelier one.
    if (source_serves && destination_serves && packet.source_port < packet.destination_port) {
      source_is_initiator = false;
    }
    flow.state.mid_stream = is_tcp;
  }
  flow.low_is_initiator = oriented.low_is_source == source_is_initiator;
  return flow;
}

void Auditor::handle_flow(const PacketView& view, const TransportPacket& packet,
                          const OrientedKey& oriented, std::uint32_t hash) {
  FlowRecord* flow = flows_.find(oriented.key, hash);
  const bool is_tcp = packet.protocol == kProtocolTcp;
  if (flow != nullptr && is_tcp) {
    // The same ends again: a new connection, when the old one has ended or its numbers are others.
    const bool syn_only = (packet.tcp_flags & (tcp_flag::kSyn | tcp_flag::kAck)) == tcp_flag::kSyn;
    const std::size_t direction = initiator_index(flow->low_is_initiator == oriented.low_is_source);
    const StreamDirection& stream = flow->state.streams[direction];
    const bool begun_anew =
        syn_only && stream.started() &&
        packet.sequence + 1 != stream.next_sequence() - static_cast<std::uint32_t>(stream.offset());
    if (begun_anew &&
        (stream.offset() != 0 || flow->tcp_state >= TcpState::kClosing || direction == 1)) {
      flows_.end(*flow, false);
      flow = nullptr;
    }
  }
  if (flow == nullptr) flow = &open_flow(packet, oriented, hash, view.timestamp_ns);
  const std::size_t direction = initiator_index(flow->low_is_initiator == oriented.low_is_source);
  ++flow->packets[direction];
  flow->bytes[direction] += view.wirelen;
  flows_.touch(*flow, view.timestamp_ns, arrival_.now_ns());
  if (is_tcp) {
    tcp(*flow, direction, view, packet);
  } else if (!packet.payload.empty()) {
    message(*flow, direction, view, packet);
  }
  flows_.expire(arrival_.now_ns(), kExpireBudget);
  make_room();
}

// Keeps an eighth of the pool free, so that whoever fills it with holes and half lines pushes out
// the conversations idle longest, its own first, and not what comes next.
void Auditor::make_room() {
  const std::size_t wanted = pool_.capacity_bytes() - pool_.capacity_bytes() / 8;
  for (int i = 0; i < kMakeRoomBudget && pool_.used_bytes() > wanted; ++i) {
    if (!flows_.end_oldest()) return;
  }
}

void Auditor::advance_tcp_state(FlowRecord& flow, const TransportPacket& packet) {
  const std::uint8_t flags = packet.tcp_flags;
  flow.flags_seen |= flags;
  if ((flags & tcp_flag::kRst) != 0) {
    flow.tcp_state = TcpState::kReset;
  } else if ((flags & tcp_flag::kSyn) != 0) {
    if (flow.tcp_state < TcpState::kSynReceived) {
      flow.tcp_state = (flags & tcp_flag::kAck) != 0 ? TcpState::kSynReceived : TcpState::kSynSent;
    }
  } else if ((flags & tcp_flag::kFin) != 0) {
    flow.tcp_state = flow.tcp_state == TcpState::kClosing ? TcpState::kClosed : TcpState::kClosing;
  } else if (flow.tcp_state < TcpState::kEstablished &&
             (flow.tcp_state == TcpState::kSynReceived || !flow.orientation_known ||
              !packet.payload.empty())) {
    flow.tcp_state = TcpState::kEstablished;
  }
  if (flow.tcp_state >= TcpState::kClosed) flows_.move_to(flow, FlowList::kClosing);
}

Session& Auditor::session_of(FlowRecord& flow, Transport transport) {
  if (!flow.state.session) {
    const std::uint16_t initiator = flow.low_is_initiator ? flow.key.low_port : flow.key.high_port;
    const std::uint16_t responder = flow.low_is_initiator ? flow.key.high_port : flow.key.low_port;
    flow.state.session = std::make_unique<Session>(transport, SessionPorts{initiator, responder},
                                                   flow.orientation_known);
    ++counters_.sessions;
  }
  return *flow.state.session;
}

void Auditor::tcp(FlowRecord& flow, std::size_t direction, const PacketView& view,
                  const TransportPacket& packet) {
  FlowState& state = flow.state;
  const bool syn = (packet.tcp_flags & tcp_flag::kSyn) != 0;
  const std::uint32_t missing =
      packet.payload_wire_bytes - static_cast<std::uint32_t>(packet.payload.size());
  StreamDirection& stream = state.streams[direction];
  const auto side = static_cast<Side>(direction);
  bool told = false;  // something to the session: else its memory is left alone
  // What it acknowledges was said before what it says.
  if ((packet.tcp_flags & tcp_flag::kAck) != 0 && state.streams[1 - direction].holds()) {
    told = true;
    FlowSink sink(*state.session, other(side), view.timestamp_ns, environment_);
    state.streams[1 - direction].acknowledged(packet.acknowledgement, sink, pool_,
                                              stream_counters_);
  }
  // RFC 9293 section 3.10.7.4, RFC 1122 section 4.2.2.12: the text of a RST tells why it was sent;
  // it is no part of the stream, and a receiver gives it to nobody.
  const bool reset = (packet.tcp_flags & tcp_flag::kRst) != 0;
  if ((!packet.payload.empty() || syn) && !reset) {
    if (state.session_done) {
      if (stream.holds()) stream.release(pool_);
    } else if (packet.payload.empty() && !state.session) {
      // Only numbers to note: no session before something is said.
      class Nothing final : public StreamSink {
       public:
        void on_stream_bytes(Bytes, std::uint64_t) override {}
        void on_stream_gap(std::uint64_t) override {}
      } nothing;
      stream.add(packet.sequence, {}, syn, 0, nothing, pool_, stream_counters_);
    } else {
      Session& session = session_of(flow, Transport::kTcp);
      if (session.wants(side)) {
        if (keeper_) {
          if (!state.kept) state.kept = std::make_unique<KeptPackets>();
          const std::uint32_t first = syn ? packet.sequence + 1 : packet.sequence;
          const auto ahead = stream.started() && !syn
                                 ? static_cast<std::int32_t>(first - stream.next_sequence())
                                 : 0;
          const auto at = static_cast<std::int64_t>(stream.offset()) + ahead;
          keeper_->keep(view, packet, side, at < 0 ? 0 : static_cast<std::uint64_t>(at), at < 0,
                        *state.kept);
        }
        FlowSink sink(session, side, view.timestamp_ns, environment_);
        stream.add(packet.sequence, packet.payload, syn, missing, sink, pool_, stream_counters_);
        if (stream.conflict()) state.conflict = true;
        told = true;
      } else if (stream.holds()) {
        stream.release(pool_);
      }
    }
  }
  if (told) tell_logins(flow);
  advance_tcp_state(flow, packet);
}

void Auditor::message(FlowRecord& flow, std::size_t direction, const PacketView& view,
                      const TransportPacket& packet) {
  FlowState& state = flow.state;
  if (state.session_done) return;
  const auto side = static_cast<Side>(direction);
  Session& session = session_of(flow, transport_of(packet));
  if (!session.wants(side)) return;
  std::uint64_t& offset = state.datagram_bytes[direction];
  if (keeper_) {
    if (!state.kept) state.kept = std::make_unique<KeptPackets>();
    keeper_->keep(view, packet, side, offset, false, *state.kept);
  }
  session.on_datagram(side, packet.payload, offset, view.timestamp_ns, environment_);
  offset += packet.payload.size();
  tell_logins(flow);
}

void Auditor::tell_logins(FlowRecord& flow) {
  const Session& session = *flow.state.session;
  flow.state.session_done = session.done();
  const auto& credentials = session.facts().credentials;
  while (flow.state.credentials_told < credentials.size()) {
    sink_.on_login(report_of(flow), credentials[flow.state.credentials_told++]);
  }
}

void Auditor::on_flow_end(FlowRecord& flow, bool evicted) {
  FlowState& state = flow.state;
  Session* const session = state.session.get();
  if (session != nullptr) {
    for (const Side side : {Side::kServer, Side::kClient}) {
      FlowSink sink(*session, side, flow.last_ns, environment_);
      state.streams[index_of(side)].finish(sink, pool_, stream_counters_);
    }
    session->on_end(flow.last_ns, environment_);
    if (!sink_failed_) tell_logins(flow);
    SessionFacts& facts = session->facts();
    if (state.conflict) facts.reasons |= reason::kOverlapConflict;
    if (state.mid_stream) facts.reasons |= reason::kMidStream;
    add_final_reasons(facts);
    const FlowEnds ends = ends_of(flow);
    const ServiceKey key{ends.destination, ends.destination_port, ends.protocol, ends.ip_version};
    const Verdict verdict = decide(facts);
    const bool may_hide_a_login = verdict == Verdict::kUnknown ||
                                  verdict == Verdict::kCleartextNoCredentials ||
                                  verdict == Verdict::kRefusedOrStripped;
    if ((facts.reasons & reason::kGap) != 0 && may_hide_a_login) ++counters_.sessions_with_holes;
    const std::size_t client = session->swapped() ? 1 : 0;
    if (verdict == Verdict::kCleartextNoCredentials && ends.protocol == kProtocolTcp &&
        flow.packets[client] == 0) {
      ++counters_.sessions_without_client;
    }
    services_.add(key, facts, verdict, flow.last_ns);
  }
  for (StreamDirection& stream : state.streams) stream.release(pool_);
  SessionReport report = report_of(flow);
  report.evicted = evicted;
  if (!sink_failed_) sink_.on_session(report);
  if (state.kept) keeper_->release(*state.kept);
}

void Auditor::on_tick(std::uint64_t monotonic_ns) {
  arrival_.on_tick(monotonic_ns);
  constexpr int kTickBudget = 4096;
  flows_.expire(arrival_.now_ns(), kTickBudget);
}

void Auditor::finish() {
  fragments_.finish();
  flows_.clear();
}

AuditCounters Auditor::counters() const noexcept {
  AuditCounters counters = counters_;
  counters.flows_evicted = flows_.evicted();
  counters.peak_flows = flows_.peak();
  counters.datagrams_defragmented = fragments_.completed();
  counters.datagrams_given_up = fragments_.dropped();
  counters.memory_refusals = pool_.refusals();
  counters.flow_memory_bytes = flows_.memory_bytes();
  counters.pool_peak_bytes = pool_.peak_bytes();
  counters.streams = stream_counters_;
  return counters;
}

}  // namespace capstan::audit
