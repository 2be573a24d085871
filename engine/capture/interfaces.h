// Network interfaces by name: which there are, and what to say about one that is not.
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

// The pseudo interface that stands for all of them.
inline constexpr std::string_view kAnyInterface = "any";

// Every interface of this network namespace in index order, "any" (index 0) last.
std::vector<NetworkInterface> list_interfaces();

// There is no interface of the name that was asked for. The text has the nearest names; a command
// that can list them says how.
class UnknownInterface : public UsageError {
 public:
  using UsageError::UsageError;
};

// The index of `name`; 0 for "any". A number is taken as the place in list_interfaces() (from 1),
// as tcpdump -D prints them, and `name` becomes the interface's name. Throws UnknownInterface.
int resolve_interface(std::string& name);

// An IPv4 network, both in host order; 0 and 0 hold every address.
struct Ip4Network {
  std::uint32_t address = 0;
  std::uint32_t mask = 0;
};

// The network of the first IPv4 address of `name`; every address for "any", and where there is
// none.
Ip4Network local_network(const std::string& name);

// Packets lost in the adapter before the kernel saw them: rx_missed_errors + rx_fifo_errors of
// /sys/class/net/NAME/statistics. 0 when it does not say.
std::uint64_t read_nic_drops(const std::string& name) noexcept;

// rx_dropped of the same: what the kernel threw away behind the adapter. Also packets that no
// protocol wanted (__netif_receive_skb_core), which a recording has all the same.
std::uint64_t read_rx_dropped(const std::string& name) noexcept;

// rx_packets of the same: what the adapter has handed over.
std::uint64_t read_rx_packets(const std::string& name) noexcept;

// The fewest insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`.
std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace capstan
