// Signals as events of the main thread's loop, and what is made of those that ask for the end.
#pragma once

#include <signal.h>

#include <atomic>
#include <cstdint>
#include <initializer_list>

#include "engine/core/clock.h"
#include "engine/core/unique_fd.h"

namespace capstan::tools {

// Blocks these signals for this thread and all it starts afterwards, and makes them readable
// instead. Make it before any other thread. SIGPIPE is ignored from then on: a closed pipe is an
// error of the write.
class SignalEvents {
 public:
  explicit SignalEvents(std::initializer_list<int> signals);
  int descriptor() const noexcept { return fd_.get(); }
  // The next signal, or 0 when none is waiting.
  int take() noexcept;

  // While one lives, SIGINT, SIGTERM and SIGHUP end the process at once, as by default: around work
  // that may take long and looks at nothing meanwhile, such as libpcap's compiler and name servers.
  // Requires: nothing that must be put in order, and one thread.
  class Deadly {
   public:
    explicit Deadly(const SignalEvents& events) noexcept;
    ~Deadly();
    Deadly(const Deadly&) = delete;
    Deadly& operator=(const Deadly&) = delete;

   private:
    sigset_t before_;
  };

  // Whether SIGHUP was ignored when the process began: nohup(1). A signal that is blocked is not
  // discarded for that, it has to be asked.
  bool hangup_ignored() const noexcept { return hangup_ignored_; }
  // Whether there was a terminal at the start, and it is not ours any more: its window was closed,
  // the connection dropped. Works behind the recorder's sandbox.
  bool terminal_gone() const noexcept;

 private:
  UniqueFd fd_;
  sigset_t set_;
  UniqueFd terminal_;
  bool hangup_ignored_ = false;
};

// The end as signals ask for it. The first of them is the wish. What follows within a second is the
// same wish said again: timeout(1) signals the process and its group, a closing terminal both
// itself and through its shell. Later, only SIGINT is impatience: somebody sits there.
class EndWish {
 public:
  static constexpr std::uint64_t kSameWishNs = kNanosecondsPerSecond;

  // Takes a signal that asks for the end. True when it says something new.
  bool take(int signal, std::uint64_t now_ns) noexcept;
  bool made() const noexcept { return count_ != 0; }
  bool impatient() const noexcept { return impatient_; }
  // Of wishes that said something new.
  int count() const noexcept { return count_; }

 private:
  int count_ = 0;
  bool impatient_ = false;
  std::uint64_t last_ns_ = 0;
};

// For commands without such a loop: SIGINT, SIGTERM and SIGHUP make the flag true, and end the
// system call that is under way.
const std::atomic<bool>& stop_flag_on_signals();

}  // namespace capstan::tools
