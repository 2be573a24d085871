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
constexpr std::size_t kLongestAnswer = 512;

const char* mend_of(int error) {
  if (error == ENOENT || error == ECONNREFUSED) return ": does `capstan serve --dialled` run here?";
  if (error == EACCES) return ": its user and group may ask there";
  return "";
}

struct DeskAnswer {
  UniqueFd connection;
  std::string text;
};

DeskAnswer receive(int desk) {
  DeskAnswer answer;
  std::array<char, kLongestAnswer> bytes{};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  iovec piece{bytes.data(), bytes.size()};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t size = ::recvmsg(desk, &message, MSG_CMSG_CLOEXEC);
  if (size <= 0) return answer;
  answer.text.assign(bytes.data(), static_cast<std::size_t>(size));
  for (cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr;
       head = CMSG_NXTHDR(&message, head)) {
    if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
    int descriptor = -1;
    std::memcpy(&descriptor, CMSG_DATA(head), sizeof(descriptor));
    answer.connection.reset(descriptor);
  }
  return answer;
}

}  // namespace

UniqueFd take_connection(const std::string& path, const std::string& name, std::uint64_t wait_ms,
                         const std::function<bool()>& stopped, std::string& why) {
  const sockaddr_un address = tools::unix_address(path);
  const UniqueFd desk(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  const std::string question = fmt::format("1 {} {}", wait_ms, name);
  if (!desk ||
      ::connect(desk.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      ::send(desk.get(), question.data(), question.size(), MSG_NOSIGNAL) < 0) {
    const int error = errno;
    why = fmt::format("{}: {}{}", path, errno_text(error), mend_of(error));
    return {};
  }
  const std::uint64_t end_ns =
      monotonic_clock_ns() + (wait_ms + kPatienceMs) * kNanosecondsPerMillisecond;
  pollfd event{desk.get(), POLLIN, 0};
  while (::poll(&event, 1, kTickMs) <= 0) {
    if (stopped && stopped()) {
      why = "interrupted";
      return {};
    }
    if (monotonic_clock_ns() > end_ns) {
      why = fmt::format("{} gives no answer", path);
      return {};
    }
  }
  DeskAnswer answer = receive(desk.get());
  if (answer.connection) return std::move(answer.connection);
  why = answer.text.starts_with('-') ? tools::visible_text(answer.text.substr(1))
                                     : fmt::format("{} gives no connection", path);
  return {};
}

}  // namespace capstan::dial
