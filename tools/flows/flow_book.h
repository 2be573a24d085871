// FlowBook: combines the rows of many indexes: one entry per conversation, whatever files it is in.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/index/index_row.h"

namespace capstan::tools {

// What identifies a conversation in rows of different files. The link it was seen on is not part of
// it.
struct FlowKey {
  RowKind kind = RowKind::kOther;
  std::uint8_t protocol = 0;
  std::uint8_t has_ports = 0;
  std::uint8_t tunnel = 0;
  std::uint16_t ethertype = 0;
  std::array<std::uint16_t, 2> vlans{};
  std::array<Address, 2> addresses{};
  std::array<std::uint16_t, 2> ports{};
  std::array<MacAddress, 2> macs{};  // only for traffic without addresses
  std::uint64_t tunnel_id = 0;
  std::array<Address, 2> inner_addresses{};
  std::array<std::uint16_t, 2> inner_ports{};
  std::uint8_t inner_protocol = 0;
  std::uint8_t inner_version = 0;

  friend bool operator==(const FlowKey&, const FlowKey&) = default;
};

struct FlowKeyHash {
  std::size_t operator()(const FlowKey& key) const noexcept;
};

// What the packets of a conversation tell about its application.
struct FlowApplication {
  std::string protocol;     // as the audit names it: "tls", "http"
  std::string server_name;  // requested by the client (SNI), as received; may be empty
};

struct Flow {
  FlowKey key;
  std::uint64_t first_ns = 0;
  std::uint64_t last_ns = 0;
  std::uint8_t initiator = 0;              // index of the end that sent the first packet
  std::array<std::uint64_t, 2> packets{};  // sent by each end
  std::array<std::uint64_t, 2> bytes{};    // on the wire
  std::array<std::uint8_t, 2> tcp_flags{};
  std::uint64_t lost = 0;                              // on any ring during its lifetime
  std::shared_ptr<const FlowApplication> application;  // null: unknown or not requested

  std::uint64_t all_packets() const noexcept { return packets[0] + packets[1]; }
  std::uint64_t all_bytes() const noexcept { return bytes[0] + bytes[1]; }
  std::uint64_t duration_ns() const noexcept { return last_ns - first_ns; }
};

// Traffic that has no entry of its own.
struct FlowRest {
  std::uint64_t rows = 0;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
};

// One thread. Memory is limited by `most_flows`: conversations beyond it are counted in rest().
class FlowBook {
 public:
  explicit FlowBook(std::uint64_t most_flows) : most_flows_(most_flows) {}

  // `lost`: packets lost on the file's rings during the lifetime of the row.
  void add(const IndexRow& row, std::uint64_t lost);

  std::vector<Flow>& flows() noexcept { return flows_; }
  const std::vector<Flow>& flows() const noexcept { return flows_; }
  const FlowRest& rest() const noexcept { return rest_; }

 private:
  std::uint64_t most_flows_;
  std::unordered_map<FlowKey, std::size_t, FlowKeyHash> known_;  // indexes of flows_
  std::vector<Flow> flows_;
  FlowRest rest_;
};

// Text of end `end`: "192.0.2.1", "02:00:00:00:00:01".
std::string end_text(const FlowKey& key, std::size_t end);
// "tcp", "udp", "icmp", "47", "arp", "0x88cc".
std::string protocol_text(const FlowKey& key);
std::uint8_t ip_version(const FlowKey& key) noexcept;  // 0: not IP

}  // namespace capstan::tools
