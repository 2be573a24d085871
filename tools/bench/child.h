// Child: another program, run in a network namespace and on a CPU, with its output in a log file.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace capstan::bench {

struct ChildOptions {
  std::string netns;           // name under /run/netns; empty: the present one
  int cpu = -1;                // -1: any
  std::string log;             // for both outputs; empty: discarded
  std::string directory = {};  // its working directory; empty: the present one
};

// Owns the process: the destructor kills and reaps it, and it dies with this process. It has a
// process group of its own, so that Ctrl+C on the terminal does not reach it.
class Child {
 public:
  // Throws std::system_error when the program cannot be started.
  Child(std::vector<std::string> command, const ChildOptions& options);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const noexcept { return pid_; }
  void signal(int number) const noexcept;
  // Its wait status if it has ended. Never waits.
  std::optional<int> try_wait() noexcept;
  // The same, but waits for at most `timeout_ns`.
  std::optional<int> wait(std::uint64_t timeout_ns) noexcept;

  // CPU time of all its threads, from /proc/PID/task/*/schedstat.
  std::uint64_t cpu_ns() const;
  std::uint64_t peak_rss_kib() const;  // VmHWM
  // Whether it has a packet socket that is bound to an interface and receives from it
  // (/proc/net/packet of its namespace, column R).
  bool is_listening() const;

 private:
  pid_t pid_ = -1;
  std::optional<int> status_;
};

// "exit status 1", "killed by signal 9".
std::string status_words(int wait_status);

// What a program printed on both outputs, at most 64 KiB; empty when it could not be run.
std::string output_of(const std::vector<std::string>& command);

// Whether the program is found in PATH.
bool is_installed(const std::string& program);

// The last lines of a text file, joined to one line.
std::string tail_of(const std::string& path, std::size_t most_bytes);

}  // namespace capstan::bench
