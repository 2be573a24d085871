// When a file ends, and what the files are called.
#include "writers/file/rotation.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/core/errors.h"

namespace capstan {
namespace {

constexpr std::uint64_t kSecondNs = 1'000'000'000;

TEST(Rotation, EachLimitEndsAFileAtItsValueAndNotBefore) {
  Rotation age({.duration_ns = 10 * kSecondNs});
  age.start_file(5 * kSecondNs, 0);
  EXPECT_FALSE(age.due(15 * kSecondNs - 1, 0, 1'000'000, 9));
  EXPECT_TRUE(age.due(15 * kSecondNs, 0, 0, 0));
  Rotation size({.size_bytes = 1000});
  size.start_file(0, 0);
  EXPECT_FALSE(size.due(100 * kSecondNs, 100 * kSecondNs, 999, 9));
  EXPECT_TRUE(size.due(0, 0, 1000, 0));
  Rotation packets({.packets = 5});
  packets.start_file(0, 0);
  EXPECT_FALSE(packets.due(~0ULL, ~0ULL, ~0ULL, 4));
  EXPECT_TRUE(packets.due(0, 0, 0, 5));
}

TEST(Rotation, IntervalTurnsWhenTheClockIsInAnother) {
  Rotation rotation({.interval_ns = 60 * kSecondNs});
  rotation.start_file(0, 119 * kSecondNs);
  EXPECT_FALSE(rotation.due(0, 119 * kSecondNs, 0, 0));
  EXPECT_FALSE(rotation.due(0, 60 * kSecondNs, 0, 0));
  EXPECT_TRUE(rotation.due(0, 120 * kSecondNs, 0, 0));
}

// The file begun in the wrong time would else be the last one until that time has come.
TEST(Rotation, IntervalGoesOnTurningAfterTheClockWasPutBack) {
  for (const std::uint64_t wrong_s :
       {std::uint64_t{4'070'908'800}, (std::uint64_t{1} << 32) + 7, std::uint64_t{9'300'000'000}}) {
    Rotation rotation({.interval_ns = 2 * kSecondNs});
    rotation.start_file(0, wrong_s * kSecondNs);
    std::uint64_t wall_ns = 1'700'000'000 * kSecondNs;
    for (int turn = 0; turn < 5; ++turn) {
      EXPECT_TRUE(rotation.due(0, wall_ns, 0, 0)) << turn;
      rotation.start_file(0, wall_ns);
      EXPECT_FALSE(rotation.due(0, wall_ns + kSecondNs, 0, 0)) << turn;
      wall_ns += 2 * kSecondNs;
    }
  }
}

TEST(Rotation, LatenessDoesNotAddUp) {
  Rotation rotation({.duration_ns = 10 * kSecondNs});
  std::uint64_t now = 3 * kSecondNs;
  rotation.start_file(now, 0);
  for (std::uint64_t file = 1; file <= 100; ++file) {
    now = (3 + file * 10) * kSecondNs;
    EXPECT_FALSE(rotation.due(now - 1, 0, 0, 0)) << file;
    EXPECT_TRUE(rotation.due(now, 0, 0, 0)) << file;
    rotation.start_file(now + kSecondNs / 20, 0);
  }
  // Asked for in between, or very late: a whole duration from there.
  rotation.start_file(now + 4 * kSecondNs, 0);
  EXPECT_FALSE(rotation.due(now + 14 * kSecondNs - 1, 0, 0, 0));
  rotation.start_file(now + 23 * kSecondNs, 0);
  EXPECT_FALSE(rotation.due(now + 33 * kSecondNs - 1, 0, 0, 0));
  EXPECT_TRUE(rotation.due(now + 33 * kSecondNs, 0, 0, 0));
}

TEST(Rotation, WithoutLimitsNothingEnds) {
  Rotation rotation({});
  rotation.start_file(0, 0);
  EXPECT_FALSE(rotation.due(~0ULL, ~0ULL, ~0ULL, ~0ULL));
}

TEST(SeriesNames, NumberedNamesAreReadBackAndSort) {
  const std::uint64_t wall_ns = 1'700'000'000 * kSecondNs;
  for (const char* path : {"x.pcapng", "a_1.b.pcap", "noext"}) {
    const SeriesNames names(path);
    std::string before;
    for (const std::uint32_t number : {1U, 2U, 10U, 99'999U, 100'000U}) {
      const std::string name = names.path_of(number, wall_ns);
      EXPECT_EQ(names.number_of(name), number) << name;
      EXPECT_EQ(SeriesNames(std::string("d/") + path).path_of(number, wall_ns), "d/" + name);
      if (number < 100'000) {
        EXPECT_LT(before, name);
      }
      before = name;
    }
  }
}

TEST(SeriesNames, NamesOfTheTimeAreReadBackAndSort) {
  for (const char* path : {"x-%Y%m%d-%H%M%S.pcapng", "%s", "%F_%T.cap", "d/a%%b%j%H%M%y%S.%d"}) {
    const SeriesNames names(path);
    std::string before;
    for (const std::uint64_t hour : {1U, 2U, 30U}) {
      for (const std::uint32_t number : {1U, 2U, 100'000U}) {
        const std::string name = names.path_of(number, (1'767'225'600 + hour * 3600) * kSecondNs);
        const std::string bare = name.starts_with("d/") ? name.substr(2) : name;
        EXPECT_EQ(names.number_of(bare), number) << name;
        const std::string first = names.path_of(1, (1'767'225'600 + hour * 3600) * kSecondNs);
        EXPECT_EQ(names.parse(bare)->first_name, first.starts_with("d/") ? first.substr(2) : first);
        EXPECT_EQ(name.find('%') != std::string::npos, std::string(path).starts_with("d/a%%"));
        if (std::string(path).starts_with('x')) {
          EXPECT_LT(before, name);
        }
        before = name;
      }
    }
  }
}

TEST(SeriesNames, OthersFilesAreNone) {
  const SeriesNames numbered("x.pcapng");
  for (const char* name : {"x.pcapng", "x_00001.pcapng", "x_0001_20260101000000.pcapng",
                           "x_00001_2026010100000a.pcapng", "x_0000a_20260101000000.pcapng",
                           "y_00001_20260101000000.pcapng", "x_00001_20260101000000.pcap",
                           "x_99999999999_20260101000000.pcapng", ""}) {
    EXPECT_FALSE(numbered.number_of(name)) << name;
  }
  EXPECT_TRUE(numbered.number_of("x_00001_20260101000000.pcapng"));
  const SeriesNames by_time("x-%Y%m%d.pcapng");
  for (const char* name : {"x-2026010.pcapng", "x-202601011.pcapng", "x-20260101.pcap",
                           "x-20260101.pcapng.gz", "x-20260101_2.pcapng", "x-20260101_00002",
                           "y-20260101.pcapng", "x-%Y%m%d.pcapng", ".x-20260101.pcapng", ""}) {
    EXPECT_FALSE(by_time.number_of(name)) << name;
  }
  EXPECT_EQ(by_time.number_of("x-20260101.pcapng"), 1U);
  EXPECT_EQ(by_time.number_of("x-20260101_00002.pcapng"), 2U);
}

TEST(SeriesNames, ConversionsOfWordsAndInDirectoriesAreRefused) {
  for (const char* path : {"x-%A.pcap", "x-%", "x.%Q", "%Y/x.pcap", "x-%z"}) {
    EXPECT_THROW(SeriesNames{path}, UsageError) << path;
  }
}

}  // namespace
}  // namespace capstan
