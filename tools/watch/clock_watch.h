// ClockWatch: notices when somebody sets the wall clock during a recording.
//
// Only packet timestamps, file names and the file changes of -b interval follow the wall clock
// (docs/clocks.md). So a change of the clock is reported, in the log and in the file, and nothing
// else is done.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace capstan::tools {

// Both clocks at one moment.
struct ClockReading {
  std::uint64_t wall_ns = 0;  // since 1970
  std::uint64_t boot_ns = 0;  // engine/core/boot_clock.h
};

// Reads both clocks. Empty when this thread was delayed between the two readings: try again later.
std::optional<ClockReading> read_clocks() noexcept;

struct ClockJump {
  bool forwards = false;
  // Size of the jump.
  std::uint64_t by_ns = 0;
  std::uint64_t now_ns = 0;  // the wall clock's new time
};

// One thread.
class ClockWatch {
 public:
  // Returns by how much the clock was set since the last call with a reading; empty for less than
  // kLeastNs. Slewing of the clock (adjtimex(2), at most a twelfth) is too small to matter between
  // two calls.
  std::optional<ClockJump> look(const std::optional<ClockReading>& reading) noexcept;

  static constexpr std::uint64_t kLeastNs = 100'000'000;

 private:
  std::optional<ClockReading> last_;
};

// One line for people that describes the jump.
std::string clock_jump_text(const ClockJump& jump);

}  // namespace capstan::tools
