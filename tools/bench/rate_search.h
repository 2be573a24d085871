// RateSearch: selects the next load to try, to find the highest one without loss (RFC 2544 section
// 26.1).
//
// Pure: the caller runs the trial and reports its result. The first load is the largest, or one
// that is likely to be near the limit (then half as much more, then the largest). After a loss the
// load is reduced in steps until the limit lies between two loads, and that interval is halved
// until it is small enough. Results known before save trials.
#pragma once

#include <optional>

namespace capstan::bench {

struct RateSearchOptions {
  double largest = 0;        // what the generator can do
  double first = 0;          // tried first when nothing is known; 0: the largest
  double known_good = 0;     // recorded without loss before; 0: nothing is known
  double known_bad = 0;      // lost packets before; 0: nothing is known
  double smallest = 0;       // loads below this are not tried
  double resolution = 0.05;  // ends when the two limits differ by less than this share
  int most_trials = 7;
};

class RateSearch {
 public:
  explicit RateSearch(RateSearchOptions options) noexcept;

  // Returns the load to try, or nothing when the search is over. If at least three trials are
  // allowed, it is over only when a load with loss is known or the largest load was recorded
  // without loss.
  std::optional<double> next() const noexcept;
  // Reports the result of the load that next() returned. A failed trial counts as one with loss.
  void record(double load, bool lossless) noexcept;
  // The generator reached no more than this load, and it was recorded without loss: no higher load
  // can be tried.
  void record_top(double load) noexcept;

  double highest_without_loss() const noexcept { return good_; }  // 0: none
  double lowest_with_loss() const noexcept { return bad_; }       // 0: none
  int trials() const noexcept { return trials_; }

 private:
  void distrust_contradiction() noexcept;

  RateSearchOptions options_;
  double good_ = 0;
  double bad_ = 0;
  int trials_ = 0;
};

}  // namespace capstan::bench
