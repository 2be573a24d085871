// Sizes, times and numbers of files as people type them.
#include <gtest/gtest.h>

#include "engine/core/errors.h"
#include "tools/common/units.h"
#include "tools/record/option_text.h"
#include "tools/record/record_cli.h"

namespace capstan::tools {
namespace {

std::optional<RecordOptions> parse(std::vector<std::string> arguments) {
  std::vector<std::string> all = {"capstan record", "-i", "lo", "-w", "/nowhere/x.pcapng"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& argument : all) argv.push_back(argument.data());
  return parse_record_command_line(static_cast<int>(argv.size()), argv.data())->options;
}

TEST(Keep, UnderstandsSizesTimesAndNumbers) {
  RetentionLimits limits;
  EXPECT_TRUE(read_keep("500GB", limits));
  EXPECT_EQ(limits.bytes, 500'000'000'000U);
  EXPECT_TRUE(read_keep("1.5TiB", limits));
  EXPECT_EQ(limits.bytes, 3U * (std::uint64_t{1} << 39));
  EXPECT_TRUE(read_keep("7d", limits));
  EXPECT_EQ(limits.age_ns, 7ULL * 86'400 * 1'000'000'000);
  EXPECT_TRUE(read_keep("90min", limits));
  EXPECT_EQ(limits.age_ns, 5'400'000'000'000U);
  EXPECT_TRUE(read_keep("1000files", limits));
  EXPECT_EQ(limits.files, 1000U);
  for (const char* wrong :
       {"", "7", "GB", "-1GB", "0d", "1.5files", "7 d", "7m", "x7d", "1e30GB"}) {
    EXPECT_FALSE(read_keep(wrong, limits)) << wrong;
  }
}

TEST(MinFree, IsAPercentageOrASize) {
  RetentionLimits limits;
  EXPECT_TRUE(read_min_free("5%", limits));
  EXPECT_EQ(limits.min_free_percent, 5U);
  EXPECT_TRUE(read_min_free("20GB", limits));
  EXPECT_EQ(limits.min_free_bytes, 20'000'000'000U);
  for (const char* wrong : {"5", "0%", "91%", "2.5%", "7d", "%"}) {
    EXPECT_FALSE(read_min_free(wrong, limits)) << wrong;
  }
}

TEST(StorageOptions, TcpdumpsLettersMeanWhatTheyMeanThere) {
  const auto ring = parse({"-C", "10", "-W", "5"});
  EXPECT_EQ(ring->rotation.size_bytes, 10'000'000U);
  EXPECT_EQ(ring->retention.files, 5U);
  EXPECT_EQ(ring->rotation.stop_after_files, 0U);
  const auto ends = parse({"-G", "60", "-W", "5", "-z", "gzip"});
  EXPECT_EQ(ends->rotation.duration_ns, 60'000'000'000U);
  EXPECT_EQ(ends->rotation.stop_after_files, 5U);
  EXPECT_EQ(ends->retention.files, 0U);
  EXPECT_EQ(ends->on_file, "exec gzip {}");
  EXPECT_THROW(parse({"-W", "5"}), UsageError);
}

TEST(StorageOptions, DumpcapsConditions) {
  const auto line = parse({"-b", "packets:7", "-b", "printname:stdout", "-a", "files:3"});
  EXPECT_EQ(line->rotation.packets, 7U);
  EXPECT_EQ(line->rotation.stop_after_files, 3U);
  EXPECT_EQ(line->print_names, "stdout");
}

TEST(StorageOptions, PoliciesAndSync) {
  EXPECT_EQ(parse({})->on_full, OnFull::kStop);
  EXPECT_EQ(parse({"--on-full", "pause"})->on_full, OnFull::kPause);
  EXPECT_EQ(parse({"--on-full", "oldest", "-b", "filesize:9"})->on_full, OnFull::kOldest);
  EXPECT_TRUE(parse({})->sync_at_close);
  EXPECT_FALSE(parse({"--sync", "never"})->sync_at_close);
  const auto often = parse({"--sync", "0.5"});
  EXPECT_TRUE(often->sync_at_close);
  EXPECT_EQ(often->sync_interval_ns, 500'000'000U);
}

TEST(StorageOptions, WhatMakesNoSenseIsRefused) {
  using Arguments = std::vector<std::string>;
  for (const Arguments& wrong :
       {Arguments{"--keep", "7d"}, Arguments{"--min-free", "5%"}, Arguments{"--on-full", "oldest"},
        Arguments{"--on-full", "x"}, Arguments{"-b", "printname:x"}, Arguments{"-a", "files:3"},
        Arguments{"--sync", "0"}, Arguments{"-b", "packets:1.5"}, Arguments{"-a", "duration:1e15"},
        Arguments{"-G", "nan"}, Arguments{"-C", "nan"}, Arguments{"-G", "1e10"},
        Arguments{"-a", "duration:nan"}, Arguments{"--on-file", "a", "-z", "b"},
        Arguments{"-b", "filesize:1", "-a", "filesize:1"},
        Arguments{"-C", "10", "-G", "60", "-W", "5"}}) {
    EXPECT_THROW(parse(wrong), UsageError) << wrong[0] << ' ' << wrong[1];
  }
}

// A number that wraps is another number: 17592186044417M was 1M.
TEST(Sizes, AreReadInOnePlaceAndNeverWrap) {
  EXPECT_EQ(parse_size("64M", 1), std::uint64_t{64} << 20);
  EXPECT_EQ(parse_size("64", 1U << 20), std::uint64_t{64} << 20);
  EXPECT_EQ(parse_size("1.5G", 1), std::uint64_t{3} << 29);
  EXPECT_EQ(parse_size("2GB", 1), 2'000'000'000U);
  EXPECT_EQ(parse_size("0", 1), 0U);
  for (const char* wrong : {"", "M", "-1", "64X", "64 M", "1e400", "nan", "inf", "17592186044417T",
                            "18446744073709551616", "9.3e18", "0x10"}) {
    EXPECT_FALSE(parse_size(wrong, 1)) << wrong;
  }
  EXPECT_EQ(parse({"-B", "2"})->capture.ring_size_bytes, std::uint64_t{2} << 20);
  EXPECT_EQ(parse({"-B", "2M"})->capture.ring_size_bytes, std::uint64_t{2} << 20);
  EXPECT_EQ(parse({"-B", "1G"})->capture.ring_size_bytes, std::uint64_t{1} << 30);
  EXPECT_EQ(parse({"--block-size", "128K"})->capture.block_size_bytes, 128U << 10);
  EXPECT_EQ(parse({"--block-size", "131072"})->capture.block_size_bytes, 128U << 10);
  for (const char* wrong : {"17592186044417M", "1.5M", "4294967297", "0", "-1", "M"}) {
    EXPECT_THROW(parse({"--block-size", wrong}), UsageError) << wrong;
  }
  for (const char* wrong : {"0", "-1", "2T", "17592186044417M", "x", "nan"}) {
    EXPECT_THROW(parse({"-B", wrong}), UsageError) << wrong;
  }
}

// As another command, a unit file or a capture program makes them: no command line is involved.
TEST(RecordOptions, AreCheckedWhoeverMakesThem) {
  RecordOptions options;
  options.capture.interfaces = {"lo"};
  options.files = {"/nowhere/x.pcapng"};
  EXPECT_EQ(validate_record_options(options), std::vector<std::string>());
  using Change = void (*)(RecordOptions&);
  const std::pair<const char*, Change> wrong[] = {
      {"no interface", [](RecordOptions& o) { o.capture.interfaces.clear(); }},
      {"no file", [](RecordOptions& o) { o.files.clear(); }},
      {"are one file", [](RecordOptions& o) { o.files.push_back(o.files[0]); }},
      {"pcapng only",
       [](RecordOptions& o) {
         o.layout = Layout::kInPlace;
         o.format = FileFormat::kPcapMicroseconds;
       }},
      {"know when a file ends", [](RecordOptions& o) { o.retention.age_ns = 1; }},
      {"is none", [](RecordOptions& o) { o.files = {"-"}, o.rotation.packets = 1; }},
      {"both want standard output",
       [](RecordOptions& o) { o.files = {"-"}, o.stats_interval_ns = 1; }},
      {"are one file", [](RecordOptions& o) { o.audit_file = o.files[0]; }},
      {"one -w", [](RecordOptions& o) { o.split_rings = true, o.files.push_back("/nowhere/y"); }},
      {"snap length", [](RecordOptions& o) { o.capture.snaplen = 0; }},
      {"millisecond", [](RecordOptions& o) { o.rotation.interval_ns = 1; }},
  };
  for (const auto& [text, change] : wrong) {
    RecordOptions changed = options;
    change(changed);
    const std::vector<std::string> problems = validate_record_options(changed);
    ASSERT_EQ(problems.size(), 1U) << text;
    EXPECT_NE(problems[0].find(text), std::string::npos) << problems[0];
  }
}

TEST(RecordOptions, AnIntervalMeansStandardOutputAndRotationAnIndex) {
  RecordOptions options;
  EXPECT_EQ(options.statistics_target(), "");
  EXPECT_FALSE(options.wants_index());
  options.stats_interval_ns = 1;
  options.rotation.packets = 1;
  EXPECT_EQ(options.statistics_target(), "-");
  EXPECT_TRUE(options.wants_index());
  options.stats_file = "/nowhere/stats";
  options.index = false;
  EXPECT_EQ(options.statistics_target(), "/nowhere/stats");
  EXPECT_FALSE(options.wants_index());
}

}  // namespace
}  // namespace capstan::tools
