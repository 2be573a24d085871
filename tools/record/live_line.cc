#include "tools/record/live_line.h"

#include <utility>

#include "engine/core/clock.h"
#include "tools/common/log.h"

namespace capstan::tools {

namespace {

constexpr std::uint64_t kIntervalNs = 500 * kNanosecondsPerMillisecond;

}  // namespace

LiveLine::LiveLine(bool quiet) : shown_(!quiet && standard_log().terminal().can_redraw()) {}

void LiveLine::begin(std::uint64_t now_ns) noexcept { next_ns_ = last_ns_ = now_ns; }

void LiveLine::draw(std::uint64_t now_ns, RecordStats stats) {
  Log& log = standard_log();
  log.draw_live(live_text(stats, last_, now_ns - last_ns_, log.terminal().columns()));
  last_ = std::move(stats);
  last_ns_ = now_ns;
  next_ns_ = now_ns + kIntervalNs;
}

}  // namespace capstan::tools
