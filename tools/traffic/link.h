// What the kernel reports about one interface, by rtnetlink(7): kind, peer, MTU, counters.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace capstan::traffic {

struct LinkInfo {
  int ifindex = 0;
  std::string name;
  std::string kind;  // "veth", "bridge", ...; empty for hardware and loopback
  std::uint32_t mtu = 0;
  bool is_up = false;
  bool is_loopback = false;
  bool is_ethernet = false;      // frames start with an Ethernet header (ARPHRD_ETHER or loopback)
  int peer_ifindex = 0;          // veth: the other end; 0: none
  std::optional<int> peer_nsid;  // namespace of the peer, by its number here; none: this one
  std::uint64_t rx_packets = 0;
  std::uint64_t tx_packets = 0;
  std::uint64_t tx_dropped = 0;
};

// Reads an interface of this thread's network namespace. Throws UsageError when there is no
// interface of that name, std::system_error when the kernel does not answer.
LinkInfo read_link(const std::string& name);

// The same by index (interfaces may be renamed while we send).
LinkInfo read_link(int ifindex);

}  // namespace capstan::traffic
