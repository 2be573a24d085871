#include "tools/serve/timeline.h"

#include <algorithm>

#include "engine/core/clock.h"

namespace capstan::serve {

std::uint64_t round_step_ns(std::uint64_t span_ns, std::uint64_t wanted) noexcept {
  constexpr std::uint64_t kMinute = 60 * kNanosecondsPerSecond;
  constexpr std::uint64_t kHour = 60 * kMinute;
  constexpr std::uint64_t kDay = 24 * kHour;
  constexpr std::uint64_t kTimes[] = {1, 2, 5};
  constexpr std::uint64_t kMinutes[] = {1, 2, 5, 10, 15, 30, 60, 120, 360, 720};
  const std::uint64_t least = span_ns / std::max<std::uint64_t>(wanted, 1) + 1;
  for (std::uint64_t unit = kNanosecondsPerMillisecond; unit < kMinute; unit *= 10) {
    for (const std::uint64_t times : kTimes) {
      if (unit * times >= least && unit * times < kMinute) return unit * times;
    }
  }
  for (const std::uint64_t minutes : kMinutes) {
    if (minutes * kMinute >= least) return minutes * kMinute;
  }
  std::uint64_t days = 1;
  while (days * kDay < least && days < 1'000'000) days *= 2;
  return days * kDay;
}

Timeline::Timeline(const TimeRange& range, std::uint64_t step_ns, bool from_the_start)
    : begin_ns_(range.since_ns - range.since_ns % step_ns),
      step_ns_(step_ns),
      from_the_start_(from_the_start) {
  const std::uint64_t steps = (range.until_ns - begin_ns_ - 1) / step_ns + 1;
  ticks_.resize(std::min(steps, kMostSteps));
}

bool Timeline::in_one_step(std::uint64_t first_ns, std::uint64_t last_ns) const noexcept {
  return first_ns >= begin_ns_ && first_ns / step_ns_ == last_ns / step_ns_;
}

void Timeline::spread(std::uint64_t first_ns, std::uint64_t last_ns, std::uint64_t amount,
                      std::uint64_t Tick::*member) {
  if (amount == 0) return;
  last_ns = std::max(first_ns, last_ns);
  const std::uint64_t end_ns = begin_ns_ + step_ns_ * ticks_.size();
  if (last_ns < begin_ns_ || first_ns >= end_ns) return;
  const auto span = static_cast<long double>(last_ns - first_ns) + 1;
  // How much of it lies before a moment: what is given to a step is the difference of two of these,
  // so that nothing is lost in rounding.
  const auto before = [&](std::uint64_t ns) {
    if (ns <= first_ns) return std::uint64_t{0};
    if (ns > last_ns) return amount;
    return static_cast<std::uint64_t>(static_cast<long double>(amount) *
                                      (static_cast<long double>(ns - first_ns) / span));
  };
  std::uint64_t step = first_ns <= begin_ns_ ? 0 : (first_ns - begin_ns_) / step_ns_;
  std::uint64_t given = before(begin_ns_ + step * step_ns_);
  for (; step < ticks_.size(); ++step) {
    const std::uint64_t edge = begin_ns_ + (step + 1) * step_ns_;
    const std::uint64_t upto = before(edge);
    ticks_[step].*member += upto - given;
    given = upto;
    if (edge > last_ns) break;
  }
}

void Timeline::add(const BlockFact& block) {
  spread(block.first_ns, block.last_ns, block.packets, &Tick::packets);
  spread(block.first_ns, block.last_ns, block.bytes, &Tick::bytes);
  std::uint64_t from = block.loss_begin_ns != 0 ? block.loss_begin_ns : block.first_ns;
  if (from_the_start_) from = std::max(from, begin_ns_);
  const std::uint64_t to = block.loss_end_ns != 0 ? block.loss_end_ns : block.last_ns;
  spread(from, to, block.dropped, &Tick::lost);
}

}  // namespace capstan::serve
