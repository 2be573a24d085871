// Counters that one thread adds to and other threads read.
#pragma once

#include <atomic>
#include <cstdint>

namespace capstan {

// A counter with one writing thread. A reader never sees a half-written value, but reads several
// counters at slightly different moments; exact sums are available after the writer has ended.
class Counter {
 public:
  // Called by the writing thread only: a plain load and store, no locked instruction.
  void add(std::uint64_t amount) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  void set(std::uint64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
  std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace capstan
