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
constexpr int kAnswerTimeoutMs = 2000;
constexpr std::size_t kMessageBytes = 32768;  // what a list sends at once at most
constexpr int kListTries = 3;
// Of messages: what is left waits for the next call, so that a storm without end ends the call.
constexpr int kMostAtOnce = 2000;

// Of newer kernels' headers (IPv4 BIG TCP, Linux 6.3).
constexpr std::uint16_t kGsoIpv4MaxSize = 63;
constexpr std::uint16_t kGroIpv4MaxSize = 64;
constexpr std::uint16_t kMostAttribute = std::max<std::uint16_t>(IFLA_MAX, kGroIpv4MaxSize);
using Attributes = std::array<const nlattr*, kMostAttribute + 1>;

int remember_attribute(const nlattr* attribute, void* into) {
  const std::uint16_t type = mnl_attr_get_type(attribute);
  if (type <= kMostAttribute) (*static_cast<Attributes*>(into))[type] = attribute;
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

const ifinfomsg& link_of(const nlmsghdr& message) {
  return *static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(&message));
}

// A bridge announces its ports with messages of family AF_BRIDGE, whose DELLINK only says that the
// port left the bridge.
bool is_about_link(const nlmsghdr& message) {
  return mnl_nlmsg_get_payload_len(&message) >= sizeof(ifinfomsg) &&
         link_of(message).ifi_family == AF_UNSPEC;
}

std::optional<LinkFacts> facts_of(const nlmsghdr& message) {
  if (message.nlmsg_type != RTM_NEWLINK || !is_about_link(message)) return std::nullopt;
  const ifinfomsg& info = link_of(message);
  Attributes attributes{};
  mnl_attr_parse(&message, sizeof(ifinfomsg), remember_attribute, &attributes);
  LinkFacts facts;
  facts.index = info.ifi_index;
  facts.name = text_of(attributes[IFLA_IFNAME]);
  facts.hardware_type = info.ifi_type;
  facts.up = (info.ifi_flags & IFF_UP) != 0;
  facts.carrier = (info.ifi_flags & kLowerUp) != 0;
  facts.mtu = number_of(attributes[IFLA_MTU]);
  for (const std::uint16_t limit :
       {std::uint16_t{IFLA_GSO_MAX_SIZE}, std::uint16_t{IFLA_GRO_MAX_SIZE}, kGsoIpv4MaxSize,
        kGroIpv4MaxSize}) {
    facts.largest_segments = std::max(facts.largest_segments, number_of(attributes[limit]));
  }
  facts.master_index = static_cast<int>(number_of(attributes[IFLA_MASTER]));
  if (attributes[IFLA_LINKINFO] != nullptr) {
    Attributes nested{};
    mnl_attr_parse_nested(attributes[IFLA_LINKINFO], remember_attribute, &nested);
    facts.master_kind = text_of(nested[IFLA_INFO_SLAVE_KIND]);
  }
  return facts;
}

}  // namespace

LinkWatch::LinkWatch() : changes_(RTMGRP_LINK), questions_(0) {}

LinkWatch::Socket::Socket(unsigned groups)
    : socket_(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK)) {
  if (socket_ == nullptr) throw_errno("open a netlink socket to watch the links");
  if (mnl_socket_bind(socket_, groups, MNL_SOCKET_AUTOPID) != 0) {
    const int error = errno;
    mnl_socket_close(socket_);
    throw_system_error(error, "subscribe to link changes");
  }
}

LinkWatch::Socket::~Socket() { mnl_socket_close(socket_); }

int LinkWatch::descriptor() const noexcept { return mnl_socket_get_fd(changes_.get()); }

void LinkWatch::learn() {
  std::vector<LinkEvent> nothing_yet;
  const int error = look_at_all(nothing_yet);
  if (error != 0) throw_system_error(error, "ask the kernel for the links' state");
}

