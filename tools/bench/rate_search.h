// RateSearch: which load to try next, to find the highest one without loss (RFC 2544 section 26.1).
//
// Pure: the caller makes the trial and tells what came of it. The first load is the largest, or one
// that is likely to be near the limit (then half as much more, then the largest). After a loss it
// goes down in steps until the limit lies between two loads, and that interval is halved until it
// is small enough. Loads whose outcome is known already spare their trials.
#pragma once

#include <optional>

namespace capstan::bench {

struct RateSearchOptions {
  double largest = 0;        // what the generator can do
  double first = 0;          // tried first when nothing is known; 0: the largest
  double known_good = 0;     // recorded whole before; 0: nothing is known
  double known_bad = 0;      // lost packets before; 0: nothing is known
  double smallest = 0;       // loads below this are not tried
  double resolution = 0.05;  // ends when highest-without is within this share of lowest-with
  int most_trials = 7;
};

class RateSearch {
 public:
  explicit RateSearch(RateSearchOptions options) noexcept;

  // The load to try, or nothing when the search is over.
  // With at least three trials allowed it is over only when a loss is known or the largest load was
  // recorded whole.
  std::optional<double> next() const noexcept;
  // What came of the load that next() gave. A trial that failed counts as one with loss.
  void record(double load, bool lossless) noexcept;
  // The generator reached no more than this, and it was recorded whole: nothing above can be tried.
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
