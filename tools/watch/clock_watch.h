// ClockWatch: whether somebody set the wall clock while a recording runs.
//
// The packets' times, names of files and the turns of -b interval follow the wall clock; nothing
// else does (docs/clocks.md). So a clock that was set is told, in the log and in the file, and not
// acted on.
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

// Empty when this thread was held up between the two clocks: another look will do.
std::optional<ClockReading> read_clocks() noexcept;

struct ClockJump {
  bool forwards = false;
  std::uint64_t by_ns = 0;
  std::uint64_t now_ns = 0;  // the wall clock's new time
};

// One thread.
class ClockWatch {
 public:
  // What the clock was set by since the last look; nothing for less than kLeastNs. A clock that is
  // slewed (adjtimex(2), at most a twelfth) is as good as right between two looks.
  std::optional<ClockJump> look(const std::optional<ClockReading>& reading) noexcept;

  static constexpr std::uint64_t kLeastNs = 100'000'000;

 private:
  std::optional<ClockReading> last_;
};

// One line for people.
std::string clock_jump_text(const ClockJump& jump);

}  // namespace capstan::tools