// Sends a request on the socket for questions, and gives every answer to `take`, which says whether
// more is to come. 0, or what the kernel refused it with.
template <typename Take>
int LinkWatch::ask(int interface_index, Take take) {
  alignas(nlmsghdr) char request[256];
  nlmsghdr* const head = mnl_nlmsg_put_header(request);
  head->nlmsg_type = RTM_GETLINK;
  head->nlmsg_flags =
      static_cast<std::uint16_t>(NLM_F_REQUEST | (interface_index == 0 ? NLM_F_DUMP : 0));
  head->nlmsg_seq = ++last_question_;
  auto* const info = static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(head, sizeof(ifinfomsg)));
  info->ifi_family = AF_UNSPEC;
  info->ifi_index = interface_index;
  if (mnl_socket_sendto(questions_.get(), head, head->nlmsg_len) < 0) return errno;
  alignas(nlmsghdr) char buffer[kMessageBytes];
  while (true) {
    const ssize_t received = mnl_socket_recvfrom(questions_.get(), buffer, sizeof(buffer));
    if (received < 0 && errno == EINTR) continue;
    if (received < 0 && errno == EAGAIN) {  // the kernel answers within the call that asks
      pollfd wait{mnl_socket_get_fd(questions_.get()), POLLIN, 0};
      const int ready = ::poll(&wait, 1, kAnswerTimeoutMs);
      if (ready > 0 || (ready < 0 && errno == EINTR)) continue;
      return ready == 0 ? ETIMEDOUT : errno;
    }
    if (received <= 0) return received < 0 ? errno : EIO;
    int left = static_cast<int>(received);
    for (const auto* message = reinterpret_cast<const nlmsghdr*>(buffer);
         mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
      if (message->nlmsg_seq != last_question_) continue;  // of a question that was given up
      if (message->nlmsg_type == NLMSG_ERROR) {
        return -static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(message))->error;
      }
      if (!take(*message)) return 0;
    }
  }
}

// EINTR: links came or went meanwhile, so that one may be missing; the others are as said.
int LinkWatch::list_links(std::vector<LinkFacts>& links) {
  links.clear();
  bool interrupted = false;
  const int error = ask(0, [&](const nlmsghdr& message) {
    interrupted = interrupted || (message.nlmsg_flags & NLM_F_DUMP_INTR) != 0;
    if (message.nlmsg_type == NLMSG_DONE) return false;
    if (const std::optional<LinkFacts> facts = facts_of(message)) links.push_back(*facts);
    return true;
  });
  return error == 0 && interrupted ? EINTR : error;
}

// Compares what there is with what is known. Where links come and go faster than they are listed,
// what was listed counts, and what was not is asked for by itself: this always ends.
int LinkWatch::look_at_all(std::vector<LinkEvent>& events) {
  const auto append = [&events](std::vector<LinkEvent> more) {
    std::move(more.begin(), more.end(), std::back_inserter(events));
  };
  std::vector<LinkFacts> links;
  int error = EINTR;
  for (int attempt = 0; attempt < kListTries && error == EINTR; ++attempt) {
    error = list_links(links);
  }
  if (error != 0 && error != EINTR) return error;
  if (error == 0) {
    states_.begin_dump();
    for (const LinkFacts& link : links) states_.update(link);
    append(states_.end_dump());
    return 0;
  }
  for (const LinkFacts& link : links) append(states_.update(link));
  std::vector<int> watched;
  for (const WatchedLink& link : states_.links()) {
    if (!link.gone) watched.push_back(link.now.index);
  }
  for (const int index : watched) {
    const int refused = ask(index, [&](const nlmsghdr& message) {
      if (const std::optional<LinkFacts> facts = facts_of(message)) append(states_.update(*facts));
      return false;
    });
    if (refused == ENODEV) append(states_.remove(index, false));
    if (refused != 0 && refused != ENODEV) return refused;
  }
  return 0;
}

std::vector<LinkEvent> LinkWatch::take_events() {
  std::vector<LinkEvent> events;
  alignas(nlmsghdr) char buffer[kMessageBytes];
  for (int messages = 0; messages < kMostAtOnce; ++messages) {
    const ssize_t received = mnl_socket_recvfrom(changes_.get(), buffer, sizeof(buffer));
    if (received < 0 && errno == EINTR) continue;
    if (received < 0 && errno == ENOBUFS) {  // more changed than the socket holds
      missed_some_ = true;
      continue;
    }
    if (received <= 0) break;
    int left = static_cast<int>(received);
    for (const auto* header = reinterpret_cast<const nlmsghdr*>(buffer); mnl_nlmsg_ok(header, left);
         header = mnl_nlmsg_next(header, &left)) {
      on_message(header, events);
    }
  }
  // Only now: what was queued is older than the answer.
  if (missed_some_) missed_some_ = look_at_all(events) != 0;
  return events;
}

void LinkWatch::on_message(const nlmsghdr* header, std::vector<LinkEvent>& events) {
  const auto append = [&events](std::vector<LinkEvent> more) {
    std::move(more.begin(), more.end(), std::back_inserter(events));
  };
  if (header->nlmsg_type == RTM_NEWLINK) {
    if (const std::optional<LinkFacts> facts = facts_of(*header)) append(states_.update(*facts));
  } else if (header->nlmsg_type == RTM_DELLINK && is_about_link(*header)) {
    // Only a move to another network namespace has these.
    Attributes attributes{};
    mnl_attr_parse(header, sizeof(ifinfomsg), remember_attribute, &attributes);
    const bool moved = attributes[IFLA_NEW_NETNSID] != nullptr;
    append(states_.remove(link_of(*header).ifi_index, moved));
  }
}

}  // namespace capstan
