#include "tools/traffic/sent_counter.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <vector>

#include "engine/core/clock.h"
#include "engine/core/errors.h"

namespace capstan::traffic {

namespace {

// Longer than NAPI on a busy machine needs for its next turn, most of the time.
constexpr std::uint64_t kStillNs = 5 * kNanosecondsPerMillisecond;

bool ask_ethtool(int socket, const std::string& name, void* request) noexcept {
  ifreq link{};
  std::memcpy(link.ifr_name, name.data(), std::min(name.size(), sizeof(link.ifr_name) - 1));
  link.ifr_data = static_cast<char*>(request);
  return ::ioctl(socket, SIOCETHTOOL, &link) == 0;
}

// ETHTOOL_GSSET_INFO: the number of statistics the driver has, 0 when it has none.
std::uint32_t count_statistics(int socket, const std::string& name) noexcept {
  alignas(ethtool_sset_info) std::array<std::uint8_t, sizeof(ethtool_sset_info) + 4> request{};
  ethtool_sset_info head{};
  head.cmd = ETHTOOL_GSSET_INFO;
  head.sset_mask = 1ULL << ETH_SS_STATS;
  std::memcpy(request.data(), &head, sizeof(head));
  if (!ask_ethtool(socket, name, request.data())) return 0;
  std::memcpy(&head, request.data(), sizeof(head));
  std::uint32_t length = 0;
  std::memcpy(&length, request.data() + sizeof(head), sizeof(length));
  return head.sset_mask == 0 ? 0 : length;
}

}  // namespace

SentCounter::SentCounter(const LinkInfo& link, SentBy by)
    : ifindex_(link.ifindex),
      certain_(link.kind == "veth" || link.is_loopback),
      socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  SentCounts xdp;
  own_ = by == SentBy::kXdp && link.kind == "veth" && socket_ && read_xdp(xdp);
  packets_before_ = read_link(ifindex_).tx_packets;
  before_ = read();
}

// A veth counts the frames that XDP sent through it apart (since Linux 5.7): tx_queue_N_xdp_xmit
// and tx_queue_N_xdp_xmit_errors of `ethtool -S`.
bool SentCounter::read_xdp(SentCounts& counts) const {
  const std::string name = read_link(ifindex_).name;  // it may have been renamed
  const std::uint32_t length = count_statistics(socket_.get(), name);
  if (length == 0) return false;
  std::vector<std::uint8_t> names(sizeof(ethtool_gstrings) + std::size_t{length} * ETH_GSTRING_LEN);
  ethtool_gstrings name_head{};
  name_head.cmd = ETHTOOL_GSTRINGS;
  name_head.string_set = ETH_SS_STATS;
  name_head.len = length;
  std::memcpy(names.data(), &name_head, sizeof(name_head));
  std::vector<std::uint64_t> values(sizeof(ethtool_stats) / sizeof(std::uint64_t) + length);
  ethtool_stats value_head{};
  value_head.cmd = ETHTOOL_GSTATS;
  value_head.n_stats = length;
  std::memcpy(values.data(), &value_head, sizeof(value_head));
  if (!ask_ethtool(socket_.get(), name, names.data()) ||
      !ask_ethtool(socket_.get(), name, values.data())) {
    return false;
  }
  bool found = false;
  for (std::uint32_t index = 0; index < length; ++index) {
    const char* const text = reinterpret_cast<const char*>(names.data()) +
                             sizeof(ethtool_gstrings) + std::size_t{index} * ETH_GSTRING_LEN;
    const std::string_view statistic(text, ::strnlen(text, ETH_GSTRING_LEN));
    const std::uint64_t value = values[sizeof(ethtool_stats) / sizeof(std::uint64_t) + index];
    if (statistic.ends_with("_xdp_xmit")) {
      counts.sent += value;
      found = true;
    } else if (statistic.ends_with("_xdp_xmit_errors")) {
      counts.refused += value;
    }
  }
  return found;
}

SentCounts SentCounter::read() const {
  SentCounts counts;
  if (own_ && read_xdp(counts)) return counts;
  const LinkInfo link = read_link(ifindex_);
  return {link.tx_packets, link.tx_dropped};
}

SentCounts SentCounter::counts() const {
  const SentCounts now = read();
  return {now.sent - before_.sent, now.refused - before_.refused};
}

SentCounts SentCounter::wait_for(std::uint64_t made, int milliseconds) const {
  for (int waited = 0;; ++waited) {
    const SentCounts seen = counts();
    if (seen.sent + seen.refused >= made || waited >= milliseconds) return seen;
    sleep_ns(kNanosecondsPerMillisecond);
  }
}

void SentCounter::wait_until_fetched(std::uint64_t made, int milliseconds) const {
  const std::uint64_t limit_ns =
      monotonic_clock_ns() + static_cast<std::uint64_t>(milliseconds) * kNanosecondsPerMillisecond;
  std::uint64_t fetched = 0;
  std::uint64_t since_ns = monotonic_clock_ns();
  for (std::uint64_t now_ns = since_ns; now_ns < limit_ns; now_ns = monotonic_clock_ns()) {
    const std::uint64_t seen = read_link(ifindex_).tx_packets - packets_before_;
    if (seen != fetched) since_ns = now_ns;
    fetched = seen;
    if (fetched >= made && now_ns - since_ns >= kStillNs) return;
    sleep_ns(kNanosecondsPerMillisecond);
  }
}

}  // namespace capstan::traffic
