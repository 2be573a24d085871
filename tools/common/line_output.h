// LineOutput: writes lines to a descriptor that may be slow, full or closed, from threads that must
// not wait for it.
//
// Used for the log, the statistics and the names of finished files. A line that the descriptor does
// not accept is dropped and counted. Of a partly written line the rest is written before the next
// one, so that a reader never sees half a line.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace capstan::tools {

// Any thread. Borrows the descriptor.
class LineOutput {
 public:
  // How long one call waits for a descriptor that accepts nothing, milliseconds. After one such
  // wait the following calls do not wait at all until the descriptor accepts something again.
  static constexpr int kPatienceMs = 50;

  explicit LineOutput(int fd) noexcept : fd_(fd) {}

  // Writes complete lines, each with its newline. Returns 0, or the errno value why they were
  // dropped: EAGAIN when the descriptor accepted nothing, EPIPE when its reader has gone, ENOSPC
  // and so on.
  int put(std::string_view lines, int patience_ms = kPatienceMs) noexcept;

  // Writes the rest of a partly written line. Returns 0 when no rest is left, else an errno value.
  int finish(int patience_ms) noexcept { return try_put({}, patience_ms); }
  // Writes text that may be lost without harm, such as a line that is redrawn soon: not counted.
  int draw(std::string_view text) noexcept;

  // Number of calls whose lines were dropped, not counting draw().
  std::uint64_t left_out() const noexcept { return left_out_.load(std::memory_order_relaxed); }

 private:
  int try_put(std::string_view lines, int patience_ms) noexcept;
  int write_locked(std::string_view lines, int patience_ms);

  const int fd_;
  std::mutex mutex_;  // protects rest_ and stuck_
  std::string rest_;  // of a partly written line
  bool stuck_ = false;
  std::atomic<std::uint64_t> left_out_{0};
};

}  // namespace capstan::tools
