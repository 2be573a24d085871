// FlowApplications: finds the protocol of a conversation and the server name that the client
// requests, using the recognisers of the audit (engine/audit).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/audit/auditor.h"
#include "tools/flows/flow_book.h"
#include "tools/flows/session_ends.h"

namespace capstan::tools {

// One thread. Memory: one entry for each conversation, and what an Auditor needs.
class FlowApplications final : private audit::AuditSink {
 public:
  // `flows` must not be moved or resized before finish().
  explicit FlowApplications(std::vector<Flow>& flows);

  // Takes packets of these conversations, in time order.
  void on_packet(const PacketView& packet) { auditor_.on_packet(packet); }
  // Writes the results into Flow::application.
  void finish() { auditor_.finish(); }

 private:
  void on_session(const audit::SessionReport& report) override;

  std::vector<Flow>& flows_;
  std::unordered_multimap<SessionEnds, std::uint32_t, SessionEnds::Hash>
      known_;  // indexes of flows_
  audit::Auditor auditor_;
};

}  // namespace capstan::tools
