#include "tools/dial/dial_line.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "tools/common/plain_name.h"

namespace capstan::dial {

namespace {

constexpr std::string_view kPrefix = "capstan-dial 1 ";
static_assert(kPrefix.size() + kLongestName + 1 <= kLongestLine);

}  // namespace

bool is_name(std::string_view text) { return tools::is_plain_name(text, kLongestName); }

std::string greeting(std::string_view name) {
  return std::string(kPrefix) + std::string(name) + "\n";
}

std::optional<std::string> parse_greeting(std::string_view line) {
  if (line.substr(0, kPrefix.size()) != kPrefix) return std::nullopt;
  const std::string_view name = line.substr(kPrefix.size());
  return is_name(name) ? std::optional(std::string(name)) : std::nullopt;
}

void keep_alive(int socket) noexcept {
  // Routers forget a TCP connection after some minutes at the least (RFC 5382 section 5 asks for
  // two hours). No TCP_USER_TIMEOUT: it would also end an answer that is read slowly.
  constexpr struct {
    int level, option, value;
  } kSettings[] = {{SOL_SOCKET, SO_KEEPALIVE, 1},
                   {IPPROTO_TCP, TCP_KEEPIDLE, 30},
                   {IPPROTO_TCP, TCP_KEEPINTVL, 10},
                   {IPPROTO_TCP, TCP_KEEPCNT, 3},
                   {IPPROTO_TCP, TCP_NODELAY, 1}};
  for (const auto& [level, option, value] : kSettings) {
    static_cast<void>(::setsockopt(socket, level, option, &value, sizeof(value)));
  }
}

bool watch(int poll, int socket, std::uint32_t events) noexcept {
  epoll_event event{};
  event.events = events;
  event.data.fd = socket;
  return ::epoll_ctl(poll, EPOLL_CTL_ADD, socket, &event) == 0;
}

}  // namespace capstan::dial
