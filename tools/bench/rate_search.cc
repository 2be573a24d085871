#include "tools/bench/rate_search.h"

#include <algorithm>
#include <cmath>

namespace capstan::bench {

namespace {

// A recorder that keeps a hundredth of the largest load is found in few steps; one whose limit at
// another frame size is known is near it.
constexpr double kStep = 3;
constexpr double kGuessedStep = 1.5;

}  // namespace

RateSearch::RateSearch(RateSearchOptions options) noexcept
    : options_(options), good_(options.known_good), bad_(options.known_bad) {
  distrust_contradiction();
}

std::optional<double> RateSearch::next() const noexcept {
  if (options_.largest <= 0 || trials_ >= options_.most_trials) return std::nullopt;
  const double first = std::min(options_.first, options_.largest);
  if (bad_ == 0) {
    if (trials_ != 0 && good_ >= options_.largest * (1 - options_.resolution)) return std::nullopt;
    if (first <= 0 || options_.known_good != 0 || trials_ > 1) return options_.largest;
    return trials_ == 0 ? first : std::min(good_ * kGuessedStep, options_.largest);
  }
  const double floor = std::min(options_.smallest, options_.largest);
  if (good_ == 0) {
    const double lower = std::max(bad_ / (first > 0 ? kGuessedStep : kStep), floor);
    if (lower >= bad_ * (1 - options_.resolution)) return std::nullopt;
    return lower;
  }
  if (trials_ != 0 && good_ >= bad_ * (1 - options_.resolution)) return std::nullopt;
  return std::sqrt(good_ * bad_);
}

void RateSearch::record(double load, bool lossless) noexcept {
  ++trials_;
  if (lossless) {
    good_ = std::max(good_, load);
  } else {
    bad_ = bad_ == 0 ? load : std::min(bad_, load);
  }
  distrust_contradiction();
}

// Noise can put a loss below a load that went well: the word of the lower one is taken.
void RateSearch::distrust_contradiction() noexcept {
  if (bad_ != 0 && good_ >= bad_) good_ = 0;
}

void RateSearch::record_top(double load) noexcept {
  options_.largest = load;
  record(load, true);
}

}  // namespace capstan::bench
