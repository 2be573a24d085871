// Timeline: packets, bytes and losses per time step, from what is known of files and blocks.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/reader/set_reader.h"
#include "tools/serve/archive.h"

namespace capstan::serve {

inline constexpr std::uint64_t kMostSteps = 10'000;

// Returns a round step that divides a span into at most `wanted` steps: below a minute 1, 2 or 5
// times a power of ten of milliseconds; then 1, 2, 5, 10, 15, 30 minutes, 1, 2, 6, 12 hours, then
// days.
std::uint64_t round_step_ns(std::uint64_t span_ns, std::uint64_t wanted) noexcept;

struct Tick {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  std::uint64_t lost = 0;
};

// One thread. An amount added for a time interval is spread evenly over it, so that all ticks
// together hold exactly what was added within the range.
class Timeline {
 public:
  // Requires: since < until, and a step that gives at most kMostSteps. Begins at a multiple of the
  // step. `from_the_start`: nothing was recorded before the range; a loss that is reported as begun
  // earlier, when the recorder started, then belongs to the range.
  Timeline(const TimeRange& range, std::uint64_t step_ns, bool from_the_start = false);

  void add(const BlockFact& block);
  // Whether the interval lies in one step, so that its blocks need not be read.
  bool in_one_step(std::uint64_t first_ns, std::uint64_t last_ns) const noexcept;

  std::uint64_t begin_ns() const noexcept { return begin_ns_; }
  const std::vector<Tick>& ticks() const noexcept { return ticks_; }

 private:
  void spread(std::uint64_t first_ns, std::uint64_t last_ns, std::uint64_t amount,
              std::uint64_t Tick::*member);

  std::uint64_t begin_ns_;
  std::uint64_t step_ns_;
  bool from_the_start_;
  std::vector<Tick> ticks_;
};

}  // namespace capstan::serve
