// Moments and spans as people write them.
#include "tools/common/time_text.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <string>

#include "engine/core/errors.h"
#include "tools/common/time_range.h"
#include "tools/common/units.h"

namespace capstan::tools {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
// 2026-11-27 15:00:00 in a zone an hour east of Greenwich.
constexpr std::uint64_t kNow = 1795788000 * kSecond;

class TimeText : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* const zone = std::getenv("TZ");
    before_ = zone == nullptr ? "" : zone;
    ::setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    ::tzset();
  }
  void TearDown() override {
    if (before_.empty()) {
      ::unsetenv("TZ");
    } else {
      ::setenv("TZ", before_.c_str(), 1);
    }
    ::tzset();
  }
  static std::uint64_t at(const std::string& text) { return parse_time("--since", text, kNow); }
  std::string before_;
};

TEST_F(TimeText, IsWhatPeopleWrite) {
  EXPECT_EQ(local_time(kNow), "2026-11-27 15:00:00.000000000 +0100");
  EXPECT_EQ(at("now"), kNow);
  EXPECT_EQ(at("15:00"), kNow);
  EXPECT_EQ(at("14:05"), kNow - 55 * 60 * kSecond);
  EXPECT_EQ(at("14:05:30.25"), kNow - 55 * 60 * kSecond + 30 * kSecond + kSecond / 4);
  EXPECT_EQ(at("2026-11-27 14:05:30.25"), at("14:05:30.25"));
  EXPECT_EQ(at("2026-11-27T14:05Z"), at("15:05"));
  EXPECT_EQ(at("2026-11-27 14:05 +01:00"), at("14:05"));
  EXPECT_EQ(at("2026-11-27T14:05:00-0130"), at("16:35"));
  EXPECT_EQ(at("2026-11-27"), at("0:00"));
  EXPECT_EQ(at("today"), at("00:00"));
  EXPECT_EQ(at("yesterday 14:00"), at("14:00") - 86400 * kSecond);
  EXPECT_EQ(at("yesterday"), at("today") - 86400 * kSecond);
  EXPECT_EQ(at("@1795788000"), kNow);
  EXPECT_EQ(at("@1795788000.000000001"), kNow + 1);
  EXPECT_EQ(at("-10m"), kNow - 600 * kSecond);
  EXPECT_EQ(at("10m ago"), kNow - 600 * kSecond);
  EXPECT_EQ(at("-1h30m"), kNow - 5400 * kSecond);
  // What capstan prints is read back.
  EXPECT_EQ(at(local_time(kNow + 123456789)), kNow + 123456789);
  EXPECT_EQ(at(utc_time(kNow + 123456789)), kNow + 123456789);
}

TEST_F(TimeText, SummerTimeIsThatOfTheDate) {
  EXPECT_EQ(at("2026-07-01 12:00"), at("2026-07-01T10:00Z"));
  EXPECT_EQ(at("2026-01-01 12:00"), at("2026-01-01T11:00Z"));
}

TEST_F(TimeText, WhatIsNoTimeIsNamed) {
  for (const char* text : {"",
                           "25:00",
                           "14:60",
                           "14",
                           "14:5",
                           "2026-13-01",
                           "2026-02-29",
                           "2026-11-27 25:00",
                           "2026-11-27X14:05",
                           "@",
                           "@12x",
                           "14:05:30.1234567890",
                           "yesterdayish",
                           "tomorrow",
                           "2026-11-27T14:05Zulu",
                           "-",
                           "-10x",
                           "9999-01-01",
                           "1969-01-01",
                           "@99999999999999"}) {
    try {
      at(text);
      ADD_FAILURE() << text;
    } catch (const UsageError& error) {
      EXPECT_NE(std::string(error.what()).find("--since"), std::string::npos) << error.what();
    }
  }
  EXPECT_EQ(at("2028-02-29"), at("2028-02-28") + 86400 * kSecond);
}

TEST_F(TimeText, Durations) {
  const auto span = [](const char* text) { return parse_duration("--last", text); };
  EXPECT_EQ(span("90"), 90 * kSecond);
  EXPECT_EQ(span("90s"), 90 * kSecond);
  EXPECT_EQ(span("10m"), 600 * kSecond);
  EXPECT_EQ(span("10 min"), 600 * kSecond);
  EXPECT_EQ(span("1.5h"), 5400 * kSecond);
  EXPECT_EQ(span("2d"), 2 * 86400 * kSecond);
  EXPECT_EQ(span("250ms"), kSecond / 4);
  EXPECT_EQ(span("1h30m"), 5400 * kSecond);
  for (const char* text : {"", "0", "m", "10x", "-5s", "1h-3m", "9999999999w", "1e9"}) {
    EXPECT_THROW(span(text), UsageError) << text;
  }
}

TEST_F(TimeText, RangesAndSizes) {
  TimeRangeFlags flags;
  flags.since = "14:00";
  flags.until = "13:00";
  EXPECT_THROW(understand_time_range(flags, kNow), UsageError);
  flags.until = "14:00";
  EXPECT_THROW(understand_time_range(flags, kNow), UsageError);
  flags.until = "14:01";
  const TimeRange range = understand_time_range(flags, kNow);
  EXPECT_TRUE(range.contains(at("14:00")));
  EXPECT_TRUE(range.contains(at("14:01") - 1));
  EXPECT_FALSE(range.contains(at("14:01")));
  flags.last = "10m";
  EXPECT_THROW(understand_time_range(flags, kNow), UsageError);
  EXPECT_EQ(parse_size("--max-bytes", "500"), 500U);
  EXPECT_EQ(parse_size("--max-bytes", "1.5MB"), 1'500'000U);
  EXPECT_EQ(parse_size("--max-bytes", "10k"), 10'000U);
  EXPECT_EQ(parse_size("--max-bytes", "2GiB"), std::uint64_t{2} << 30);
  EXPECT_THROW(parse_size("--max-bytes", "0"), UsageError);
  EXPECT_THROW(parse_size("--max-bytes", "x"), UsageError);
}

}  // namespace
}  // namespace capstan::tools
