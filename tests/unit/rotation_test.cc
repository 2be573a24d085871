// When a file ends, and what the files are called.
#include "writers/rotation.h"

#include <gtest/gtest.h>

#include <string>

namespace capstan {
namespace {

constexpr std::uint64_t kSecondNs = 1'000'000'000;

TEST(Rotation, EachLimitEndsAFileAtItsValueAndNotBefore) {
  Rotation age({.duration_ns = 10 * kSecondNs});
  age.start_file(5 * kSecondNs, 0);
  EXPECT_FALSE(age.due(15 * kSecondNs - 1, 0, 1'000'000));
  EXPECT_TRUE(age.due(15 * kSecondNs, 0, 0));
  Rotation size({.size_bytes = 1000});
  size.start_file(0, 0);
  EXPECT_FALSE(size.due(100 * kSecondNs, 100 * kSecondNs, 999));
  EXPECT_TRUE(size.due(0, 0, 1000));
}

TEST(Rotation, IntervalTurnsAtMultiplesOfTheClockAndNotWhenItIsPutBack) {
  Rotation rotation({.interval_ns = 60 * kSecondNs});
  rotation.start_file(0, 119 * kSecondNs);
  EXPECT_FALSE(rotation.due(0, 119 * kSecondNs, 0));
  EXPECT_FALSE(rotation.due(0, 30 * kSecondNs, 0));
  EXPECT_TRUE(rotation.due(0, 120 * kSecondNs, 0));
}

TEST(Rotation, WithoutLimitsNothingEnds) {
  Rotation rotation({});
  rotation.start_file(0, 0);
  EXPECT_FALSE(rotation.due(~0ULL, ~0ULL, ~0ULL));
}

TEST(RotatedName, IsReadBackAndSorts) {
  const std::uint64_t wall_ns = 1'700'000'000 * kSecondNs;
  for (const char* path : {"x.pcapng", "a_1.b.pcap", "noext"}) {
    std::string before;
    for (const std::uint32_t number : {1U, 2U, 10U, 99'999U, 100'000U}) {
      const std::string name = rotated_name(path, number, wall_ns);
      EXPECT_EQ(number_of_rotated_name(path, name), number) << name;
      EXPECT_EQ(rotated_name(std::string("d/") + path, number, wall_ns), "d/" + name);
      if (number < 100'000) {
        EXPECT_LT(before, name);
      }
      before = name;
    }
  }
}

TEST(RotatedName, OthersFilesAreNone) {
  for (const char* name : {"x.pcapng", "x_00001.pcapng", "x_0001_20260101000000.pcapng",
                           "x_00001_2026010100000a.pcapng", "x_0000a_20260101000000.pcapng",
                           "y_00001_20260101000000.pcapng", "x_00001_20260101000000.pcap",
                           "x_99999999999_20260101000000.pcapng", ""}) {
    EXPECT_FALSE(number_of_rotated_name("x.pcapng", name)) << name;
  }
  EXPECT_TRUE(number_of_rotated_name("x.pcapng", "x_00001_20260101000000.pcapng"));
}

}  // namespace
}  // namespace capstan
