// Timeline: packets, bytes and losses by step of time, out of what is known of files and blocks.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/reader/set_reader.h"
#include "tools/serve/archive.h"

namespace capstan::serve {

inline constexpr std::uint64_t kMostSteps = 10'000;

// A round step with which a span has at most `wanted` steps: 1, 2 or 5 times a power of ten of
// milliseconds below a minute; 1, 2, 5, 10, 15, 30 minutes, 1, 2, 6, 12 hours, then days.
std::uint64_t round_step_ns(std::uint64_t span_ns, std::uint64_t wanted) noexcept;

struct Tick {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  std::uint64_t lost = 0;
};

// One thread. What is added lies between two moments and is spread evenly over them, so that the
// ticks together hold exactly what was added within the range.
class Timeline {
 public:
  // Requires: since < until, a step that makes at most kMostSteps. Begins at a multiple of the
  // step. `from_the_start`: nothing was recorded before. A loss may be said to have begun earlier,
  // when the recorder started, and belongs to the range all the same.
  Timeline(const TimeRange& range, std::uint64_t step_ns, bool from_the_start = false);

  void add(const BlockFact& block);
  // True when all of it lies in one step, so that its blocks need not be looked at.
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
