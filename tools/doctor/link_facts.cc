#include "tools/doctor/link_facts.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "engine/core/unique_fd.h"

namespace capstan::tools {

namespace {

// RXH_XFRM_SYM_XOR of newer headers: the hash is made symmetric whatever its key. It lies in the
// first reserved byte of older ones' ethtool_rxfh.
constexpr std::uint8_t kSymmetricXor = 1;

class Ethtool {
 public:
  explicit Ethtool(const std::string& name)
      : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    std::memcpy(request_.ifr_name, name.data(), std::min<std::size_t>(name.size(), IFNAMSIZ - 1));
  }

  bool ask(void* command) {
    request_.ifr_data = static_cast<char*>(command);
    return ::ioctl(socket_.get(), SIOCETHTOOL, &request_) == 0;
  }

  std::optional<std::uint32_t> value(std::uint32_t command) {
    ethtool_value value{};
    value.cmd = command;
    if (!ask(&value)) return std::nullopt;
    return value.data;
  }

  std::optional<bool> flag(std::uint32_t command) {
    const auto found = value(command);
    if (!found) return std::nullopt;
    return *found != 0;
  }

 private:
  UniqueFd socket_;
  ifreq request_{};
};

// A key of one 16-bit pattern all through gives both directions of a flow the same hash.
std::optional<bool> hash_is_symmetric(Ethtool& link) {
  ethtool_rxfh sizes{};
  sizes.cmd = ETHTOOL_GRSSH;
  if (!link.ask(&sizes) || sizes.key_size < 2) return std::nullopt;
  const std::size_t table_bytes = std::size_t{sizes.indir_size} * sizeof(std::uint32_t);
  std::vector<std::uint32_t> memory((sizeof(sizes) + table_bytes + sizes.key_size + 3) /
                                    sizeof(std::uint32_t));
  std::memcpy(memory.data(), &sizes, sizeof(sizes));
  if (!link.ask(memory.data())) return std::nullopt;
  ethtool_rxfh answer{};
  std::memcpy(&answer, memory.data(), sizeof(answer));
  if ((answer.rsvd8[0] & kSymmetricXor) != 0) return true;
  const auto* key =
      reinterpret_cast<const std::uint8_t*>(memory.data()) + sizeof(sizes) + table_bytes;
  return std::equal(key + 2, key + sizes.key_size, key);
}

}  // namespace

LinkFacts read_link_facts(const std::string& name) {
  LinkFacts facts;
  facts.name = name;
  Ethtool link(name);
  facts.gro = link.flag(ETHTOOL_GGRO);
  facts.tso = link.flag(ETHTOOL_GTSO);
  facts.gso = link.flag(ETHTOOL_GGSO);
  if (const auto flags = link.value(ETHTOOL_GFLAGS)) {
    facts.lro = (*flags & ETH_FLAG_LRO) != 0;
    facts.rx_vlan = (*flags & ETH_FLAG_RXVLAN) != 0;
  }
  ethtool_ringparam ring{};
  ring.cmd = ETHTOOL_GRINGPARAM;
  if (link.ask(&ring) && ring.rx_max_pending != 0) {
    facts.ring_size = ring.rx_pending;
    facts.ring_size_max = ring.rx_max_pending;
  }
  ethtool_channels channels{};
  channels.cmd = ETHTOOL_GCHANNELS;
  if (link.ask(&channels)) {
    facts.queues = channels.combined_count + channels.rx_count;
    facts.queues_max = std::max(channels.max_combined, channels.max_rx);
  }
  ethtool_pauseparam pause{};
  pause.cmd = ETHTOOL_GPAUSEPARAM;
  if (link.ask(&pause)) {
    facts.pause_rx = pause.rx_pause != 0;
    facts.pause_tx = pause.tx_pause != 0;
  }
  facts.symmetric_hash = hash_is_symmetric(link);
  return facts;
}

}  // namespace capstan::tools
