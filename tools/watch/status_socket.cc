#include "tools/watch/status_socket.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <exception>
#include <filesystem>

#include "engine/core/clock.h"
#include "engine/core/directory_entries.h"
#include "engine/core/errors.h"

namespace capstan::tools {

namespace {

constexpr const char* kRootDirectory = "/run/capstan";
constexpr const char* kExtension = ".sock";
constexpr const char* kStandsStill = "Is its process stopped, or this machine overloaded?";
constexpr std::size_t kLongestAnswer = 16U << 20;
constexpr mode_t kSocketMask = 0117;  // 0660: its user and group may connect

const sockaddr* generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

std::string environment(const char* name) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing sets it
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

// Returns 0 when somebody listens at the socket, otherwise why not is known: an errno value.
int knock_at(const std::string& path, int type = SOCK_STREAM) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return errno;
  if (!S_ISSOCK(status.st_mode)) return ENOTSOCK;
  const UniqueFd fd(::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return errno;
  const sockaddr_un address = unix_address(path);
  return ::connect(fd.get(), generic(address), sizeof(address)) == 0 ? 0 : errno;
}

// A recorder's socket has its process' number for a name; 0: another name.
pid_t process_of(const std::string& path) {
  const std::string name = std::filesystem::path(path).stem();
  pid_t process = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), process);
  return error == std::errc() && end == name.data() + name.size() && process > 0 ? process : 0;
}

bool set_send_timeout(int fd, std::uint64_t timeout_ns) {
  timeval timeout{};
  timeout.tv_sec = static_cast<time_t>(timeout_ns / kNanosecondsPerSecond);
  timeout.tv_usec = static_cast<suseconds_t>(timeout_ns % kNanosecondsPerSecond / 1000);
  return ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) == 0;
}

// False when there is nothing to read at `end` of the monotonic clock.
bool wait_for_bytes(int fd, std::uint64_t end) {
  const std::uint64_t now = monotonic_clock_ns();
  if (now >= end) return false;
  pollfd wait = {fd, POLLIN, 0};
  const auto left = static_cast<int>((end - now) / kNanosecondsPerMillisecond + 1);
  return ::poll(&wait, 1, left) != 0;  // an interrupted wait is looked at again
}

bool make_directory(const std::string& path, mode_t mode) {
  return ::mkdir(path.c_str(), mode) == 0 || errno == EEXIST;
}

}  // namespace

sockaddr_un unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    throw_system_error(ENAMETOOLONG, fmt::format("use the socket {}", path),
                       "A socket's path has at most 107 bytes");
  }
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  return address;
}

// ECONNREFUSED alone says that nobody listens there any more; of what is no socket connect() says
// so too.
bool is_dead_socket(const std::string& path, int type) {
  return knock_at(path, type) == ECONNREFUSED;
}

StatusSocket::StatusSocket(std::string path)
    : path_(std::move(path)),
      fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  constexpr int kBacklog = 8;
  const sockaddr_un address = unix_address(path_);
  if (is_dead_socket(path_, SOCK_STREAM)) ::unlink(path_.c_str());
  const mode_t before = ::umask(kSocketMask);
  const int bound = fd_ ? ::bind(fd_.get(), generic(address), sizeof(address)) : -1;
  const int error = errno;
  ::umask(before);
  if (bound != 0) throw_system_error(error, fmt::format("make the socket {} for status", path_));
  if (::listen(fd_.get(), kBacklog) != 0) throw_errno(fmt::format("listen on {}", path_));
}

StatusSocket::~StatusSocket() { ::unlink(path_.c_str()); }

