#include "tools/bench/rate_search.h"

#include <algorithm>
#include <cmath>

namespace capstan::bench {

std::optional<double> RateSearch::next() const noexcept {
  if (options_.largest <= 0 || trials_ >= options_.most_trials) return std::nullopt;
  if (trials_ == 0) return options_.largest;
  if (bad_ == 0) return std::nullopt;  // no loss at the largest
  const double floor = std::min(options_.smallest, options_.largest);
  if (good_ == 0) {
    // Nothing good is known: a recorder that keeps a hundredth of the load is found in few steps
    // by going down geometrically.
    const double lower = std::max(bad_ / 3, floor);
    if (lower >= bad_ * (1 - options_.resolution)) return std::nullopt;
    return lower;
  }
  if (good_ >= bad_ * (1 - options_.resolution)) return std::nullopt;
  return std::sqrt(good_ * bad_);
}

void RateSearch::record(double load, bool lossless) noexcept {
  ++trials_;
  if (lossless) {
    good_ = std::max(good_, load);
  } else {
    bad_ = bad_ == 0 ? load : std::min(bad_, load);
  }
  // Noise can put a loss below a load that went well: the word of the lower one is taken.
  if (bad_ != 0 && good_ >= bad_) good_ = 0;
}

}  // namespace capstan::bench
