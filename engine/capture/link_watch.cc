#include "engine/capture/link_watch.h"

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include "engine/core/errors.h"

namespace capstan {

namespace {

constexpr unsigned kLowerUp = 1U << 16;  // IFF_LOWER_UP, which <net/if.h> lacks
constexpr int kLearnTimeoutMs = 2000;

using Attributes = std::array<const nlattr*, IFLA_MAX + 1>;

int remember_attribute(const nlattr* attribute, void* into) {
  const std::uint16_t type = mnl_attr_get_type(attribute);
  if (type <= IFLA_MAX) (*static_cast<Attributes*>(into))[type] = attribute;
  return MNL_CB_OK;
}

std::string text_of(const nlattr* attribute) {
  return attribute != nullptr && mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0
             ? mnl_attr_get_str(attribute)
             : std::string();
}

std::uint32_t number_of(const nlattr* attribute) {
  return attribute != nullptr && mnl_attr_validate(attribute, MNL_TYPE_U32) >= 0
             ? mnl_attr_get_u32(attribute)
             : 0;
}

LinkFacts facts_of(const ifinfomsg& info, const Attributes& attributes) {
  LinkFacts facts;
  facts.index = info.ifi_index;
  facts.name = text_of(attributes[IFLA_IFNAME]);
  facts.hardware_type = info.ifi_type;
  facts.up = (info.ifi_flags & IFF_UP) != 0;
  facts.carrier = (info.ifi_flags & kLowerUp) != 0;
  facts.mtu = number_of(attributes[IFLA_MTU]);
  facts.master_index = static_cast<int>(number_of(attributes[IFLA_MASTER]));
  if (attributes[IFLA_LINKINFO] != nullptr) {
    Attributes nested{};
    mnl_attr_parse_nested(attributes[IFLA_LINKINFO], remember_attribute, &nested);
    facts.master_kind = text_of(nested[IFLA_INFO_SLAVE_KIND]);
  }
  return facts;
}

}  // namespace

LinkWatch::LinkWatch() : socket_(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK)) {
  if (socket_ == nullptr) throw_errno("open a netlink socket to watch the links");
  if (mnl_socket_bind(socket_, RTMGRP_LINK, MNL_SOCKET_AUTOPID) != 0) {
    const int error = errno;
    mnl_socket_close(socket_);
    throw_system_error(error, "subscribe to link changes");
  }
}

LinkWatch::~LinkWatch() { mnl_socket_close(socket_); }

int LinkWatch::descriptor() const noexcept { return mnl_socket_get_fd(socket_); }

void LinkWatch::learn() {
  request_dump();
  while (dump_ != 0 || dump_wanted_) {
    pollfd wait{descriptor(), POLLIN, 0};
    if (::poll(&wait, 1, kLearnTimeoutMs) <= 0) throw_errno("ask the kernel for the links' state");
    take_events();
  }
}

void LinkWatch::request_dump() noexcept {
  alignas(nlmsghdr) char buffer[256];
  nlmsghdr* const header = mnl_nlmsg_put_header(buffer);
  header->nlmsg_type = RTM_GETLINK;
  header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  header->nlmsg_seq = ++last_dump_;
  auto* const info = static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(header, sizeof(ifinfomsg)));
  info->ifi_family = AF_UNSPEC;
  dump_wanted_ = mnl_socket_sendto(socket_, header, header->nlmsg_len) < 0;
  dump_ = dump_wanted_ ? 0 : last_dump_;
  dump_begun_ = false;
}

std::vector<LinkEvent> LinkWatch::take_events() {
  std::vector<LinkEvent> events;
  if (dump_wanted_) request_dump();
  alignas(nlmsghdr) char buffer[32768];  // what a dump sends at once at most
  while (true) {
    const ssize_t received = mnl_socket_recvfrom(socket_, buffer, sizeof(buffer));
    if (received < 0 && errno == EINTR) continue;
    if (received < 0 && errno == ENOBUFS) {  // messages were lost: ask how things stand
      request_dump();
      continue;
    }
    if (received <= 0) return events;
    int left = static_cast<int>(received);
    for (const auto* header = reinterpret_cast<const nlmsghdr*>(buffer); mnl_nlmsg_ok(header, left);
         header = mnl_nlmsg_next(header, &left)) {
      on_message(header, events);
    }
  }
}

void LinkWatch::on_message(const nlmsghdr* header, std::vector<LinkEvent>& events) {
  const auto append = [&events](std::vector<LinkEvent> more) {
    std::move(more.begin(), more.end(), std::back_inserter(events));
  };
  if (header->nlmsg_seq == dump_ && dump_ != 0) {
    // Only now: what was queued in front of the answer is older than it.
    if (!dump_begun_ && header->nlmsg_type != NLMSG_ERROR) states_.begin_dump();
    dump_begun_ = true;
    const bool interrupted = (header->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
    if (header->nlmsg_type == NLMSG_ERROR || header->nlmsg_type == NLMSG_DONE) {
      dump_ = 0;
      if (interrupted || header->nlmsg_type == NLMSG_ERROR) return request_dump();
      return append(states_.end_dump());
    }
  }
  if (header->nlmsg_type != RTM_NEWLINK && header->nlmsg_type != RTM_DELLINK) return;
  if (mnl_nlmsg_get_payload_len(header) < sizeof(ifinfomsg)) return;
  const auto& info = *static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(header));
  // A bridge announces its ports with messages of family AF_BRIDGE, whose DELLINK only says that
  // the port left the bridge.
  if (info.ifi_family != AF_UNSPEC) return;
  Attributes attributes{};
  mnl_attr_parse(header, sizeof(ifinfomsg), remember_attribute, &attributes);
  if (header->nlmsg_type == RTM_DELLINK) {
    // Only a move to another network namespace has these.
    const bool moved = attributes[IFLA_NEW_NETNSID] != nullptr;
    return append(states_.remove(info.ifi_index, moved));
  }
  append(states_.update(facts_of(info, attributes)));
}

}  // namespace capstan
