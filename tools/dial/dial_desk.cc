#include "tools/dial/dial_desk.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

#include "engine/core/errors.h"
#include "tools/dial/dial_line.h"
#include "tools/watch/status_socket.h"

namespace capstan::dial {

namespace {

constexpr mode_t kSocketMask = 0117;  // 0660
constexpr std::uint64_t kQuestionNs = 5 * kNanosecondsPerSecond;
constexpr std::uint64_t kDeskPauseNs = kNanosecondsPerSecond;
// Longer than TLS takes with what is answered; beyond it what became of it is not learnt.
constexpr std::uint64_t kOutcomeNs = 60 * kNanosecondsPerSecond;
constexpr std::size_t kLongestQuestion = 256;
constexpr std::size_t kLongestOutcome = 64;

struct Question {
  std::uint64_t wait_ms = 0;
  std::string name;
  std::string address;
};

bool is_address(std::string_view text) noexcept {
  return text.size() <= INET6_ADDRSTRLEN &&
         text.find_first_not_of("0123456789abcdefABCDEF.:") == text.npos;
}

std::optional<Question> parse_question(std::string_view text) {
  constexpr std::string_view kVersion = "1 ";
  if (!text.starts_with(kVersion)) return std::nullopt;
  text.remove_prefix(kVersion.size());
  Question question;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), question.wait_ms);
  const auto digits = static_cast<std::size_t>(end - text.data());
  if (error != std::errc{} || digits >= text.size() || text[digits] != ' ') return std::nullopt;
  text.remove_prefix(digits + 1);
  const std::size_t end_of_name = text.find('\n');
  question.name = text.substr(0, end_of_name);
  if (end_of_name != text.npos) question.address = text.substr(end_of_name + 1);
  if (!is_name(question.name) || !is_address(question.address)) return std::nullopt;
  return question;
}

std::string answer_text(const DialPool::Taken& taken) {
  std::string text = "+" + taken.address;
  for (const DialSource& source : taken.sources) {
    const char sign = source.standing == Standing::kAnswered  ? '+'
                      : source.standing == Standing::kUnknown ? '?'
                                                              : '-';
    text += fmt::format("\n{}{} {}", sign, source.address, source.instance);
  }
  return text;
}

bool send_descriptor(int client, std::string text, int descriptor) noexcept {
  iovec piece{text.data(), text.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* const head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(head), &descriptor, sizeof(descriptor));
  return ::sendmsg(client, &message, MSG_NOSIGNAL | MSG_DONTWAIT) > 0;
}

