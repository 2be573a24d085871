// PerfCounters: instructions and cache misses of the calling thread, where the machine counts them.
#pragma once

#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>

#include "engine/core/unique_fd.h"

namespace capstan::bench {

// Counts between start() and stop(), adding up over several such spans. On machines without
// hardware counters (most virtual ones) report() says so and adds no numbers.
class PerfCounters {
 public:
  PerfCounters();
  void start() noexcept;
  void stop() noexcept;
  // Adds "instructions/packet" and "cache-misses/packet", or the label "no hardware counters".
  void report(benchmark::State& state, std::uint64_t packets) const;

 private:
  static constexpr std::size_t kEvents = 2;
  std::array<UniqueFd, kEvents> events_;  // the first leads the group
  bool available_ = false;
};

}  // namespace capstan::bench
