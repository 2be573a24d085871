// FlowApplications: which protocol the packets of a conversation speak and which name a client asks
// for, by the audit's own recognisers (engine/audit).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/audit/auditor.h"
#include "tools/flows/flow_book.h"

namespace capstan::tools {

// One thread. Memory: a place for each conversation of the book, and what an Auditor takes.
class FlowApplications final : private audit::AuditSink {
 public:
  // `flows` stays where it is until finish().
  explicit FlowApplications(std::vector<Flow>& flows);

  // Packets of those conversations, in the order of time.
  void on_packet(const PacketView& packet) { auditor_.on_packet(packet); }
  // Writes what was found into Flow::application.
  void finish() { auditor_.finish(); }

 private:
  struct Ends {
    std::array<Address, 2> addresses{};  // the lower end first
    std::array<std::uint16_t, 2> ports{};
    std::uint8_t protocol = 0;
    friend bool operator==(const Ends&, const Ends&) = default;
  };
  struct EndsHash {
    std::size_t operator()(const Ends& ends) const noexcept;
  };

  void on_session(const audit::SessionReport& report) override;
  static Ends in_order(Ends ends) noexcept;

  std::vector<Flow>& flows_;
  std::unordered_multimap<Ends, std::uint32_t, EndsHash> known_;  // to flows_
  audit::Auditor auditor_;
};

}  // namespace capstan::tools