void send_sentence(int client, const std::string& sentence) noexcept {
  static_cast<void>(::send(client, sentence.data(), sentence.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
}

}  // namespace

DialDesk::DialDesk(std::string path, DialPool& pool)
    : path_(std::move(path)),
      pool_(pool),
      listening_(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)),
      poll_(::epoll_create1(EPOLL_CLOEXEC)) {
  const sockaddr_un address = tools::unix_address(path_);
  if (tools::is_dead_socket(path_, SOCK_SEQPACKET)) ::unlink(path_.c_str());
  const mode_t before = ::umask(kSocketMask);
  const int bound =
      !listening_
          ? -1
          : ::bind(listening_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  const int error = errno;
  ::umask(before);
  if (bound != 0) {
    throw_system_error(error, fmt::format("make the socket {}", path_),
                       error == EADDRINUSE
                           ? "Another program hands connections out there, or it is "
                             "no socket: --dialled-socket names another place"
                           : "--dialled-socket names another place");
  }
  if (::listen(listening_.get(), SOMAXCONN) != 0) throw_errno(fmt::format("listen on {}", path_));
  if (!poll_ || !watch(poll_.get(), listening_.get(), EPOLLIN)) throw_errno("make an epoll");
}

DialDesk::~DialDesk() { ::unlink(path_.c_str()); }

DialDesk::Counts DialDesk::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

void DialDesk::count(std::uint64_t Counts::*which) {
  const std::lock_guard lock(mutex_);
  ++(counts_.*which);
}

void DialDesk::serve(std::uint64_t now_ns) {
  if (pause_until_ns_ != 0 && now_ns >= pause_until_ns_) {
    pause_until_ns_ = watch(poll_.get(), listening_.get(), EPOLLIN) ? 0 : now_ns + kDeskPauseNs;
  }
  if (pause_until_ns_ == 0) accept_all(now_ns);
  for (auto client = clients_.begin(); client != clients_.end();) {
    if (client->name.empty()) read_question(*client, now_ns);
    const bool is_done =
        !client->socket || (client->name.empty()    ? now_ns >= client->until_ns
                            : client->given.empty() ? answer(*client, now_ns)
                                                    : read_outcome(*client, now_ns));
    client = is_done ? clients_.erase(client) : std::next(client);
  }
}

void DialDesk::accept_all(std::uint64_t now_ns) {
  while (true) {
    UniqueFd socket(::accept4(listening_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket && (errno == EINTR || errno == ECONNABORTED)) continue;
    if (!socket && errno == EAGAIN) return;
    if (!socket) {  // no descriptors
      static_cast<void>(::epoll_ctl(poll_.get(), EPOLL_CTL_DEL, listening_.get(), nullptr));
      pause_until_ns_ = now_ns + kDeskPauseNs;
      return;
    }
    const bool has_place = clients_.size() < kMostClients || make_room();
    if (!has_place || !watch(poll_.get(), socket.get(), EPOLLIN | EPOLLET)) {
      send_sentence(socket.get(), "-too many ask at once");
      continue;
    }
    clients_.push_back({std::move(socket), {}, {}, {}, now_ns + kQuestionNs});
  }
}

// Whoever has what he asked for goes first, and then who has asked nothing, the oldest in front.
bool DialDesk::make_room() {
  auto one = std::find_if(clients_.begin(), clients_.end(),
                          [](const Client& client) { return !client.given.empty(); });
  if (one == clients_.end()) {
    one = std::find_if(clients_.begin(), clients_.end(),
                       [](const Client& client) { return client.name.empty(); });
    if (one == clients_.end()) return false;
    send_sentence(one->socket.get(), "-too many ask at once");
    count(&Counts::garbage);
  }
  clients_.erase(one);
  return true;
}

// Closes the socket of who asks nothing, or has gone.
void DialDesk::read_question(Client& client, std::uint64_t now_ns) {
  std::array<char, kLongestQuestion> bytes{};
  const ssize_t size = ::recv(client.socket.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  const auto question =
      size <= 0 ? std::nullopt
                : parse_question(std::string_view(bytes.data(), static_cast<std::size_t>(size)));
  if (!question) {
    count(&Counts::garbage);
    send_sentence(client.socket.get(), "-this is no question");
    return client.socket.reset();
  }
  count(&Counts::asked);
  client.name = question->name;
  client.address = question->address;
  const std::uint64_t wait_ms = std::min(question->wait_ms, kLongestWaitMs);
  client.until_ns = now_ns + wait_ms * kNanosecondsPerMillisecond;
}

// True: the client has its answer, or wants none any more.
bool DialDesk::answer(Client& client, std::uint64_t now_ns) {
  char byte = 0;
  const ssize_t size = ::recv(client.socket.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (size >= 0 || (errno != EAGAIN && errno != EINTR)) return true;
  if (const DialPool::Taken taken = pool_.take(client.name, client.address)) {
    if (!send_descriptor(client.socket.get(), answer_text(taken), taken.socket.get())) return true;
    client.given = taken.address;
    client.until_ns = now_ns + kOutcomeNs;
    return false;
  }
  if (now_ns < client.until_ns && pool_.is_expected(client.name, now_ns)) return false;
  count(&Counts::without);
  send_sentence(client.socket.get(), fmt::format("-{}", pool_.absence(client.name, now_ns)));
  return true;
}

// True: it has come, or will not.
bool DialDesk::read_outcome(Client& client, std::uint64_t now_ns) {
  std::array<char, kLongestOutcome> bytes{};
  const ssize_t size = ::recv(client.socket.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return now_ns >= client.until_ns;
  if (size <= 0) return true;
  const std::string_view text(bytes.data(), static_cast<std::size_t>(size));
  const bool answered = text.size() > 1 && text[0] == '+' && is_address(text.substr(1));
  if (answered || text == "-") {
    pool_.judge(client.name, client.given, answered ? std::string(text.substr(1)) : std::string());
  }
  return true;
}

}  // namespace capstan::dial
