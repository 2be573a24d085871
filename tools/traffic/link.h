// What the kernel says about one interface, over rtnetlink(7): kind, peer, MTU, counters.
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
  std::optional<int> peer_nsid;  // the namespace the peer is in, by its number here; none: this one
  std::uint64_t rx_packets = 0;
  std::uint64_t tx_packets = 0;
  std::uint64_t tx_dropped = 0;
};

// Asks for an interface of this thread's network namespace. Throws UsageError when there is none of
// that name, std::system_error when the kernel does not answer.
LinkInfo read_link(const std::string& name);

// The same for a number (interfaces can be renamed while we send).
LinkInfo read_link(int ifindex);

}  // namespace capstan::traffic
