// RateSearch against machines whose limit is known.
#include <gtest/gtest.h>

#include "tools/bench/rate_search.h"

namespace capstan::bench {
namespace {

// Searches a machine that loses packets above `limit`.
RateSearch search_for(double limit, RateSearchOptions options) {
  RateSearch search(options);
  while (const auto load = search.next()) search.record(*load, *load <= limit);
  return search;
}

TEST(RateSearch, TheLargestLoadAloneWhenNothingIsLostThere) {
  const RateSearch search = search_for(1e9, {.largest = 1e6});
  EXPECT_EQ(search.trials(), 1);
  EXPECT_EQ(search.highest_without_loss(), 1e6);
  EXPECT_EQ(search.lowest_with_loss(), 0);
}

TEST(RateSearch, EndsWithinTheResolutionForEveryLimit) {
  const RateSearchOptions options{
      .largest = 1e6, .smallest = 1e3, .resolution = 0.02, .most_trials = 40};
  for (double limit = 2e3; limit < 1e6; limit *= 1.3) {
    const RateSearch search = search_for(limit, options);
    EXPECT_LE(search.highest_without_loss(), limit);
    EXPECT_GE(search.lowest_with_loss(), limit);
    EXPECT_GE(search.highest_without_loss(), limit * 0.979) << limit;
    EXPECT_LT(search.trials(), 18) << limit;
  }
}

TEST(RateSearch, FromAGuessInFewTrialsWhereverTheLimitIs) {
  const RateSearchOptions options{
      .largest = 1e6, .first = 1e5, .smallest = 1e3, .resolution = 0.05, .most_trials = 40};
  for (double limit = 2e3; limit < 2e6; limit *= 1.3) {
    const RateSearch search = search_for(limit, options);
    EXPECT_LE(search.highest_without_loss(), limit);
    EXPECT_GE(search.highest_without_loss(), std::min(limit, 1e6) * 0.949) << limit;
  }
  EXPECT_LE(search_for(1.1e5, options).trials(), 5);
  EXPECT_LE(search_for(0.9e5, options).trials(), 5);
}

// However far the guess is off and however few trials there are, "no loss" is said of the largest
// load alone.
TEST(RateSearch, NeverCallsAGuessTheLimit) {
  for (const double first : {1e3, 1e4, 1e5, 9e5, 1e6, 2e6}) {
    const RateSearch search = search_for(1e9, {.largest = 1e6, .first = first, .most_trials = 3});
    EXPECT_EQ(search.highest_without_loss(), 1e6) << first;
    EXPECT_LE(search.trials(), 3);
  }
}

TEST(RateSearch, BeginsBetweenWhatIsKnown) {
  const RateSearchOptions options{
      .largest = 1e6, .known_good = 1e5, .known_bad = 4e5, .resolution = 0.05, .most_trials = 40};
  EXPECT_NEAR(*RateSearch(options).next(), 2e5, 1);
  const RateSearch search = search_for(3e5, options);
  EXPECT_LE(search.highest_without_loss(), 3e5);
  EXPECT_GE(search.highest_without_loss(), 3e5 * 0.949);
  EXPECT_LE(search.trials(), 5);
  EXPECT_EQ(*RateSearch({.largest = 1e6, .known_good = 1e5}).next(), 1e6);
  // A loss below what went well: nothing is known to be good.
  EXPECT_LT(*RateSearch({.largest = 1e6, .known_good = 4e5, .known_bad = 1e5}).next(), 1e5);
}

TEST(RateSearch, EndsWhereTheGeneratorEnds) {
  RateSearch search({.largest = 1e6, .first = 1e5});
  search.record(1e5, true);
  EXPECT_GT(*search.next(), 1e5);
  search.record_top(1.2e5);
  EXPECT_FALSE(search.next());
  EXPECT_EQ(search.highest_without_loss(), 1.2e5);
  EXPECT_EQ(search.lowest_with_loss(), 0);
}

TEST(RateSearch, GivesUpAtTheSmallestLoad) {
  const RateSearch search =
      search_for(0, {.largest = 1e6, .smallest = 1e4, .resolution = 0.05, .most_trials = 40});
  EXPECT_EQ(search.highest_without_loss(), 0);
  EXPECT_EQ(search.lowest_with_loss(), 1e4);
}

TEST(RateSearch, StopsAfterTheMostTrials) {
  const RateSearch search =
      search_for(123456, {.largest = 1e6, .smallest = 1, .resolution = 0.001, .most_trials = 5});
  EXPECT_EQ(search.trials(), 5);
}

TEST(RateSearch, NothingToTryWithoutAGenerator) { EXPECT_FALSE(RateSearch({.largest = 0}).next()); }

TEST(RateSearch, ALossBelowALoadThatWentWellIsBelieved) {
  RateSearch search({.largest = 100, .smallest = 1, .resolution = 0.05, .most_trials = 20});
  search.record(100, false);
  search.record(50, true);
  search.record(40, false);  // noise: the good word about 50 no longer counts
  EXPECT_EQ(search.highest_without_loss(), 0);
  EXPECT_EQ(search.lowest_with_loss(), 40);
  ASSERT_TRUE(search.next());
  EXPECT_LT(*search.next(), 40);
}

}  // namespace
}  // namespace capstan::bench
