// Auditor: takes packets and reports a verdict for each session. *Start here* for the audit.
//
// Each packet is assigned to its flow (engine/flow/flow_table.h); its bytes go through the flow's
// reassembly (engine/flow/stream.h) to the flow's session (session.h), whose recogniser fills in
// facts. When a flow ends, for whatever reason, its session is judged (verdict.h) and reported. All
// memory is bounded: flows by their number, stream bytes by the pool; what had to be dropped is
// counted.
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

// One conversation that has ended. Borrowed: valid during the call.
struct SessionReport {
  FlowEnds ends;  // source: the side that opened the connection
  std::array<std::uint16_t, 2> vlans{};
  std::uint64_t first_ns = 0;
  std::uint64_t last_ns = 0;
  std::array<std::uint64_t, 2> packets{};  // by side
  std::array<std::uint64_t, 2> bytes{};
  TcpState tcp_state = TcpState::kNone;
  std::uint8_t tcp_flags = 0;
  bool evicted = false;      // ended to make room for another flow
  bool has_payload = false;  // at least one side sent payload
  std::uint64_t number = 0;  // of the flow, from 1
  Verdict verdict = Verdict::kUnknown;
  const SessionFacts* facts = nullptr;        // never null
  const KeptPackets* packets_kept = nullptr;  // null when no evidence was requested
  std::array<std::uint64_t, 2> examined{};    // per side: the stream was read up to this offset
  bool swapped = false;                       // the sides of kept packets are the other way round
};

// Receives the auditor's results.
class AuditSink {
 public:
  virtual ~AuditSink() = default;
  virtual void on_session(const SessionReport& report) = 0;
  // A login in clear text, reported as soon as it is seen: the session is not over.
  virtual void on_login(const SessionReport& so_far, const Credential& credential) {
    static_cast<void>(so_far);
    static_cast<void>(credential);
  }
};

struct AuditOptions {
  FlowLimits flows;
  // For stream bytes that cannot be read yet. Larger: more sessions can be out of order at once.
  std::size_t pool_bytes = std::size_t{256} << 20;
  std::uint32_t bytes_per_direction = 16384;
  bool reuse_digests = false;      // compute keyed digests, to recognise re-used plain secrets
  std::size_t evidence_bytes = 0;  // memory for copies of packets; 0: no packets are kept
};

struct AuditCounters {
  std::uint64_t packets = 0;
  std::uint64_t not_followed = 0;     // packets identified but not followed: see Auditor::unseen()
  std::uint64_t without_session = 0;  // ARP and similar protocols, which have no session to audit
  std::uint64_t flows = 0;
  std::uint64_t flows_evicted = 0;
  std::uint64_t peak_flows = 0;
  std::uint64_t sessions = 0;  // flows with payload
  std::uint64_t datagrams_defragmented = 0;
  std::uint64_t datagrams_given_up = 0;  // fragmented datagrams that were never complete
  // Sessions with bytes missing from the capture that were not encrypted and showed no login.
  std::uint64_t sessions_with_holes = 0;
  // TCP sessions in clear text without a single packet of the client in the capture: a login would
  // have been in those.
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
  // The same for several packets at once: the memory of their flows is prefetched together.
  void on_packets(std::span<const PacketView> packets);
  // Live capture: passes in the monotonic clock (arrival_clock.h); call it often. Ends idle flows.
  void on_tick(std::uint64_t monotonic_ns);
  // Ends all remaining flows.
  void finish();

  const ServiceTable& services() const noexcept { return services_; }
  AuditCounters counters() const noexcept;
  // What was not followed in the packets, by name.
  const UnseenCounts& unseen() const noexcept { return unseen_; }
  // Bytes of one flow's record, and of its session while that is being read.
  static std::size_t flow_bytes() noexcept;
  static std::size_t session_bytes() noexcept;

 private:
  struct FlowState {
    std::array<StreamDirection, 2> streams;         // [0]: sent by the initiator
    std::array<std::uint64_t, 2> datagram_bytes{};  // UDP: payload bytes so far
    std::unique_ptr<Session> session;
    std::unique_ptr<KeptPackets> kept;
    std::uint64_t number = 0;
    std::uint16_t credentials_told = 0;
    bool conflict = false;
    bool mid_stream = false;
    bool session_done = false;  // nothing more of it is read
  };
  using FlowRecord = Flow<FlowState>;
  friend class FlowTable<FlowState, Auditor>;
  void on_flow_end(FlowRecord& flow, bool evicted);

  struct Prepared {
    std::optional<TransportPacket> transport;
    Unseen unseen;
    OrientedKey oriented;  // valid for a packet that has a flow
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
  bool sink_failed_ = false;  // set by the destructor only: no more reports are made
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
