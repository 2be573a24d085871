// Signals as events in the main thread's loop, and the meaning of those that ask for the end.
#pragma once

#include <signal.h>

#include <atomic>
#include <cstdint>
#include <initializer_list>

#include "engine/core/clock.h"
#include "engine/core/unique_fd.h"

namespace capstan::tools {

// Blocks these signals for this thread and all threads it starts later, and makes them readable
// from a descriptor instead. To be created before any other thread. SIGPIPE is ignored from then
// on: a closed pipe is an error of the write.
class SignalEvents {
 public:
  explicit SignalEvents(std::initializer_list<int> signals);
  int descriptor() const noexcept { return fd_.get(); }
  // Returns the next signal, or 0 when none is pending.
  int take() noexcept;

  // While an object of this class exists, SIGINT, SIGTERM and SIGHUP end the process at once, as by
  // default. For work that may take long without checking for signals, such as libpcap's compiler
  // and name servers. Requires: nothing that has to be cleaned up, and no other thread.
  class Deadly {
   public:
    explicit Deadly(const SignalEvents& events) noexcept;
    ~Deadly();
    Deadly(const Deadly&) = delete;
    Deadly& operator=(const Deadly&) = delete;

   private:
    sigset_t before_;
  };

  // Whether SIGHUP was ignored when the process began: nohup(1). A blocked signal is delivered to
  // the descriptor even when it is ignored, so the caller has to ask.
  bool hangup_ignored() const noexcept { return hangup_ignored_; }
  // Whether the process had a terminal at the start and has lost it: the window was closed, the
  // connection dropped. Works inside the recorder's sandbox.
  bool terminal_gone() const noexcept;

 private:
  UniqueFd fd_;
  sigset_t set_;
  UniqueFd terminal_;
  bool hangup_ignored_ = false;
};

// The user's wish to end, made of signals. The first signal is the wish. Signals within the next
// second are the same wish repeated: timeout(1) signals the process and its group, a closing
// terminal signals both itself and through its shell. Later, only SIGINT means impatience: a person
// sent it.
class EndWish {
 public:
  static constexpr std::uint64_t kSameWishNs = kNanosecondsPerSecond;

  // Takes a signal that asks for the end. Returns true when it is a new wish and not a repetition.
  bool take(int signal, std::uint64_t now_ns) noexcept;
  bool made() const noexcept { return count_ != 0; }
  bool impatient() const noexcept { return impatient_; }
  // Number of wishes, without repetitions.
  int count() const noexcept { return count_; }

 private:
  int count_ = 0;
  bool impatient_ = false;
  std::uint64_t last_ns_ = 0;
};

// For commands without such a loop: returns a flag that SIGINT, SIGTERM and SIGHUP set to true.
// They also interrupt the system call that is under way.
const std::atomic<bool>& stop_flag_on_signals();
// Set by a further one of them, a second or more behind the first: for what still gives away what
// it has when it is asked to stop.
const std::atomic<bool>& impatience_flag() noexcept;

}  // namespace capstan::tools
