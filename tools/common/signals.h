// Signals as events of the main thread's loop.
#pragma once

#include <atomic>
#include <initializer_list>

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

 private:
  UniqueFd fd_;
};

// For commands without such a loop: SIGINT, SIGTERM and SIGHUP make the flag true, and end the
// system call that is under way.
const std::atomic<bool>& stop_flag_on_signals();

}  // namespace capstan::tools
