// Connections of a FeedServer: who comes, who is connected to, who goes.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "tools/common/listening.h"
#include "tools/common/log.h"
#include "tools/common/units.h"
#include "tools/feed/feed_server.h"
#include "tools/feed/feed_sockets.h"

namespace capstan::tools {

namespace {

constexpr int kBacklog = 64;
constexpr std::uint64_t kTryAgainNs = kNanosecondsPerSecond;
constexpr std::size_t kReceivedBytes = std::size_t{64} << 10;

}  // namespace

bool FeedServer::watch(int fd, std::uint32_t events) noexcept {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  return ::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

// Who waits to be accepted would make each epoll_wait return at once.
void FeedServer::pause_listening() noexcept {
  for (const UniqueFd& listener : listeners_) {
    static_cast<void>(::epoll_ctl(poll_.get(), EPOLL_CTL_DEL, listener.get(), nullptr));
  }
  listening_ = false;
  listens_again_ns_ = monotonic_clock_ns() + kTryAgainNs;
}

void FeedServer::listen_again() noexcept {
  listening_ = true;
  for (const UniqueFd& listener : listeners_) {
    if (!watch(listener.get(), EPOLLIN)) return pause_listening();
  }
}

void FeedServer::open_listener(const TcpAddress& address, const FeedTarget& target) {
  UniqueFd socket = listening_socket(address.family());
  if (!socket) throw_errno(fmt::format("a socket for -w {}", target.text));
  const int error = begin_listening(socket.get(), address, kBacklog);
  if (error == 0) {
    if (!watch(socket.get(), EPOLLIN)) throw_errno("epoll_ctl");
    listeners_.push_back(std::move(socket));
    return;
  }
  if (!may_listen_later(error)) {
    throw UsageError(fmt::format("-w {}: {}", target.text, errno_text(error)));
  }
  standard_log().write(LogLevel::kWarning,
                       fmt::format("{}: {}; it is tried again every second, and until then nobody "
                                   "gets the recording from there",
                                   target.text, errno_text(error)));
  waiting_.push_back({std::move(socket), address, target.text});
}

void FeedServer::look_at_waiting(std::uint64_t now_ns) {
  if (waiting_.empty() || now_ns < waiting_try_ns_) return;
  waiting_try_ns_ = now_ns + kTryAgainNs;
  std::erase_if(waiting_, [this](Waiting& waiting) {
    if (begin_listening(waiting.socket.get(), waiting.address, kBacklog) != 0) return false;
    standard_log().write(LogLevel::kNotice,
                         fmt::format("{}: it is listened on now", waiting.target));
    listeners_.push_back(std::move(waiting.socket));
    if (listening_ && !watch(listeners_.back().get(), EPOLLIN)) pause_listening();
    return true;
  });
}

void FeedServer::accept_from(int listener) {
  while (true) {
    TcpAddress from;
    from.size = sizeof(from.storage);
    UniqueFd socket(::accept4(listener, from.get(), &from.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno != EAGAIN) pause_listening();
      return;
    }
    const bool allowed =
        options_.allowed.empty() ||
        std::any_of(options_.allowed.begin(), options_.allowed.end(),
                    [&](const AddressRange& range) { return range.contains(from); });
    std::string why;
    if (!allowed) {
      why = "no --allow names it";
    } else if (clients_.size() >= kMostClients) {
      why = fmt::format("there are {} already", kMostClients);
    } else {
      const int error = add_client(std::move(socket), from.text());
      if (error == 0) continue;
      why = errno_text(error);
    }
    counters_.refused.add(1);
    if (refusal_said_) continue;
    refusal_said_ = true;
    standard_log().write(
        LogLevel::kWarning,
        fmt::format("a connection from {} was refused: {}; further ones are counted only",
                    from.text(), why));
  }
}

FeedServer::Outgoing FeedServer::outgoing_to(const FeedTarget& target) {
  Outgoing outgoing;
  outgoing.target = &target;
  int error = 0;
  for (const TcpAddress& address : target.addresses) {
    UniqueFd& socket = outgoing.sockets[address.family()];
    if (!socket) socket = socket_for(address);
    if (socket) {
      outgoing.addresses.push_back(address);
    } else {
      error = errno;
    }
  }
  if (target.addresses.empty()) {  // of which family it will be is not known
    for (const int family : {AF_INET, AF_INET6}) {
      TcpAddress address;
      address.storage.ss_family = static_cast<sa_family_t>(family);
      UniqueFd socket = socket_for(address);
      if (!socket) error = errno;
      if (socket) outgoing.sockets[family] = std::move(socket);
    }
  }
  if (outgoing.sockets.empty() || (outgoing.addresses.empty() && !target.addresses.empty())) {
    throw_system_error(error, fmt::format("a socket for -w {}", target.text));
  }
  return outgoing;
}

void FeedServer::look_at_outgoing(std::uint64_t now_ns) {
  for (Outgoing& outgoing : outgoing_) {
    if (outgoing.addresses.empty() || outgoing.connected || now_ns < outgoing.next_try_ns) continue;
    int error = 0;
    const Connecting state =
        outgoing.under_way
            ? look_at_connect(outgoing.socket(), error)
            : begin_connect(outgoing.socket(), outgoing.addresses[outgoing.at], error);
    outgoing.under_way = state == Connecting::kUnderWay;
    if (state == Connecting::kThere) {
      UniqueFd socket(::fcntl(outgoing.socket(), F_DUPFD_CLOEXEC, 3));
      error = socket ? add_client(std::move(socket), outgoing.target->text) : errno;
      outgoing.connected = error == 0;
      if (outgoing.connected) outgoing.failure_said = false;
    }
    if (error != 0 && !outgoing.under_way) try_next(outgoing, now_ns, error);
  }
}

void FeedServer::take_addresses() {
  if (looked_up_.empty()) return;
  while (std::optional<FeedLookup::Found> found = lookup_->take()) {
    Outgoing& outgoing = outgoing_[looked_up_[found->name]];
    outgoing.addresses = std::move(found->addresses);
    standard_log().write(LogLevel::kNotice,
                         fmt::format("{}: its name is known now: {}", outgoing.target->text,
                                     outgoing.addresses.front().host_text()));
  }
}

// The next address at once, the first one after a second.
void FeedServer::try_next(Outgoing& outgoing, std::uint64_t now_ns, int error) {
  disconnect(outgoing.socket());
  outgoing.at = (outgoing.at + 1) % outgoing.addresses.size();
  if (outgoing.at != 0) return;
  outgoing.next_try_ns = now_ns + kTryAgainNs;
  if (!outgoing.failure_said) {
    standard_log().write(LogLevel::kWarning, fmt::format("{}: {}; it is tried again every second",
                                                         outgoing.target->text, errno_text(error)));
  }
  outgoing.failure_said = true;
}

int FeedServer::add_client(UniqueFd socket, std::string name) {
  set_up_connection(socket.get());
  if (!watch(socket.get(), EPOLLOUT | EPOLLET)) return errno;
  clients_.push_back(std::make_unique<FeedClient>(std::move(socket), std::move(name), stream_head(),
                                                  *buffer_, queues_.size()));
  counters_.clients.add(1);
  return 0;
}

// How a client fared is said when it missed something; who comes and goes otherwise is only
// counted.
void FeedServer::remove_client(FeedClient& client) {
  count_sent(client);
  counters_.packets_lost.add(client.counts().lost);
  if (client.counts().lost != 0) {
    standard_log().write(
        LogLevel::kNotice,
        fmt::format("{} got {} packets and missed {}: it took them too slowly. The recording has "
                    "them",
                    client.name(), grouped(client.counts().sent), grouped(client.counts().lost)));
  }
  for (Outgoing& outgoing : outgoing_) {
    if (!outgoing.connected || outgoing.target->text != client.name()) continue;
    outgoing.connected = false;
    outgoing.next_try_ns = monotonic_clock_ns() + kTryAgainNs;
    if (!client.finished()) disconnect(outgoing.socket());
  }
  static_cast<void>(::epoll_ctl(poll_.get(), EPOLL_CTL_DEL, client.descriptor(), nullptr));
  if (client.finished()) {
    static_cast<void>(::shutdown(client.descriptor(), SHUT_WR));
    // What it has sent us and nobody read would make the end a reset, which overtakes the data.
    char unread[kReceivedBytes];
    static_cast<void>(::recv(client.descriptor(), unread, sizeof(unread), MSG_DONTWAIT));
  }
  std::erase_if(clients_, [&](const auto& one) { return one.get() == &client; });
}

}  // namespace capstan::tools
