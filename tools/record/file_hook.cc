#include "tools/record/file_hook.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <deque>
#include <exception>
#include <map>
#include <utility>

#include "engine/core/errors.h"
#include "tools/common/log.h"
#include "tools/privileges/privileges.h"
#include "writers/file/finished_names.h"

namespace capstan::tools {

namespace {

constexpr std::size_t kAtOnce = 2;  // programs running; more would compete with the recorder
constexpr std::size_t kMostWaiting = 10'000;  // names; a program slower than the files never ends
constexpr int kLookMs = 50;                   // how often ended programs are looked for
constexpr int kLowestPriority = 19;
constexpr int kIoIdle = 3 << 13;  // ioprio_set(2): IOPRIO_CLASS_IDLE
constexpr char kUserMessage = 'U';
constexpr char kFileMessage = 'F';
constexpr char kDeletedMessage = 'D';

template <typename... Values>
void warn(fmt::format_string<Values...> text, Values&&... values) {
  standard_log().write(LogLevel::kWarning, fmt::format(text, std::forward<Values>(values)...));
}

// "gzip {}" as a shell script whose first argument is the name, so that no name is ever parsed.
std::string script_for(const std::string& command) {
  std::string script = command;
  bool named = false;
  for (std::size_t at = script.find("{}"); at != std::string::npos;
       at = script.find("{}", at + 4)) {
    script.replace(at, 2, "\"$1\"");
    named = true;
  }
  return named ? script : script + " \"$1\"";
}

[[noreturn]] void become_program(const std::string& script, const std::string& path) noexcept {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int signal : {SIGPIPE, SIGXFSZ}) ::signal(signal, SIG_DFL);
  ::setpriority(PRIO_PROCESS, 0, kLowestPriority);
  ::syscall(SYS_ioprio_set, 1 /* IOPRIO_WHO_PROCESS */, 0, kIoIdle);
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  ::execl("/bin/sh", "sh", "-c", script.c_str(), "capstan", path.c_str(),
          static_cast<char*>(nullptr));
  ::_exit(127);
}

// The helper's whole life.
class Helper {
 public:
  Helper(int socket, const std::string& command) : socket_(socket), script_(script_for(command)) {}

  void run() {
    while (open_ || !waiting_.empty() || !running_.empty()) {
      pollfd wait{open_ ? socket_ : -1, POLLIN, 0};
      ::poll(&wait, 1, running_.empty() ? -1 : kLookMs);
      if (wait.revents != 0) take_message();
      reap();
      while (running_.size() < kAtOnce && !waiting_.empty()) start_next();
    }
  }

 private:
  void take_message() {
    std::array<char, PATH_MAX + 1> message;
    const ssize_t size = ::recv(socket_, message.data(), message.size(), 0);
    if (size < 0 && errno == EINTR) return;
    if (size <= 0) {
      open_ = false;
      return;
    }
    std::string text(message.data() + 1, static_cast<std::size_t>(size) - 1);
    if (message[0] == kUserMessage) {
      if (!text.empty()) change_user(text);
      drop_for_programs();
    } else if (message[0] == kDeletedMessage) {
      forget(text);
    } else {
      take_file(std::move(text));
    }
  }

  // A name that is used again is the new file's, with all that is made of it: programs of an
  // earlier one may run yet.
  void take_file(std::string path) {
    set_deleted(path, false);
    if (waiting_.size() < kMostWaiting) {
      waiting_.push_back(std::move(path));
    } else {
      warn("--on-file is not run for {}: {} files wait for it already", path, kMostWaiting);
    }
  }

  // A program may have ended, and left something, since the file was deleted.
  void forget(const std::string& path) {
    std::erase(waiting_, path);
    delete_rest(path);
    set_deleted(path, true);
  }

  void set_deleted(const std::string& path, bool deleted) {
    for (auto& [child, run] : running_) {
      if (run.path == path) run.deleted = deleted;
    }
  }

  void start_next() {
    const std::string path = std::move(waiting_.front());
    waiting_.pop_front();
    const pid_t child = ::fork();
    if (child == 0) become_program(script_, path);
    if (child < 0) {
      warn("--on-file is not run for {}: {}", path, errno_text(errno));
      return;
    }
    running_.emplace(child, Run{path});
  }

  void reap() {
    int status = 0;
    for (pid_t child = 0; (child = ::waitpid(-1, &status, WNOHANG)) > 0;) {
      const auto ended = running_.extract(child);
      if (ended.empty()) continue;
      if (ended.mapped().deleted) {
        delete_rest(ended.mapped().path);
        continue;  // it may well have missed the file
      }
      delete_lone_index(ended.mapped().path);
      if (WIFEXITED(status) && WEXITSTATUS(status) == 0) continue;
      warn("--on-file for {} {} {}", ended.mapped().path,
           WIFEXITED(status) ? "ended with status" : "was ended by signal",
           WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
    }
  }

  int socket_;
  std::string script_;
  bool open_ = true;
  std::deque<std::string> waiting_;
  struct Run {
    std::string path;
    bool deleted = false;  // the file, by retention
  };
  std::map<pid_t, Run> running_;
};

}  // namespace

FileHook::FileHook(const std::string& command) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    throw_errno("make a socket pair for --on-file");
  }
  socket_ = UniqueFd(ends[0]);
  UniqueFd other(ends[1]);
  helper_ = ::fork();
  if (helper_ < 0) throw_errno("start the process that runs --on-file");
  if (helper_ > 0) return;
  socket_.reset();
  ::setsid();  // the terminal's Ctrl+C ends the recording, not what is done with its files
  try {
    Helper(other.get(), command).run();
  } catch (const std::exception& error) {
    warn("--on-file: {}", error.what());
    ::_exit(1);
  }
  ::_exit(0);
}

void FileHook::give_up_privileges(const std::string& user) {
  const std::string message = kUserMessage + user;
  if (::send(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL) < 0) {
    throw_errno("tell the process that runs --on-file its user");
  }
}

void FileHook::run_for(const std::string& path) noexcept {
  if (const int error = tell(kFileMessage, path); error != 0) {
    warn("--on-file is not run for {}: {}", path, errno_text(error));
  }
}

void FileHook::forget(const std::string& path) noexcept {
  if (const int error = tell(kDeletedMessage, path); error != 0) {
    warn("what --on-file makes of {}, which is deleted, may stay: {}", path, errno_text(error));
  }
}

int FileHook::tell(char kind, const std::string& path) noexcept {
  const std::string message = kind + path;
  const auto sent =
      ::send(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent < 0 ? errno : 0;
}

bool FileHook::finished() noexcept {
  socket_.reset();
  return ::waitpid(helper_, nullptr, WNOHANG) != 0;
}

}  // namespace capstan::tools
