// Auditor: packets in, verdicts out. *Start here* for the audit.
//
// A packet finds its flow (engine/flow/flow_table.h), its bytes go through the flow's reassembly
// (engine/flow/stream.h) into the flow's session (session.h), whose recogniser fills in facts.
// When a flow ends, in whatever way, its session is judged (verdict.h) and reported. All memory is
// bounded: flows by their number, stream bytes by the pool, and what had to be given up is counted.
#pragma once

#include <memory>
#include <span>

#include "engine/audit/packet_keeper.h"
#include "engine/audit/services.h"
#include "engine/audit/session.h"
#include "engine/flow/arrival_clock.h"
#include "engine/flow/flow_table.h"
#include "engine/flow/ip_fragments.h"
#include "engine/flow/stream.h"

namespace capstan::audit {

// One ended conversation. Borrowed: valid during the call.
struct SessionReport {
  FlowEnds ends;  // source: the side that opened the connection
  std::array<std::uint16_t, 2> vlans{};
  std::uint64_t first_ns = 0;
  std::uint64_t last_ns = 0;
  std::array<std::uint64_t, 2> packets{};  // by side
  std::array<std::uint64_t, 2> bytes{};
  TcpState tcp_state = TcpState::kNone;
  std::uint8_t tcp_flags = 0;
  bool evicted = false;      // ended to make room
  bool has_payload = false;  // anything was said at all
  std::uint64_t number = 0;  // of the flow, from 1
  Verdict verdict = Verdict::kUnknown;
  const SessionFacts* facts = nullptr;        // never null
  const KeptPackets* packets_kept = nullptr;  // null: none asked for
  std::array<std::uint64_t, 2> examined{};    // how far each side's stream was read
  bool swapped = false;                       // kept packets name the sides the other way round
};

// Where the auditor's answers go.
class AuditSink {
 public:
  virtual ~AuditSink() = default;
  virtual void on_session(const SessionReport& report) = 0;
  // A login in the clear, as soon as it is seen: the session goes on.
  virtual void on_login(const SessionReport& so_far, const Credential& credential) {
    static_cast<void>(so_far);
    static_cast<void>(credential);
  }
};

struct AuditOptions {
  FlowLimits flows;
  // For stream bytes that cannot be read yet. Larger: more sessions in disorder at once.
  std::size_t pool_bytes = std::size_t{256} << 20;
  std::uint32_t bytes_per_direction = 16384;
  bool reuse_digests = false;      // keyed digests of plain secrets, to find the same one again
  std::size_t evidence_bytes = 0;  // for copies of packets; 0: none are kept
};

struct AuditCounters {
  std::uint64_t packets = 0;
  std::uint64_t not_followed = 0;     // read for what they are and not followed: Auditor::unseen()
  std::uint64_t without_session = 0;  // ARP and its kin: nothing there to audit
  std::uint64_t flows = 0;
  std::uint64_t flows_evicted = 0;
  std::uint64_t peak_flows = 0;
  std::uint64_t sessions = 0;  // flows that said something
  std::uint64_t datagrams_defragmented = 0;
  std::uint64_t datagrams_given_up = 0;  // in fragments, never whole
  // Sessions that miss bytes in the capture, neither encrypted nor with a login in what was seen.
  std::uint64_t sessions_with_holes = 0;
  // In the clear, with not one packet of the client's in the capture: a login would have been
  // there.
  std::uint64_t sessions_without_client = 0;
  std::uint64_t memory_refusals = 0;
  std::size_t flow_memory_bytes = 0;
  std::size_t pool_peak_bytes = 0;
  StreamCounters streams;
};

// One thread.
class Auditor {
 public:
  Auditor(const AuditOptions& options, AuditSink& sink);
  ~Auditor();
  Auditor(const Auditor&) = delete;
  Auditor& operator=(const Auditor&) = delete;

  void on_packet(const PacketView& packet);
  // The same for several at once: their flows' memory is fetched side by side.
  void on_packets(std::span<const PacketView> packets);
  // Live: the monotonic clock (arrival_clock.h), often. Ends what is idle.
  void on_tick(std::uint64_t monotonic_ns);
  // Ends everything that is left.
  void finish();

  const ServiceTable& services() const noexcept { return services_; }
  AuditCounters counters() const noexcept;
  // What of the packets was not followed, by name.
  const UnseenCounts& unseen() const noexcept { return unseen_; }
  // Bytes of one flow's record, and of its session while it is being read.
  static std::size_t flow_bytes() noexcept;
  static std::size_t session_bytes() noexcept;

 private:
  struct FlowState {
    std::array<StreamDirection, 2> streams;         // [0]: from the initiator
    std::array<std::uint64_t, 2> datagram_bytes{};  // UDP: payload so far
    std::unique_ptr<Session> session;
    std::unique_ptr<KeptPackets> kept;
    std::uint64_t number = 0;
    std::uint16_t credentials_told = 0;
    bool conflict = false;
    bool mid_stream = false;
    bool session_done = false;  // nothing more is read of it
  };
  using FlowRecord = Flow<FlowState>;
  friend class FlowTable<FlowState, Auditor>;
  void on_flow_end(FlowRecord& flow, bool evicted);

  struct Prepared {
    std::optional<TransportPacket> transport;
    Unseen unseen;
    OrientedKey oriented;  // of a packet with a flow
    std::uint32_t hash = 0;

    bool has_flow() const noexcept { return transport && !transport->is_fragment; }
  };
  void prepare(const PacketView& view, Prepared& one) noexcept;
  void prefetch_session(const Prepared& one) noexcept;
  void handle(const PacketView& view, const Prepared& one);
  void not_followed(Unseen unseen) noexcept;
  void handle_fragment(const PacketView& view, const TransportPacket& fragment);
  void handle_flow(const PacketView& view, const TransportPacket& packet,
                   const OrientedKey& oriented, std::uint32_t hash);
  FlowRecord& open_flow(const TransportPacket& packet, const OrientedKey& oriented,
                        std::uint32_t hash, std::uint64_t packet_ns);
  void tcp(FlowRecord& flow, std::size_t direction, const PacketView& view,
           const TransportPacket& packet);
  void message(FlowRecord& flow, std::size_t direction, const PacketView& view,
               const TransportPacket& packet);
  void advance_tcp_state(FlowRecord& flow, const TransportPacket& packet);
  void make_room();
  Session& session_of(FlowRecord& flow, Transport transport);
  void tell_logins(FlowRecord& flow);
  SessionReport report_of(const FlowRecord& flow) const;
  FlowEnds ends_of(const FlowRecord& flow) const noexcept;
  class FlowSink;

  AuditSink& sink_;
  bool sink_failed_ = false;  // set by the destructor alone: reports no more
  BufferPool pool_;
  std::unique_ptr<SecretDigest> digest_;
  SessionEnvironment environment_;
  std::unique_ptr<PacketKeeper> keeper_;
  ServiceTable services_;
  IpFragments fragments_;
  StreamCounters stream_counters_;
  AuditCounters counters_;
  std::uint64_t next_number_ = 1;
  UnseenCounts unseen_;
  ArrivalClock arrival_;
  FlowTable<FlowState, Auditor> flows_;
};

}  // namespace capstan::audit
