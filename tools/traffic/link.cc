#include "tools/traffic/link.h"

#include <fmt/format.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "engine/core/errors.h"
#include "engine/core/unique_fd.h"

namespace capstan::traffic {

namespace {

// The interface is named by its number or, when that is 0, by the attribute.
struct Request {
  nlmsghdr header;
  ifinfomsg link;
  rtattr attribute;
  char name[IFNAMSIZ];
};

template <typename Value>
Value read_value(const void* from) noexcept {
  Value value{};
  std::memcpy(&value, from, sizeof(value));
  return value;
}

// Calls `visit(type, data, size)` for each attribute in [data, data + size); rtnetlink(3).
template <typename Visit>
void for_each_attribute(const std::uint8_t* data, std::size_t size, const Visit& visit) {
  while (size >= sizeof(rtattr)) {
    const auto head = read_value<rtattr>(data);
    if (head.rta_len < sizeof(rtattr) || head.rta_len > size) return;
    visit(head.rta_type & NLA_TYPE_MASK, data + sizeof(rtattr), head.rta_len - sizeof(rtattr));
    const std::size_t step = (std::size_t{head.rta_len} + 3) / 4 * 4;
    if (step >= size) return;
    data += step;
    size -= step;
  }
}

void read_attribute(int type, const std::uint8_t* data, std::size_t size, LinkInfo& info) {
  if (type == IFLA_IFNAME && size > 0) {
    info.name.assign(reinterpret_cast<const char*>(data),
                     ::strnlen(reinterpret_cast<const char*>(data), size));
  } else if (type == IFLA_MTU && size >= 4) {
    info.mtu = read_value<std::uint32_t>(data);
  } else if (type == IFLA_LINK && size >= 4) {
    info.peer_ifindex = read_value<int>(data);
  } else if (type == IFLA_LINK_NETNSID && size >= 4) {
    info.peer_nsid = read_value<int>(data);
  } else if (type == IFLA_STATS64 && size >= offsetof(rtnl_link_stats64, multicast)) {
    rtnl_link_stats64 stats{};
    std::memcpy(&stats, data, std::min(size, sizeof(stats)));
    info.rx_packets = stats.rx_packets;
    info.tx_packets = stats.tx_packets;
    info.tx_dropped = stats.tx_dropped;
  } else if (type == IFLA_LINKINFO) {
    for_each_attribute(data, size,
                       [&info](int inner, const std::uint8_t* text, std::size_t length) {
                         if (inner != IFLA_INFO_KIND) return;
                         const char* const kind = reinterpret_cast<const char*>(text);
                         info.kind.assign(kind, ::strnlen(kind, length));
                       });
  }
}

UniqueFd open_route_socket() {
  UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!fd) throw_errno("socket(AF_NETLINK)");
  return fd;
}

LinkInfo ask(Request& request, const std::string& what) {
  const UniqueFd fd = open_route_socket();
  request.header.nlmsg_type = RTM_GETLINK;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  request.link.ifi_family = AF_UNSPEC;
  if (::send(fd.get(), &request, request.header.nlmsg_len, 0) < 0) throw_errno("send RTM_GETLINK");

  alignas(nlmsghdr) std::array<std::uint8_t, 32768> answer;
  const ssize_t received = ::recv(fd.get(), answer.data(), answer.size(), 0);
  if (received < 0) throw_errno("receive RTM_GETLINK");
  const auto size = static_cast<std::size_t>(received);
  const auto head = read_value<nlmsghdr>(answer.data());
  if (size >= sizeof(nlmsghdr) + sizeof(nlmsgerr) && head.nlmsg_type == NLMSG_ERROR) {
    const auto error = read_value<nlmsgerr>(answer.data() + sizeof(nlmsghdr));
    throw_system_error(-error.error, "RTM_GETLINK " + what);
  }
  constexpr std::size_t kFixed = sizeof(nlmsghdr) + sizeof(ifinfomsg);
  if (size < kFixed || head.nlmsg_type != RTM_NEWLINK || head.nlmsg_len > size) {
    throw_system_error(EBADMSG, "RTM_GETLINK " + what);
  }
  const auto link = read_value<ifinfomsg>(answer.data() + sizeof(nlmsghdr));
  LinkInfo info;
  info.ifindex = link.ifi_index;
  info.is_up = (link.ifi_flags & IFF_UP) != 0;
  info.is_loopback = (link.ifi_flags & IFF_LOOPBACK) != 0;
  info.is_ethernet = link.ifi_type == ARPHRD_ETHER || info.is_loopback;
  for_each_attribute(answer.data() + kFixed, head.nlmsg_len - kFixed,
                     [&info](int type, const std::uint8_t* data, std::size_t length) {
                       read_attribute(type, data, length, info);
                     });
  return info;
}

}  // namespace

LinkInfo read_link(const std::string& name) {
  Request request{};
  if (name.empty() || name.size() >= sizeof(request.name)) {
    throw UsageError(fmt::format("'{}' is no interface name: 1 to {} characters", name,
                                 sizeof(request.name) - 1));
  }
  request.header.nlmsg_len = sizeof(request);
  request.attribute.rta_len = sizeof(rtattr) + sizeof(request.name);
  request.attribute.rta_type = IFLA_IFNAME;
  std::copy(name.begin(), name.end(), request.name);
  try {
    return ask(request, name);
  } catch (const std::system_error& error) {
    if (error.code().value() != ENODEV) throw;
    throw UsageError(fmt::format("there is no interface '{}' in this network namespace", name));
  }
}

LinkInfo read_link(int ifindex) {
  Request request{};
  request.header.nlmsg_len = sizeof(nlmsghdr) + sizeof(ifinfomsg);
  request.link.ifi_index = ifindex;
  return ask(request, fmt::format("interface {}", ifindex));
}

}  // namespace capstan::traffic
