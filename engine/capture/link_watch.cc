#include "engine/capture/link_watch.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "engine/core/errors.h"

// The kernel's NLMSG_* and RTA_* macros are written in C.
#pragma GCC diagnostic ignored "-Wold-style-cast"

namespace capstan {

namespace {

std::string name_attribute(const nlmsghdr* header) {
  const auto* info = static_cast<const ifinfomsg*>(NLMSG_DATA(header));
  auto* attribute = reinterpret_cast<const rtattr*>(reinterpret_cast<const char*>(info) +
                                                    NLMSG_ALIGN(sizeof(ifinfomsg)));
  auto left =
      static_cast<int>(header->nlmsg_len) - static_cast<int>(NLMSG_SPACE(sizeof(ifinfomsg)));
  for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
    if (attribute->rta_type == IFLA_IFNAME) {
      const auto* text = static_cast<const char*>(RTA_DATA(attribute));
      return std::string(text, ::strnlen(text, RTA_PAYLOAD(attribute)));
    }
  }
  return {};
}

}  // namespace

LinkWatch::LinkWatch()
    : fd_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE)) {
  if (!fd_) throw_errno("open a netlink socket to watch the links");
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = RTMGRP_LINK;
  if (::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    throw_errno("subscribe to link changes");
  }
}

void LinkWatch::watch(int interface_index, const std::string& name) {
  if (interface_index == 0) return;  // "any" cannot vanish
  const bool known = std::any_of(links_.begin(), links_.end(),
                                 [&](const Link& link) { return link.index == interface_index; });
  if (!known) links_.push_back({interface_index, name, name, true, false});
}

std::vector<LinkEvent> LinkWatch::take_events() {
  std::vector<LinkEvent> events;
  alignas(nlmsghdr) char buffer[16384];
  while (true) {
    const ssize_t received = ::recv(fd_.get(), buffer, sizeof(buffer), 0);
    if (received <= 0) break;
    auto left = static_cast<unsigned>(received);
    for (auto* header = reinterpret_cast<const nlmsghdr*>(buffer); NLMSG_OK(header, left);
         header = NLMSG_NEXT(header, left)) {
      if (header->nlmsg_type == RTM_NEWLINK || header->nlmsg_type == RTM_DELLINK) {
        on_message(header, events);
      }
    }
  }
  return events;
}

void LinkWatch::on_message(const void* message, std::vector<LinkEvent>& events) {
  const auto* header = static_cast<const nlmsghdr*>(message);
  if (header->nlmsg_len < NLMSG_SPACE(sizeof(ifinfomsg))) return;
  const auto* info = static_cast<const ifinfomsg*>(NLMSG_DATA(header));
  // A bridge announces its ports with messages of family AF_BRIDGE, whose DELLINK only says that
  // the port left the bridge.
  if (info->ifi_family != AF_UNSPEC) return;
  const auto link = std::find_if(links_.begin(), links_.end(),
                                 [&](const Link& l) { return l.index == info->ifi_index; });
  if (link == links_.end() || link->gone) return;
  if (header->nlmsg_type == RTM_DELLINK) {
    link->gone = true;
    events.push_back({link->opened_as, LinkChange::kGone, {}});
    return;
  }
  const std::string name = name_attribute(header);
  if (!name.empty() && name != link->name) {
    link->name = name;
    events.push_back({link->opened_as, LinkChange::kRenamed, name});
  }
  const bool up = (info->ifi_flags & IFF_UP) != 0;
  if (up != link->up) {
    link->up = up;
    events.push_back({link->opened_as, up ? LinkChange::kUp : LinkChange::kDown, {}});
  }
}

bool LinkWatch::all_gone() const noexcept {
  return !links_.empty() &&
         std::all_of(links_.begin(), links_.end(), [](const Link& link) { return link.gone; });
}

}  // namespace capstan
