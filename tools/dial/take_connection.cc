#include "tools/dial/take_connection.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "tools/common/units.h"
#include "tools/watch/status_socket.h"

namespace capstan::dial {

namespace {

// Beyond what the desk waits; it answers at once otherwise.
constexpr std::uint64_t kPatienceMs = 5000;
constexpr int kTickMs = 100;
// Of as many addresses as connections of one name may wait.
constexpr std::size_t kLongestAnswer = 8192;

const char* mend_of(int error) {
  if (error == ENOENT || error == ECONNREFUSED) return ": does `capstan serve --dialled` run here?";
  if (error == EACCES) return ": its user and group may ask there";
  return "";
}

struct DeskAnswer {
  UniqueFd connection;
  std::string text;
};

// False: a signal came in between.
bool receive(int desk, DeskAnswer& answer) {
  std::array<char, kLongestAnswer> bytes{};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  iovec piece{bytes.data(), bytes.size()};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t size = ::recvmsg(desk, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (size < 0 && (errno == EINTR || errno == EAGAIN)) return false;
  if (size <= 0) return true;
  answer.text.assign(bytes.data(), static_cast<std::size_t>(size));
  for (cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr;
       head = CMSG_NXTHDR(&message, head)) {
    if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
    int descriptor = -1;
    std::memcpy(&descriptor, CMSG_DATA(head), sizeof(descriptor));
    answer.connection.reset(descriptor);
  }
  return true;
}

// "+ADDRESS", and a line for each address with others.
void read_addresses(std::string_view text, DialledConnection& to) {
  for (bool is_first = true; !text.empty(); is_first = false) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text = end == text.npos ? "" : text.substr(end + 1);
    if (line.empty()) continue;
    const std::size_t blank = line.find(' ');
    const std::string address = tools::visible_text(std::string(line.substr(0, blank)).substr(1));
    if (is_first) {
      to.address = address;
      continue;
    }
    DialSource source{address, Standing::kNothing, {}};
    if (line[0] == '+') source.standing = Standing::kAnswered;
    if (line[0] == '?') source.standing = Standing::kUnknown;
    if (blank != line.npos) source.instance = line.substr(blank + 1);
    to.sources.push_back(std::move(source));
  }
}

// Looks at the time and at who wants it to end.
class Patience {
 public:
  Patience(const DialQuestion& question, const std::function<bool()>& stopped)
      : path_(question.path),
        stopped_(stopped),
        end_ns_(monotonic_clock_ns() +
                (question.wait_ms + kPatienceMs) * kNanosecondsPerMillisecond) {}

  bool is_over(std::string& why) const {
    if (stopped_ && stopped_()) {
      why = "interrupted";
    } else if (monotonic_clock_ns() > end_ns_) {
      why = fmt::format("{} gives no answer: does its `capstan serve` stand still?", path_);
    } else {
      return false;
    }
    return true;
  }

 private:
  const std::string& path_;
  const std::function<bool()>& stopped_;
  const std::uint64_t end_ns_;
};

// Where as many wait as the desk's queue holds, connect() would wait too, and listen to nobody: a
// socket that does not block is told EAGAIN (unix(7)).
int connect_to(int desk, const sockaddr_un& address, const Patience& patience, std::string& why) {
  while (::connect(desk, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    if (errno != EAGAIN && errno != EINTR) return errno;
    if (patience.is_over(why)) return EAGAIN;
    sleep_ns(kTickMs * kNanosecondsPerMillisecond);
  }
  return 0;
}

}  // namespace

void DialledConnection::tell(const std::string& instance) noexcept {
  if (!desk) return;
  const char sign = instance.empty() ? '-' : '+';
  iovec pieces[] = {{const_cast<char*>(&sign), 1},
                    {const_cast<char*>(instance.data()), instance.size()}};
  msghdr message{};
  message.msg_iov = pieces;
  message.msg_iovlen = 2;
  static_cast<void>(::sendmsg(desk.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT));
  desk.reset();
}

DialledConnection take_connection(const DialQuestion& question,
                                  const std::function<bool()>& stopped, std::string& why) {
  const sockaddr_un address = tools::unix_address(question.path);
  const Patience patience(question, stopped);
  DialledConnection taken;
  UniqueFd desk(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const std::string text = fmt::format("1 {} {}{}{}", question.wait_ms, question.name,
                                       question.address.empty() ? "" : "\n", question.address);
  int error = desk ? connect_to(desk.get(), address, patience, why) : errno;
  if (error == EAGAIN) return taken;  // `why` says it
  if (error == 0 && ::send(desk.get(), text.data(), text.size(), MSG_NOSIGNAL) < 0) error = errno;
  if (error != 0) {
    why = fmt::format("{}: {}{}", question.path, errno_text(error), mend_of(error));
    return taken;
  }
  DeskAnswer answer;
  do {
    pollfd event{desk.get(), POLLIN, 0};
    while (::poll(&event, 1, kTickMs) <= 0) {
      if (patience.is_over(why)) return taken;
    }
  } while (!receive(desk.get(), answer));
  if (answer.connection) {
    taken.socket = std::move(answer.connection);
    taken.desk = std::move(desk);
    read_addresses(answer.text, taken);
    return taken;
  }
  why = answer.text.starts_with('-') ? tools::visible_text(answer.text.substr(1))
                                     : fmt::format("{} gives no connection", question.path);
  return taken;
}

}  // namespace capstan::dial
