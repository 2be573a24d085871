#include "tools/dial/dial_pool.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>

#include "engine/core/errors.h"
#include "tools/common/units.h"
#include "tools/dial/dial_line.h"

namespace capstan::dial {

namespace {

constexpr int kEvents = 64;
constexpr std::uint64_t kPauseNs = kNanosecondsPerSecond;
// A sensor whose last connection was given away dials another one at once.
constexpr std::uint64_t kExpectedNs = 30 * kNanosecondsPerSecond;

std::uint64_t since(std::uint64_t then_ns, std::uint64_t now_ns) noexcept {
  return now_ns - std::min(now_ns, then_ns);
}

bool is_alive(int socket) noexcept {
  char byte = 0;
  return ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

}  // namespace

DialPool::DialPool(UniqueFd listening, DialLimits limits)
    : limits_(limits),
      started_ns_(monotonic_clock_ns()),
      listening_(std::move(listening)),
      poll_(::epoll_create1(EPOLL_CLOEXEC)) {
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
    if (one->name.empty() && since(one->since_ns, now_ns) >= limits_.line_ns) {
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
        connections_.end(), Connection{std::move(socket), from.host_text(), {}, {}, now_ns});
    by_socket_[number] = one;
    ++without_name_;
    const std::size_t of_address = ++by_address_[one->address];
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
  auto sensor = sensors_.find(name);
  if (sensor == sensors_.end()) {
    if (sensors_.size() >= limits_.names && !make_room_for_name())
      return "there are too many names";
    sensor = sensors_.try_emplace(name).first;
  }
  if (sensor->second.waiting >= limits_.a_name) return "enough connections of your name wait";
  const auto same = std::count_if(
      connections_.begin(), connections_.end(),
      [&](const Connection& one) { return one.name == name && one.address == connection.address; });
  if (static_cast<std::size_t>(same) >= limits_.a_name_an_address) {
    return "enough connections of your name and address wait";
  }
  connection.name = name;
  connection.line.clear();
  --without_name_;
  ++sensor->second.waiting;
  ++counts_.waiting;
  sensor->second.last_ns = now_ns;
  return {};
}

// Forgets the name that was there last the longest time ago.
bool DialPool::make_room_for_name() {
  auto oldest = sensors_.end();
  for (auto one = sensors_.begin(); one != sensors_.end(); ++one) {
    if (one->second.waiting != 0) continue;
    if (oldest == sensors_.end() || one->second.last_ns < oldest->second.last_ns) oldest = one;
  }
  if (oldest == sensors_.end()) return false;
  sensors_.erase(oldest);
  return true;
}

DialPool::Connections::iterator DialPool::drop(Connections::iterator one, std::uint64_t now_ns) {
  if (one->name.empty()) {
    --without_name_;
  } else {
    Sensor& sensor = sensors_[one->name];
    --sensor.waiting;
    sensor.last_ns = now_ns;
    --counts_.waiting;
  }
  const auto address = by_address_.find(one->address);
  if (--address->second == 0) by_address_.erase(address);
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

UniqueFd DialPool::take(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t now_ns = monotonic_clock_ns();
  const auto sensor = sensors_.find(name);
  while (sensor != sensors_.end() && sensor->second.waiting != 0) {
    // The newest is the likeliest to be alive still; of another address than the last one's first.
    auto best = connections_.end();
    for (auto one = connections_.begin(); one != connections_.end(); ++one) {
      if (one->name != name) continue;
      const bool has_turn = one->address != sensor->second.last_given;
      if (best == connections_.end() || has_turn || best->address == sensor->second.last_given) {
        best = one;
      }
    }
    const bool alive = is_alive(best->socket.get());
    sensor->second.last_given = best->address;
    static_cast<void>(::epoll_ctl(poll_.get(), EPOLL_CTL_DEL, best->socket.get(), nullptr));
    by_socket_.erase(best->socket.get());
    UniqueFd socket = std::move(best->socket);
    drop(best, now_ns);
    ++(alive ? counts_.given : counts_.ended);
    if (alive) return socket;
  }
  return {};
}

bool DialPool::is_expected(const std::string& name, std::uint64_t now_ns) const {
  const std::lock_guard lock(mutex_);
  const auto sensor = sensors_.find(name);
  return sensor != sensors_.end() && since(sensor->second.last_ns, now_ns) < kExpectedNs;
}

std::string DialPool::absence(const std::string& name, std::uint64_t now_ns) const {
  const std::lock_guard lock(mutex_);
  const auto sensor = sensors_.find(name);
  const auto time = [now_ns](std::uint64_t then_ns) {
    return tools::local_time(wall_clock_ns() - since(then_ns, now_ns));
  };
  if (sensor == sensors_.end()) {
    return fmt::format("it did not dial in since the central `capstan serve` began, {}",
                       time(started_ns_));
  }
  return fmt::format("none of its connections is left, and it did not dial in since {}",
                     time(sensor->second.last_ns));
}

std::vector<DialPool::Seen> DialPool::seen(std::uint64_t now_ns) const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, std::set<std::string>> addresses;
  for (const Connection& one : connections_) {
    if (!one.name.empty()) addresses[one.name].insert(one.address);
  }
  std::vector<Seen> all;
  for (const auto& [name, sensor] : sensors_) {
    Seen one;
    one.name = name;
    one.waiting = sensor.waiting;
    if (sensor.waiting == 0) {
      one.last_s_ago = since(sensor.last_ns, now_ns) / kNanosecondsPerSecond;
    }
    one.addresses.assign(addresses[name].begin(), addresses[name].end());
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace capstan::dial
