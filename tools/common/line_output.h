// LineOutput: lines to a descriptor that may be slow, full or gone, from threads that must not wait
// for it.
//
// What the log, the statistics and the names of finished files are written with. A line that the
// descriptor does not take is left out and counted; one of which a part has got through is finished
// in front of the next, so that a reader never meets half a line.
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
  // How long one call waits for a descriptor that takes nothing. It is waited for once: until it
  // takes something again the following calls do not wait at all.
  static constexpr int kPatienceMs = 50;

  explicit LineOutput(int fd) noexcept : fd_(fd) {}

  // Writes whole lines, each with its newline. 0, or the errno value for which they were left out:
  // EAGAIN when the descriptor took nothing, EPIPE when its reader has gone, ENOSPC and so on.
  int put(std::string_view lines, int patience_ms = kPatienceMs) noexcept;

  // Of what was begun, the rest. 0 when nothing is begun any more.
  int finish(int patience_ms) noexcept { return try_put({}, patience_ms); }
  // Writes what nobody misses, such as a line that is drawn anew: not counted.
  int draw(std::string_view text) noexcept;

  // Calls whose lines were left out, those of draw() not counted.
  std::uint64_t left_out() const noexcept { return left_out_.load(std::memory_order_relaxed); }

 private:
  int try_put(std::string_view lines, int patience_ms) noexcept;
  int write_locked(std::string_view lines, int patience_ms);

  const int fd_;
  std::mutex mutex_;  // of the two below
  std::string rest_;  // of a line that was begun
  bool stuck_ = false;
  std::atomic<std::uint64_t> left_out_{0};
};

}  // namespace capstan::tools
