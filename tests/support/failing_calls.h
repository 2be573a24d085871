// FailingCalls: a program of a test whose Nth system call of some kind fails, whatever it is built
// with and whoever makes the call, libraries too.
//
// By a seccomp filter that asks the test about every such call (seccomp_unotify(2)). Needs root.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "engine/core/unique_fd.h"

namespace capstan::test {

struct CallFault {
  std::vector<int> calls = {};  // numbers of the system calls that are looked at (SYS_write, ...)
  int fd = -1;                  // only those with this descriptor as first argument; -1: all
  std::string path = {};        // only those with a descriptor of this file; empty: all
  int counted_from = -1;        // only those after the first of this call; -1: from exec on
  std::uint64_t nth = 0;        // which of them fails, from 1; 0: none
  std::uint64_t in_a_row = 1;
  int error = 5;  // EIO
  // Called on the test's own thread before such a call is answered; the caller waits as long.
  std::function<void()> before_answer = {};
};

class FailingCalls {
 public:
  explicit FailingCalls(CallFault fault);
  ~FailingCalls();
  FailingCalls(const FailingCalls&) = delete;
  FailingCalls& operator=(const FailingCalls&) = delete;

  // For ProcessOptions::in_child.
  std::function<void()> in_child();
  // Calls counted so far, and the name of the one that failed.
  std::uint64_t counted() const noexcept { return counted_.load(); }
  bool hit() const noexcept { return hit_call_.load() >= 0; }
  int hit_call() const noexcept { return hit_call_.load(); }

 private:
  void serve();
  void answer(int listener);
  bool is_meant(std::uint32_t thread, std::uint64_t first_argument) const;

  const CallFault fault_;
  UniqueFd ours_;
  UniqueFd childs_;
  UniqueFd stop_;
  std::atomic<std::uint64_t> counted_{0};
  std::atomic<int> hit_call_{-1};
  bool counting_ = false;
  std::thread thread_;
};

}  // namespace capstan::test
