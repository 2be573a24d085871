// Network interfaces by name: which ones exist, and the error for a name that does not exist.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/errors.h"

namespace capstan {

struct NetworkInterface {
  std::string name;
  int index = 0;
  bool up = false;
  bool running = false;
  bool loopback = false;
  std::string addresses;  // "192.0.2.1/24 2001:db8::1/64", for people
};

// The pseudo interface that stands for all interfaces.
inline constexpr std::string_view kAnyInterface = "any";

// Every interface of this network namespace in the order of the index; "any" (index 0) last.
std::vector<NetworkInterface> list_interfaces();

// No interface has the requested name. The text suggests the most similar names; a command that can
// list interfaces adds how to do that.
class UnknownInterface : public UsageError {
 public:
  using UsageError::UsageError;
};

// The index of `name`; 0 for "any". A number is taken as a position in list_interfaces() (from 1),
// as tcpdump -D prints it, and `name` is set to that interface's name. Throws UnknownInterface.
int resolve_interface(std::string& name);

// An IPv4 network, both fields in host byte order; 0 and 0 contain every address.
struct Ip4Network {
  std::uint32_t address = 0;
  std::uint32_t mask = 0;
};

// The network of the first IPv4 address of `name`; every address for "any" and for an interface
// without an IPv4 address.
Ip4Network local_network(const std::string& name);

// Packets that the adapter lost before the kernel saw them: rx_missed_errors + rx_fifo_errors of
// /sys/class/net/NAME/statistics. 0 when they cannot be read.
std::uint64_t read_nic_drops(const std::string& name) noexcept;

// rx_dropped of the same directory: what the kernel discarded after the adapter. It includes
// packets that no protocol wanted (__netif_receive_skb_core), which a recording nevertheless
// contains.
std::uint64_t read_rx_dropped(const std::string& name) noexcept;

// rx_packets of the same directory: what the adapter has delivered.
std::uint64_t read_rx_packets(const std::string& name) noexcept;

// The smallest number of insertions, deletions, substitutions and swaps of neighbours that turns
// `a` into `b`.
std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace capstan
