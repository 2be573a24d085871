#include "tools/dial/dialer.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "tools/common/log.h"
#include "tools/common/units.h"
#include "tools/dial/dial_line.h"

namespace capstan::dial {

namespace {

constexpr int kDialerEvents = 16;

std::string name_of(const TcpName& name) {
  const bool v6 = name.host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", name.host, v6 ? "]" : "", name.port);
}

}  // namespace

Dialer::Dialer(DialOptions options, HandOver hand_over)
    : options_(std::move(options)),
      hand_over_(std::move(hand_over)),
      poll_(::epoll_create1(EPOLL_CLOEXEC)),
      resolver_(options_.central),
      back_off_(monotonic_clock_ns()),
      allowance_(options_.burst) {
  if (!poll_ || !watch(poll_.get(), resolver_.descriptor(), EPOLLIN)) throw_errno("make an epoll");
}

Dialer::Counts Dialer::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

std::string Dialer::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

void Dialer::serve(std::uint64_t now_ns) {
  std::array<epoll_event, kDialerEvents> events{};
  const int count = ::epoll_wait(poll_.get(), events.data(), kDialerEvents, 0);
  for (int i = 0; i < count; ++i) {
    const int socket = events[static_cast<std::size_t>(i)].data.fd;
    if (socket == resolver_.descriptor()) {
      take_names(now_ns);
    } else {
      on_event(socket, now_ns);
    }
  }
  for (auto line = lines_.begin(); line != lines_.end();) {
    const auto one = line++;
    const std::uint64_t age_ns = now_ns - std::min(now_ns, one->since_ns);
    if (one->connected) {
      // Once: one that has settled says nothing about those that are refused beside it.
      const bool settles = !one->settled && age_ns >= options_.settled_ns;
      one->settled = one->settled || settles;
      if (settles) works();
    } else if (age_ns >= options_.connect_limit_ns) {
      const std::string who = one->central.text();
      lines_.erase(one);
      failed(now_ns, fmt::format("{} does not answer", who));
    }
  }
  dial(now_ns);
}

void Dialer::on_event(int socket, std::uint64_t now_ns) {
  const auto line = std::find_if(lines_.begin(), lines_.end(),
                                 [socket](const Line& one) { return one.socket.get() == socket; });
  if (line == lines_.end()) return;
  if (line->connected) {
    on_bytes(line, now_ns);
  } else {
    on_connected(line, now_ns);
  }
}

void Dialer::on_connected(Lines::iterator line, std::uint64_t now_ns) {
  int error = 0;
  socklen_t size = sizeof(error);
  static_cast<void>(::getsockopt(line->socket.get(), SOL_SOCKET, SO_ERROR, &error, &size));
  const std::string text = greeting(options_.sensor);
  // It fits into the empty buffer of a new connection.
  if (error == 0 && ::send(line->socket.get(), text.data(), text.size(), MSG_NOSIGNAL) !=
                        static_cast<ssize_t>(text.size())) {
    error = errno;
  }
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP;
  event.data.fd = line->socket.get();
  if (error == 0 && ::epoll_ctl(poll_.get(), EPOLL_CTL_MOD, line->socket.get(), &event) != 0) {
    error = errno;
  }
  if (error != 0) {
    const std::string who = line->central.text();
    lines_.erase(line);
    return failed(now_ns, fmt::format("{}: {}", who, errno_text(error)));
  }
  line->connected = true;
  line->since_ns = now_ns;
  const std::lock_guard lock(mutex_);
  ++counts_.dialled;
  ++counts_.idle;
}

