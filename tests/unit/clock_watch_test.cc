// When the wall clock was set, and when it was not.
#include "tools/watch/clock_watch.h"

#include <gtest/gtest.h>

#include "engine/core/boot_clock.h"

namespace capstan::tools {
namespace {

constexpr std::uint64_t kS = 1'000'000'000;
constexpr std::uint64_t kNow = 1'795'840'000 * kS;

TEST(ClockWatch, TellsWhatTheClockWasSetByAndNothingElse) {
  ClockWatch watch;
  EXPECT_FALSE(watch.look(ClockReading{kNow, 100 * kS}));
  EXPECT_FALSE(watch.look(ClockReading{kNow + kS, 101 * kS}));
  EXPECT_FALSE(watch.look(std::nullopt));  // held up between the clocks
  // Slewed: by half a millisecond a second, or by a twelfth for a twentieth of a second.
  EXPECT_FALSE(watch.look(ClockReading{kNow + 2 * kS + 500'000, 102 * kS}));
  // The machine slept: both went on.
  EXPECT_FALSE(watch.look(ClockReading{kNow + 3'602 * kS, 3'702 * kS}));
  const auto forwards = watch.look(ClockReading{kNow + 867'602 * kS, 3'702 * kS});
  ASSERT_TRUE(forwards);
  EXPECT_TRUE(forwards->forwards);
  EXPECT_EQ(forwards->by_ns, 864'000 * kS);
  EXPECT_EQ(forwards->now_ns, kNow + 867'602 * kS);
  EXPECT_FALSE(watch.look(ClockReading{kNow + 867'603 * kS, 3'703 * kS}));  // said once
  const auto back = watch.look(ClockReading{kNow, 3'703 * kS});
  ASSERT_TRUE(back);
  EXPECT_FALSE(back->forwards);
  EXPECT_EQ(back->by_ns, 867'603 * kS);
}

TEST(ClockWatch, EveryTimeThereIs) {
  for (const std::uint64_t to : {std::uint64_t{0}, (std::uint64_t{1} << 31) * kS,
                                 (std::uint64_t{1} << 32) * kS, 9'300'000'000 * kS}) {
    SCOPED_TRACE(to);
    ClockWatch watch;
    EXPECT_FALSE(watch.look(ClockReading{kNow, 0}));
    const auto jump = watch.look(ClockReading{to, 0});
    ASSERT_TRUE(jump);
    EXPECT_EQ(jump->forwards, to > kNow);
    EXPECT_EQ(jump->by_ns, to > kNow ? to - kNow : kNow - to);
    EXPECT_NE(clock_jump_text(*jump).find(to > kNow ? "set forwards by" : "set back by"),
              std::string::npos);
  }
}

TEST(ClockWatch, ReadsTheMachinesOwn) {
  ClockWatch watch;
  for (int look = 0; look < 1000; ++look) EXPECT_FALSE(watch.look(read_clocks()));
  EXPECT_GT(boot_clock_ns(), 0U);
}

}  // namespace
}  // namespace capstan::tools
