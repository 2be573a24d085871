#include "tools/bench/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/core/clock.h"
#include "engine/core/directory_entries.h"
#include "engine/core/errors.h"
#include "engine/core/unique_fd.h"

namespace capstan::bench {

namespace {

constexpr std::uint64_t kLookNs = 5 * kNanosecondsPerMillisecond;
constexpr std::uint64_t kKillNs = 10 * kNanosecondsPerSecond;

// Between fork and exec: async-signal-safe calls only.
[[noreturn]] void become(char* const* arguments, int output, const char* directory, int cpu,
                         pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  ::setpgid(0, 0);
  if (directory != nullptr && ::chdir(directory) != 0) ::_exit(126);
  if (cpu >= 0) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<unsigned>(cpu), &set);
    if (::sched_setaffinity(0, sizeof(set), &set) != 0) ::_exit(126);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ}) ::signal(signal, SIG_DFL);
  const int input = ::open("/dev/null", O_RDONLY);
  ::dup2(input, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::execvp(arguments[0], arguments);
  ::_exit(127);
}

}  // namespace

Child::Child(std::vector<std::string> command, const ChildOptions& options) {
  if (!options.netns.empty()) {
    // It also mounts the /sys of the namespace, where some recorders look for interfaces.
    command.insert(command.begin(), {"ip", "netns", "exec", options.netns});
  }
  std::vector<char*> arguments;
  for (std::string& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const char* const log = options.log.empty() ? "/dev/null" : options.log.c_str();
  const UniqueFd output(::open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
  if (!output) throw_errno(fmt::format("open {}", log));
  const char* const directory = options.directory.empty() ? nullptr : options.directory.c_str();
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) throw_errno(fmt::format("start {}", command[0]));
  if (pid_ == 0) become(arguments.data(), output.get(), directory, options.cpu, parent);
}

Child::~Child() {
  if (status_ || pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  [[maybe_unused]] const auto ended = wait(kKillNs);
}

void Child::signal(int number) const noexcept {
  if (!status_ && pid_ > 0) ::kill(pid_, number);
}

std::optional<int> Child::try_wait() noexcept {
  int status = 0;
  if (!status_ && ::waitpid(pid_, &status, WNOHANG) == pid_) status_ = status;
  return status_;
}

std::optional<int> Child::wait(std::uint64_t timeout_ns) noexcept {
  const std::uint64_t deadline_ns = monotonic_clock_ns() + timeout_ns;
  while (!try_wait() && monotonic_clock_ns() < deadline_ns) sleep_ns(kLookNs);
  return status_;
}

std::uint64_t Child::cpu_ns() const {
  std::uint64_t sum = 0;
  // Ends early when the child does.
  static_cast<void>(for_each_entry(fmt::format("/proc/{}/task", pid_), [&sum](const auto& task) {
    std::uint64_t ran = 0;
    if (std::ifstream(task.path() / "schedstat") >> ran) sum += ran;
  }));
  return sum;
}

std::uint64_t Child::peak_rss_kib() const {
  std::ifstream status(fmt::format("/proc/{}/status", pid_));
  std::string line;
  while (std::getline(status, line)) {
    if (line.compare(0, 6, "VmHWM:") == 0) return std::strtoull(line.c_str() + 6, nullptr, 10);
  }
  return 0;
}

bool Child::is_listening() const {
  std::ifstream table(fmt::format("/proc/{}/net/packet", pid_));
  std::string line;
  std::getline(table, line);  // the head: sk RefCnt Type Proto Iface R Rmem User Inode
  while (std::getline(table, line)) {
    std::istringstream words(line);
    std::string socket;
    std::string references;
    std::string type;
    std::string protocol;
    int interface = 0;
    int running = 0;
    words >> socket >> references >> type >> protocol >> interface >> running;
    if (words && interface != 0 && running == 1) return true;
  }
  return false;
}

std::string status_words(int wait_status) {
  if (WIFSIGNALED(wait_status)) return fmt::format("killed by signal {}", WTERMSIG(wait_status));
  return fmt::format("exit status {}", WEXITSTATUS(wait_status));
}

std::string output_of(const std::vector<std::string>& command) {
  if (command.empty()) return "";
  const std::filesystem::path log =
      std::filesystem::temp_directory_path() / fmt::format("capstan-bench-{}.log", ::getpid());
  std::string text;
  {
    Child child(command, {"", -1, log.string()});
    if (child.wait(5 * kNanosecondsPerSecond)) {
      std::ifstream file(log);
      text.resize(65536);
      file.read(text.data(), static_cast<std::streamsize>(text.size()));
      text.resize(static_cast<std::size_t>(file.gcount()));
    }
  }
  std::error_code ignored;
  std::filesystem::remove(log, ignored);
  return text;
}

bool is_installed(const std::string& program) {
  const char* const path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "/usr/sbin:/usr/bin:/sbin:/bin" : path);
  std::string folder;
  while (std::getline(folders, folder, ':')) {
    if (::access((folder + "/" + program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

std::string tail_of(const std::string& path, std::size_t most_bytes) {
  std::ifstream file(path);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (text.size() > most_bytes) text.erase(0, text.size() - most_bytes);
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  for (char& c : text) {
    if (c == '\n' || c == '\t') c = ' ';
  }
  return text;
}

}  // namespace capstan::bench
