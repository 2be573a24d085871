#include "tools/dial/dial_pool.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "engine/core/errors.h"
#include "tools/dial/dial_line.h"

namespace capstan::dial {

namespace {

constexpr int kEvents = 64;
constexpr std::uint64_t kPauseNs = kNanosecondsPerSecond;

bool is_alive(int socket) noexcept {
  char byte = 0;
  return ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

}  // namespace

DialPool::DialPool(UniqueFd listening, DialLimits limits)
    : limits_(limits),
      listening_(std::move(listening)),
      poll_(::epoll_create1(EPOLL_CLOEXEC)),
      names_(limits.names, monotonic_clock_ns()) {
  if (!poll_ || !watch(poll_.get(), listening_.get(), EPOLLIN)) throw_errno("make an epoll");
}

DialPool::Counts DialPool::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

void DialPool::serve(std::uint64_t now_ns) {
  const std::lock_guard lock(mutex_);
  std::array<epoll_event, kEvents> events{};
  const int count = ::epoll_wait(poll_.get(), events.data(), kEvents, 0);
  bool comes = false;
  for (int i = 0; i < count; ++i) {
    const int socket = events[static_cast<std::size_t>(i)].data.fd;
    if (socket == listening_.get()) {
      comes = true;
    } else {
      on_event(socket, now_ns);
    }
  }
  for (auto one = connections_.begin(); one != connections_.end() && without_name_ != 0;) {
    const auto next = std::next(one);
    const std::uint64_t age_ns = now_ns - std::min(now_ns, one->since_ns);
    if (one->name.empty() && age_ns >= limits_.line_ns) {
      ++counts_.no_line;
      refuse(one, "your line did not come", now_ns);
    }
    one = next;
  }
  if (pause_until_ns_ != 0 && now_ns >= pause_until_ns_) listen_again(now_ns);
  // Last: a new connection may have the number of one that was just closed.
  if (comes) accept_all(now_ns);
}

void DialPool::listen_again(std::uint64_t now_ns) {
  pause_until_ns_ = watch(poll_.get(), listening_.get(), EPOLLIN) ? 0 : now_ns + kPauseNs;
}

void DialPool::accept_all(std::uint64_t now_ns) {
  for (int i = 0; i < kEvents; ++i) {
    TcpAddress from;
    from.size = sizeof(from.storage);
    UniqueFd socket(
        ::accept4(listening_.get(), from.get(), &from.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno == EAGAIN) return;
      // No descriptors: who waits to be accepted would make each epoll_wait return at once.
      static_cast<void>(::epoll_ctl(poll_.get(), EPOLL_CTL_DEL, listening_.get(), nullptr));
      pause_until_ns_ = now_ns + kPauseNs;
      return;
    }
    ++counts_.accepted;
    keep_alive(socket.get());
    const int number = socket.get();
    const auto one = connections_.insert(
        connections_.end(),
        Connection{std::move(socket), from.host_text(), from.network_text(), {}, {}, now_ns});
    by_socket_[number] = one;
    ++without_name_;
    const std::size_t of_address = ++by_network_[one->network];
    std::string why;
    if (connections_.size() > limits_.connections) why = "there are too many connections";
    if (without_name_ > limits_.without_name) why = "too many connections have said no name";
    if (of_address > limits_.an_address) why = "there are too many connections from your address";
    if (why.empty() && !watch(poll_.get(), number, EPOLLIN | EPOLLRDHUP)) why = "no memory";
    if (why.empty()) continue;
    ++counts_.too_many;
    refuse(one, why, now_ns);
  }
}

void DialPool::on_event(int socket, std::uint64_t now_ns) {
  const auto found = by_socket_.find(socket);
  if (found == by_socket_.end()) return;
  const Connections::iterator one = found->second;
  if (one->name.empty()) return read_line(one, now_ns);
  // Who waits says nothing: it has ended, or is no sensor.
  char byte = 0;
  const ssize_t count = ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  ++(count > 0 ? counts_.garbage : counts_.ended);
  drop(one, now_ns);
}

void DialPool::read_line(Connections::iterator one, std::uint64_t now_ns) {
  std::array<char, kLongestLine> bytes{};
  const std::size_t room = kLongestLine - one->line.size();
  const ssize_t count = ::recv(one->socket.get(), bytes.data(), room, MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count > 0) one->line.append(bytes.data(), static_cast<std::size_t>(count));
  const std::size_t end = one->line.find('\n');
  const bool is_open = count > 0 && end == std::string::npos && one->line.size() < kLongestLine;
  if (is_open) return;
  std::optional<std::string> name;
  if (end != std::string::npos && end + 1 == one->line.size()) {
    name = parse_greeting(std::string_view(one->line).substr(0, end));
  }
  if (!name) {
    ++counts_.garbage;
    return refuse(one, "this port is for `capstan serve --dial`", now_ns);
  }
  const std::string why = keep(*one, *name, now_ns);
  if (why.empty()) return;
  ++counts_.too_many;
  refuse(one, why, now_ns);
}

// Why it is not kept; empty: it is.
std::string DialPool::keep(Connection& connection, const std::string& name, std::uint64_t now_ns) {
  if (names_.waiting(name, connection.address) >= limits_.a_name_an_address) {
    return "enough connections of your name and address wait";
  }
  if (names_.waiting(name) >= limits_.a_name && !make_room(name, connection.address, now_ns)) {
    return "enough connections of your name wait";
  }
  if (!names_.came(name, connection.address, connection.network, now_ns)) {
    return "there are too many names";
  }
  connection.name = name;
  connection.line.clear();
  --without_name_;
  ++counts_.waiting;
  return {};
}

// False: nobody else's connection of that name is worth less.
bool DialPool::make_room(const std::string& name, const std::string& address,
                         std::uint64_t now_ns) {
  const std::string other = names_.who_makes_room(name, address, now_ns);
  if (other.empty()) return false;
  const auto one = std::find_if(
      connections_.begin(), connections_.end(),
      [&](const Connection& waits) { return waits.name == name && waits.address == other; });
  ++counts_.too_many;
  refuse(one, "another address that says your name has its turn", now_ns);
  return true;
}

DialPool::Connections::iterator DialPool::drop(Connections::iterator one, std::uint64_t now_ns) {
  if (one->name.empty()) {
    --without_name_;
  } else {
    names_.went(one->name, one->address, now_ns);
    --counts_.waiting;
  }
  const auto network = by_network_.find(one->network);
  if (--network->second == 0) by_network_.erase(network);
  if (one->socket) {
    by_socket_.erase(one->socket.get());
  }
  return connections_.erase(one);
}

// What has come is read before it is closed: else the reason would be overtaken by a reset.
void DialPool::refuse(Connections::iterator one, std::string_view why, std::uint64_t now_ns) {
  const std::string text = fmt::format("refused: {}\n", why);
  std::array<char, 4096> unread{};
  static_cast<void>(::recv(one->socket.get(), unread.data(), unread.size(), MSG_DONTWAIT));
  static_cast<void>(
      ::send(one->socket.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
  drop(one, now_ns);
}

DialPool::Taken DialPool::take(const std::string& name, const std::string& address) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t now_ns = monotonic_clock_ns();
  const auto wanted = [&](const Connection& one) {
    return one.name == name && (address.empty() || one.address == address);
  };
  while (names_.waiting(name) != 0) {
    // Of one address the newest, which is the likeliest to be alive still.
    auto best = connections_.end();
    DialNames::Turn best_turn;
    for (auto one = connections_.begin(); one != connections_.end(); ++one) {
      if (!wanted(*one)) continue;
      const DialNames::Turn turn = names_.turn(name, one->address, now_ns);
      if (best != connections_.end() && best_turn < turn) continue;
      best = one;
      best_turn = turn;
    }
    if (best == connections_.end()) return {};
    const bool alive = is_alive(best->socket.get());
    Taken taken;
    taken.address = best->address;
    names_.given(name, taken.address);
    static_cast<void>(::epoll_ctl(poll_.get(), EPOLL_CTL_DEL, best->socket.get(), nullptr));
    by_socket_.erase(best->socket.get());
    taken.socket = std::move(best->socket);
    drop(best, now_ns);
    ++(alive ? counts_.given : counts_.ended);
    if (!alive) continue;
    taken.sources = names_.sources(name, now_ns);
    return taken;
  }
  return {};
}

void DialPool::judge(const std::string& name, const std::string& address,
                     const std::string& instance) {
  const std::lock_guard lock(mutex_);
  names_.judge(name, address, instance, monotonic_clock_ns());
}

bool DialPool::is_expected(const std::string& name, std::uint64_t now_ns) const {
  const std::lock_guard lock(mutex_);
  return names_.is_expected(name, now_ns);
}

std::string DialPool::absence(const std::string& name, std::uint64_t now_ns) const {
  const std::lock_guard lock(mutex_);
  return names_.absence(name, now_ns);
}

std::vector<DialPool::Seen> DialPool::seen(std::uint64_t now_ns) const {
  const std::lock_guard lock(mutex_);
  return names_.seen(now_ns);
}

}  // namespace capstan::dial