// Somebody asks, or the central host says why it does not keep the connection, or it has ended.
void Dialer::on_bytes(Lines::iterator line, std::uint64_t now_ns) {
  std::array<char, kLongestReason> bytes{};
  const ssize_t count =
      ::recv(line->socket.get(), bytes.data(), bytes.size(), MSG_PEEK | MSG_DONTWAIT);
  const int error = count < 0 ? errno : 0;
  if (error == EAGAIN || error == EINTR) return;
  Line taken = std::move(*line);
  lines_.erase(line);
  static_cast<void>(::epoll_ctl(poll_.get(), EPOLL_CTL_DEL, taken.socket.get(), nullptr));
  if (count > 0 && bytes[0] == kTlsHandshake) {
    const bool placed = hand_over_(std::move(taken.socket), taken.central);
    {
      const std::lock_guard lock(mutex_);
      --counts_.idle;
      ++counts_.handed_over;
      if (!placed) ++counts_.turned_away;
    }
    return placed ? works() : failed(now_ns, "this server has all the connections it may have");
  }
  {
    const std::lock_guard lock(mutex_);
    --counts_.idle;
    ++(count > 0 ? counts_.refused : counts_.ended);
  }
  if (count > 0) {
    const std::string_view words(bytes.data(), static_cast<std::size_t>(count));
    return failed(now_ns,
                  fmt::format("{} says: {}", taken.central.text(),
                              tools::printable(std::string(words.substr(0, words.find('\n'))))));
  }
  // One that was kept for a while says nothing of the next: a firewall may end what is idle.
  if (now_ns - std::min(now_ns, taken.since_ns) >= options_.settled_ns) return;
  failed(now_ns, fmt::format("{} closed the connection{}", taken.central.text(),
                             error == 0 ? "" : " (" + errno_text(error) + ")"));
}

void Dialer::take_names(std::uint64_t now_ns) {
  std::optional<Resolver::Found> found = resolver_.take();
  if (!found) return;
  addresses_ = std::move(found->addresses);
  at_ = 0;
  if (addresses_.empty()) failed(now_ns, found->error);
}

void Dialer::dial(std::uint64_t now_ns) {
  while (now_ns >= next_dial_ns_ && lines_.size() < options_.idle) {
    // One attempt alone while it is not known to work.
    const bool tries =
        std::any_of(lines_.begin(), lines_.end(), [](const Line& line) { return !line.settled; });
    if (!is_well_ && tries) return;
    if (addresses_.empty()) return resolver_.ask();
    if (!may_dial(now_ns)) return;
    dial_one(now_ns);
  }
}

// A central host that uses connections up as fast as they come makes no loop that is hot.
bool Dialer::may_dial(std::uint64_t now_ns) {
  const double passed_s = filled_ns_ == 0
                              ? 0
                              : static_cast<double>(now_ns - std::min(now_ns, filled_ns_)) /
                                    static_cast<double>(kNanosecondsPerSecond);
  filled_ns_ = now_ns;
  allowance_ =
      std::min(allowance_ + passed_s * options_.a_second, static_cast<double>(options_.burst));
  if (allowance_ < 1) return false;
  allowance_ -= 1;
  return true;
}

void Dialer::dial_one(std::uint64_t now_ns) {
  Line line;
  line.central = addresses_[at_ % addresses_.size()];
  line.since_ns = now_ns;
  line.socket.reset(::socket(line.central.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  int error = line.socket ? 0 : errno;
  if (error == 0) {
    keep_alive(line.socket.get());
    if (::connect(line.socket.get(), line.central.get(), line.central.size) != 0) error = errno;
    if (error == EINPROGRESS) error = 0;
  }
  // A connection that is made at once is writable, too.
  if (error == 0 && !watch(poll_.get(), line.socket.get(), EPOLLOUT)) error = errno;
  if (error != 0)
    return failed(now_ns, fmt::format("{}: {}", line.central.text(), errno_text(error)));
  lines_.push_back(std::move(line));
}

// The next address, or the first one again, which is then looked up anew. Connections that end
// together are one failure.
void Dialer::failed(std::uint64_t now_ns, const std::string& why) {
  bool is_news = false;
  {
    const std::lock_guard lock(mutex_);
    ++counts_.failed;
    is_news = trouble_.empty();
    trouble_ = why;
  }
  if (is_news) {
    tools::standard_log().write(tools::LogLevel::kWarning,
                                fmt::format("--dial {}: {}; it is dialled again without end",
                                            name_of(options_.central), why));
  }
  if (++at_ >= addresses_.size()) {
    addresses_.clear();
    at_ = 0;
  }
  is_well_ = false;
  if (now_ns >= next_dial_ns_) next_dial_ns_ = now_ns + back_off_.next_ns();
}

void Dialer::works() {
  if (!is_well_) next_dial_ns_ = 0;
  is_well_ = true;
  back_off_.reset();
  bool is_news = false;
  {
    const std::lock_guard lock(mutex_);
    is_news = !trouble_.empty();
    trouble_.clear();
  }
  if (is_news) {
    tools::standard_log().write(tools::LogLevel::kNotice, fmt::format("--dial {}: connected again",
                                                                      name_of(options_.central)));
  }
}

}  // namespace capstan::dial
