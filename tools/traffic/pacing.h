// When the next frame is due: rates, bursts, and the fixed-point time they use.
//
// Time is kept in units of 2^-16 ns since the run's start (three days fit), so that the cost of one
// frame at 100 million frames a second still has 20 significant bits and the rate does not drift.
#pragma once

#include <cstdint>

#include "engine/core/clock.h"

namespace capstan::traffic {

inline constexpr unsigned kPaceShift = 16;

// At most one of the two rates may be set; none: as fast as possible.
struct PaceOptions {
  double packets_per_second = 0;
  double bits_per_second = 0;      // of the frames as AF_PACKET shows them
  std::uint64_t burst_on_ns = 0;   // both 0: a steady rate; else frames only in the first on_ns
  std::uint64_t burst_off_ns = 0;  // of every on_ns + off_ns, at the rate given

  bool is_paced() const noexcept { return packets_per_second > 0 || bits_per_second > 0; }
  bool has_bursts() const noexcept { return burst_on_ns > 0 && burst_off_ns > 0; }
};

// The time of one frame of `frame_size` bytes at the wanted rate; 0 when not paced.
std::uint64_t pace_cost(const PaceOptions& options, std::uint32_t frame_size) noexcept;

// Decides for each frame whether it is due. The kernel program follows the same rules
// (xdp_program.cc).
class Pacer {
 public:
  explicit Pacer(const PaceOptions& options) noexcept : options_(options) {}

  // Returns the nanoseconds from `now_ns` (since the run's start) until a frame may be sent; 0:
  // now.
  std::uint64_t wait_ns(std::uint64_t now_ns) noexcept;

  // To be called when a frame of this cost is sent.
  void spend(std::uint64_t cost) noexcept { due_ += cost; }

 private:
  PaceOptions options_;
  std::uint64_t due_ = 0;  // when the next frame is due
};

}  // namespace capstan::traffic
