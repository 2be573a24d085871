#include "engine/index/block_flows.h"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>

#include "engine/core/clock.h"

namespace capstan {

HashSeed HashSeed::random() noexcept {
  HashSeed seed;
  if (::getrandom(&seed, sizeof(seed), 0) != static_cast<ssize_t>(sizeof(seed))) {
    // Only in kernels older than any supported. Not secret, but different each time.
    seed.a = wall_clock_ns() * 0x9E3779B97F4A7C15U;
    seed.b = monotonic_clock_ns() ^ reinterpret_cast<std::uintptr_t>(&seed);
  }
  return seed;
}

void BlockFlows::begin() {
  // Emptying the few slots in use one by one is cheaper than all of a table that once was large.
  if (flows_.size() * 8 < slots_.size()) {
    const std::size_t mask = slots_.size() - 1;
    for (const BlockFlow& flow : flows_) {
      // Clears from the home to the end of its run: every entry of a run is a flow of this block.
      for (std::size_t at = flow.hash & mask; slots_[at] != 0; at = (at + 1) & mask) slots_[at] = 0;
    }
  } else {
    std::fill(slots_.begin(), slots_.end(), 0);
  }
  flows_.clear();
  unkeyed_ = {};
}

void BlockFlows::grow() {
  std::vector<std::uint64_t> larger(slots_.size() * 2, 0);
  const std::size_t mask = larger.size() - 1;
  for (std::size_t i = 0; i < flows_.size(); ++i) {
    std::size_t at = flows_[i].hash & mask;
    while (larger[at] != 0) at = (at + 1) & mask;
    larger[at] = (flows_[i].hash & ~std::uint64_t{0xffffffff}) | (i + 1);
  }
  slots_.swap(larger);
}

}  // namespace capstan
