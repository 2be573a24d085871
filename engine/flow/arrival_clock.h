// ArrivalClock: how long ago something arrived, when the packets' own times cannot be trusted.
//
// A packet's time may jump: a single packet dated 2063, a clock that was set, a second file that is
// older than the first. Idle time is therefore measured on a separate clock. It advances with the
// packets' times while these progress evenly and stands still over a jump, so that a flow is never
// given up because another flow's clock jumped. In a live capture it follows the monotonic clock
// and ignores the packets' times.
#pragma once

#include <cstdint>

namespace capstan {

// One thread.
class ArrivalClock {
 public:
  // A larger step between two packets is a jump, or silence. The two cannot be told apart, and
  // keeping a flow too long costs less than splitting one.
  static constexpr std::uint64_t kJumpNs = 5'000'000'000;

  // A packet with this time has arrived.
  void on_packet(std::uint64_t packet_ns) noexcept {
    if (ticking_) return;
    if (!started_) {
      started_ = true;
      newest_ns_ = packet_ns;
    } else if (packet_ns > newest_ns_) {
      if (packet_ns - newest_ns_ <= kJumpNs) now_ns_ += packet_ns - newest_ns_;
      newest_ns_ = packet_ns;
    } else if (newest_ns_ - packet_ns > kJumpNs) {
      newest_ns_ = packet_ns;
    }
  }
  // Live capture: the present time of the monotonic clock. From the first tick on, packets no
  // longer move this clock.
  void on_tick(std::uint64_t monotonic_ns) noexcept {
    if (ticking_ && monotonic_ns > tick_ns_) now_ns_ += monotonic_ns - tick_ns_;
    ticking_ = true;
    tick_ns_ = monotonic_ns;
  }

  // Nanoseconds since the first packet or tick. Never goes backwards.
  std::uint64_t now_ns() const noexcept { return now_ns_; }

 private:
  std::uint64_t now_ns_ = 0;
  std::uint64_t newest_ns_ = 0;
  std::uint64_t tick_ns_ = 0;
  bool started_ = false;
  bool ticking_ = false;
};

}  // namespace capstan
