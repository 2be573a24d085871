// Process: a program run by a test, with what it printed, and never left behind.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "engine/core/unique_fd.h"
#include "tests/support/wait_until.h"

namespace capstan::test {

struct ProcessOptions {
  // Runs in the child in front of exec; async-signal-safe calls only.
  std::function<void()> in_child;
  int stdout_fd = -1;  // -1: kept for out()
  // What wait() calls too long. Only a program that has much to do needs another one.
  std::chrono::seconds patience{60};
};

// Owns the child: destroying this kills and reaps it, and the kernel kills it when the test dies.
// Output goes to memory, so a child never waits for its test to read.
class Process {
 public:
  explicit Process(std::vector<std::string> arguments, ProcessOptions options = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const noexcept { return pid_; }
  void signal(int number) const;
  bool is_running();
  // Its exit status, or 128 + the signal that ended it. One that does not end within a generous
  // time is killed (then 137) and said so.
  int wait();
  // What it has printed so far.
  std::string out() const;
  std::string err() const;

 private:
  void set_status(int status);

  std::vector<std::string> arguments_;
  std::chrono::seconds patience_;
  pid_t pid_ = -1;
  bool ended_ = false;
  int status_ = 0;
  UniqueFd out_;
  UniqueFd err_;
};

struct ProcessResult {
  int status = 0;
  std::string out;
  std::string err;
};

// Runs a program to its end.
ProcessResult run(std::vector<std::string> arguments, ProcessOptions options = {});
// Runs a shell command that must succeed; throws with its output if not.
void shell(const std::string& command);

// The value of "KEY:" in a /proc/PID/status or /proc/PID/task/TID/status; "no KEY" without one.
std::string status_line(const std::filesystem::path& file, const std::string& key);
// Unmounts, waiting while a process that has just gone still holds a file there: the kernel takes
// an io_uring apart after it has reported the end of its process. Throws when it stays busy.
void unmount(const std::string& where);

}  // namespace capstan::test
