// LinkFacts: what a network driver reports about itself through ethtool's ioctl. Read only here;
// the checks take the facts as input, so that tests can invent them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace capstan::tools {

// Empty members: the driver does not tell.
struct LinkFacts {
  std::string name;
  std::optional<bool> gro;
  std::optional<bool> lro;
  std::optional<bool> tso;
  std::optional<bool> gso;
  std::optional<bool> rx_vlan;  // the adapter removes the VLAN tag
  std::optional<std::uint32_t> ring_size;
  std::optional<std::uint32_t> ring_size_max;
  std::optional<std::uint32_t> queues;
  std::optional<std::uint32_t> queues_max;
  std::optional<bool> symmetric_hash;
  std::optional<bool> pause_rx;
  std::optional<bool> pause_tx;
};

// Never throws: what cannot be read stays empty.
LinkFacts read_link_facts(const std::string& name);

}  // namespace capstan::tools