void StatusSocket::serve(const std::function<std::string()>& answer) noexcept {
  while (true) {
    const UniqueFd client(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!client) return;
    try {
      const std::string text = answer();
      // All of it fits into the socket's buffer; who sends a reader away half served is the kernel.
      [[maybe_unused]] const ssize_t sent =
          ::send(client.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    } catch (const std::exception&) {  // out of memory: this client only
      continue;
    }
  }
}

std::string make_runtime_directory(uid_t owner, gid_t group) {
  const std::string given = environment("RUNTIME_DIRECTORY");
  if (!given.empty()) return given.substr(0, given.find(':'));
  if (::geteuid() == 0) {
    const std::string path = fmt::format("{}/{}", kRootDirectory, owner);
    const bool made = make_directory(kRootDirectory, 0755) && make_directory(path, 0755) &&
                      ::lchown(path.c_str(), owner, group) == 0;
    return made ? path : std::string();
  }
  const std::string session = environment("XDG_RUNTIME_DIR");
  const std::string path = session + "/capstan";
  return !session.empty() && make_directory(path, 0700) ? path : std::string();
}

void remove_dead_sockets(const std::string& directory) noexcept {
  try {
    static_cast<void>(for_each_entry(directory, [](const auto& entry) {
      if (entry.path().extension() == kExtension && is_dead_socket(entry.path(), SOCK_STREAM)) {
        ::unlink(entry.path().c_str());
      }
    }));
  } catch (const std::exception&) {  // a name too long for a socket is none of ours
    return;
  }
}

std::vector<std::string> status_directories() {
  std::vector<std::string> directories = {kRootDirectory};
  const std::string session = environment("XDG_RUNTIME_DIR");
  if (!session.empty()) directories.push_back(session + "/capstan");
  return directories;
}

std::vector<std::string> find_status_sockets() {
  std::vector<std::string> directories = status_directories();
  static_cast<void>(for_each_entry(kRootDirectory, [&directories](const auto& entry) {
    std::error_code ignored;
    if (entry.is_directory(ignored)) directories.push_back(entry.path().string());
  }));
  std::vector<std::string> sockets;
  for (const std::string& directory : directories) {
    static_cast<void>(for_each_entry(directory, [&sockets](const auto& entry) {
      if (entry.path().extension() == kExtension) sockets.push_back(entry.path().string());
    }));
  }
  std::sort(sockets.begin(), sockets.end());
  return sockets;
}

bool is_left_behind(const std::string& path) {
  const int refused = knock_at(path);
  if (refused == ECONNREFUSED) return true;
  if (refused != EACCES) return false;
  const pid_t process = process_of(path);
  return process != 0 && ::kill(process, 0) != 0 && errno == ESRCH;
}

bool a_recorder_runs() {
  const std::vector<std::string> sockets = find_status_sockets();
  return std::any_of(sockets.begin(), sockets.end(),
                     [](const std::string& path) { return !is_left_behind(path); });
}

std::string ask_status(const std::string& path, std::uint64_t patience_ns) {
  const std::uint64_t end = monotonic_clock_ns() + patience_ns;
  const sockaddr_un address = unix_address(path);
  const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  // A connection waits for room in the queue for as long as sending may wait (unix(7)).
  if (!fd || !set_send_timeout(fd.get(), patience_ns) ||
      ::connect(fd.get(), generic(address), sizeof(address)) != 0) {
    const int error = errno == EAGAIN ? ETIMEDOUT : errno;
    throw_system_error(error, fmt::format("ask the recorder at {}", path),
                       error == ECONNREFUSED ? "It runs no more"
                       : error == ETIMEDOUT  ? kStandsStill
                                             : "");
  }
  std::string text;
  char buffer[16384];
  while (wait_for_bytes(fd.get(), end)) {
    const ssize_t received = ::recv(fd.get(), buffer, sizeof(buffer), MSG_DONTWAIT);
    if (received < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (received < 0) throw_errno(fmt::format("hear from the recorder at {}", path));
    if (received == 0) return text;
    text.append(buffer, static_cast<std::size_t>(received));
    if (text.size() > kLongestAnswer) {
      throw_system_error(EMSGSIZE, fmt::format("hear from the recorder at {}", path));
    }
  }
  throw_system_error(ETIMEDOUT, fmt::format("hear from the recorder at {}", path), kStandsStill);
}

}  // namespace capstan::tools
