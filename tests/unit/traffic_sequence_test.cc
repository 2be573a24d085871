// The tracker of sequence numbers against a plain set, in every order.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <vector>

#include "tools/traffic/sequence_tracker.h"

namespace capstan::traffic {
namespace {

std::vector<SequenceRange> gaps(const SequenceTracker& tracker, SequenceRange range) {
  std::vector<SequenceRange> found;
  tracker.for_each_missing(range, [&found](SequenceRange gap) {
    found.push_back(gap);
    return true;
  });
  return found;
}

std::vector<SequenceRange> gaps(const std::set<std::uint64_t>& seen, SequenceRange range) {
  std::vector<SequenceRange> found;
  for (std::uint64_t number = range.first; number <= range.last; ++number) {
    if (seen.contains(number)) continue;
    if (!found.empty() && found.back().last + 1 == number) {
      found.back().last = number;
    } else {
      found.push_back({number, number});
    }
  }
  return found;
}

// Everything a tracker says, against the plain definition.
void expect_same(const std::vector<std::uint64_t>& numbers, SequenceRange range) {
  SequenceTracker tracker;
  std::set<std::uint64_t> seen;
  std::uint64_t duplicates = 0;
  std::uint64_t reordered = 0;
  std::uint64_t highest = 0;
  for (const std::uint64_t number : numbers) {
    tracker.add(number);
    if (!seen.insert(number).second) {
      ++duplicates;
    } else if (number < highest) {
      ++reordered;
    }
    highest = std::max(highest, number);
  }
  EXPECT_EQ(tracker.unique(), seen.size());
  EXPECT_EQ(tracker.duplicates(), duplicates);
  EXPECT_EQ(tracker.reordered(), reordered);
  EXPECT_EQ(tracker.lowest(), *seen.begin());
  EXPECT_EQ(tracker.highest(), *seen.rbegin());
  EXPECT_EQ(gaps(tracker, range), gaps(seen, range));
  const auto within = static_cast<std::uint64_t>(
      std::distance(seen.lower_bound(range.first), seen.upper_bound(range.last)));
  EXPECT_EQ(tracker.seen_within(range), within);
}

TEST(SequenceTracker, EveryOrderOfSixNumbersWithGapsAndADouble) {
  std::vector<std::uint64_t> numbers = {65534, 65535, 65536, 65538, 65538, 65600};
  do {
    expect_same(numbers, {65530, 65610});
  } while (std::next_permutation(numbers.begin(), numbers.end()));
}

TEST(SequenceTracker, RandomLossDoublingAndOrder) {
  std::mt19937_64 random(20261123);
  for (int round = 0; round < 3; ++round) {
    std::vector<std::uint64_t> numbers;
    const std::uint64_t base = random() % 200000;
    for (std::uint64_t number = base; number < base + 70000; ++number) {
      const std::uint64_t dice = random() % 100;
      if (dice < 5) continue;
      numbers.push_back(number);
      if (dice > 97) numbers.push_back(number);
    }
    for (int swap = 0; swap < 1000; ++swap) {
      std::swap(numbers[random() % numbers.size()], numbers[random() % numbers.size()]);
    }
    expect_same(numbers, {base - base % 100, base + 80000});
  }
}

TEST(SequenceTracker, GapsOfWholePiecesAndAtWordEdges) {
  for (const std::uint64_t hole : {0U, 1U, 63U, 64U, 65535U, 65536U, 65537U}) {
    for (const std::uint64_t length : {1U, 64U, 65U, 65536U, 140000U}) {
      std::vector<std::uint64_t> numbers;
      for (std::uint64_t number = 0; number < 210000; ++number) {
        if (number < hole || number >= hole + length) numbers.push_back(number);
      }
      SequenceTracker tracker;
      for (const std::uint64_t number : numbers) tracker.add(number);
      const std::vector<SequenceRange> one = {{hole, hole + length - 1}};
      EXPECT_EQ(gaps(tracker, {0, 209999}), one) << hole << " " << length;
    }
  }
}

TEST(SequenceTracker, NumbersAtTheVeryEnd) {
  SequenceTracker tracker;
  tracker.add(UINT64_MAX);
  tracker.add(UINT64_MAX - 2);
  EXPECT_EQ(gaps(tracker, {UINT64_MAX - 4, UINT64_MAX}),
            (std::vector<SequenceRange>{{UINT64_MAX - 4, UINT64_MAX - 3},
                                        {UINT64_MAX - 1, UINT64_MAX - 1}}));
}

TEST(SequenceTracker, NothingSeenIsAllMissing) {
  const SequenceTracker tracker;
  EXPECT_TRUE(tracker.is_empty());
  EXPECT_EQ(gaps(tracker, {5, 1'000'000}), (std::vector<SequenceRange>{{5, 1'000'000}}));
}

TEST(SequenceTracker, StopsWhenToldTo) {
  SequenceTracker tracker;
  for (std::uint64_t number = 0; number < 1000; number += 2) tracker.add(number);
  int calls = 0;
  tracker.for_each_missing({0, 999}, [&calls](SequenceRange) { return ++calls < 3; });
  EXPECT_EQ(calls, 3);
}

TEST(SequenceTracker, MemoryIsBounded) {
  SequenceTracker tracker(2);
  EXPECT_EQ(tracker.add(0), SequenceTracker::Outcome::kNew);
  EXPECT_EQ(tracker.add(1'000'000), SequenceTracker::Outcome::kNew);
  EXPECT_EQ(tracker.add(9'000'000), SequenceTracker::Outcome::kTooFar);
  EXPECT_EQ(tracker.add(1), SequenceTracker::Outcome::kNew);
  EXPECT_EQ(tracker.too_far(), 1U);
  EXPECT_EQ(tracker.unique(), 3U);
  // A complete piece makes room again.
  for (std::uint64_t number = 2; number < 65536; ++number) tracker.add(number);
  EXPECT_EQ(tracker.add(9'000'000), SequenceTracker::Outcome::kNew);
  EXPECT_EQ(tracker.add(5), SequenceTracker::Outcome::kDuplicate);
}

TEST(SequenceTracker, OrderIsJudgedWithinAFile) {
  SequenceTracker tracker;
  tracker.add(100);
  tracker.start_file();
  tracker.add(5);
  EXPECT_EQ(tracker.reordered(), 0U);
  tracker.add(4);
  EXPECT_EQ(tracker.reordered(), 1U);
}

TEST(SequenceTracker, WidensToTheNearest) {
  SequenceTracker tracker(1U << 20);
  EXPECT_EQ(tracker.widen(7), 7U);
  EXPECT_EQ(tracker.widen(0xfffffff0), 0xfffffff0U);
  tracker.add(0xffffffff);
  EXPECT_EQ(tracker.widen(3), 0x100000003U);
  tracker.add(0x100000003);
  EXPECT_EQ(tracker.widen(0xfffffffe), 0xfffffffeU);
  EXPECT_EQ(tracker.widen(4), 0x100000004U);
}

}  // namespace
}  // namespace capstan::traffic
