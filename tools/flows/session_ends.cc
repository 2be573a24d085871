#include "tools/flows/session_ends.h"

#include <functional>
#include <string_view>
#include <utility>

namespace capstan::tools {

SessionEnds::SessionEnds(std::array<Address, 2> both_addresses,
                         std::array<std::uint16_t, 2> both_ports, std::uint8_t ip_protocol) noexcept
    : addresses(both_addresses), ports(both_ports), protocol(ip_protocol) {
  if (std::pair(addresses[1], ports[1]) < std::pair(addresses[0], ports[0])) {
    std::swap(addresses[0], addresses[1]);
    std::swap(ports[0], ports[1]);
  }
}

std::size_t SessionEnds::Hash::operator()(const SessionEnds& ends) const noexcept {
  const auto text = [](const auto& bytes) {
    return std::string_view(reinterpret_cast<const char*>(bytes.data()), sizeof(bytes));
  };
  const std::hash<std::string_view> hash;
  return hash(text(ends.addresses)) * 31 + hash(text(ends.ports)) + ends.protocol;
}

}  // namespace capstan::tools
