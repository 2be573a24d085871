// What a recording of a rate and a time wants: figures worked by hand.
#include "tools/doctor/plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "engine/core/clock.h"
#include "engine/core/errors.h"

namespace capstan::tools {
namespace {

const Check& named(const Checks& checks, const std::string& name) {
  const auto found = std::find_if(checks.begin(), checks.end(),
                                  [&](const Check& check) { return check.name == name; });
  if (found == checks.end()) throw std::runtime_error("no check " + name);
  return *found;
}

PlanFacts large_machine() {
  PlanFacts facts;
  facts.interface = "eth0";
  facts.directory = "/data";
  facts.disk_bytes = 10'000'000'000'000'000;
  facts.disk_bytes_per_second = 10e9;
  facts.memory_bytes = 256'000'000'000;
  facts.cpus = 64;
  return facts;
}

TEST(Plan, ReadsRateTimeAndBytes) {
  EXPECT_EQ(parse_plan("40G,7d").bits_per_second, 40e9);
  EXPECT_EQ(parse_plan("40G,7d").keep_ns, 7 * 86400 * kNanosecondsPerSecond);
  EXPECT_EQ(parse_plan("1.5M,90min").bits_per_second, 1.5e6);
  EXPECT_EQ(parse_plan("800k,12h,350").packet_bytes, 350U);
  for (const char* bad :
       {"", "40G", "7d,40G", "40G,", ",7d", "0,7d", "40X,7d", "40G,7d,", "40G,7d,13",
        "40G,7d,350,1", "40G,7d,350B", "-40G,7d", "1e30G,7d", "40G,0s"}) {
    EXPECT_THROW(parse_plan(bad), UsageError) << bad;
  }
}

// 40 Gb/s of 800-byte packets: 6.25 M packets/s, (800 + 68) each: 5.425 GB/s; seven days of that
// and a hundredth, over nine tenths: 3.68 PB.
TEST(Plan, FortyGigabitForAWeek) {
  const Checks checks = check_plan(parse_plan("40G,7d"), large_machine());
  EXPECT_EQ(named(checks, "plan-rate").state, CheckState::kOk);
  EXPECT_NE(named(checks, "plan-rate").found.find("5.4"), std::string::npos)
      << named(checks, "plan-rate").found;
  EXPECT_NE(named(checks, "plan-space").found.find("3682 TB"), std::string::npos)
      << named(checks, "plan-space").found;
  EXPECT_EQ(named(checks, "plan-cpus").found.substr(0, 7), "2 rings");
  EXPECT_EQ(named(checks, "plan-command").found,
            "capstan record -i eth0 -w /data/eth0.pcapng -B 2587 --rings 2 -b filesize:325500000 "
            "--keep 7d --min-free 10%");
  EXPECT_FALSE(costs_packets(checks));
}

TEST(Plan, WhatAMachineIsShortOf) {
  PlanFacts facts = large_machine();
  facts.disk_bytes_per_second = 2e9;
  facts.disk_bytes = 1'000'000'000'000'000;
  facts.memory_bytes = 8'000'000'000;
  facts.cpus = 2;
  const Checks checks = check_plan(parse_plan("40G,7d"), facts);
  EXPECT_EQ(named(checks, "plan-rate").state, CheckState::kCost);
  EXPECT_EQ(named(checks, "plan-rate").mend.substr(0, 12), "4 such disks");  // 5.425 * 1.2 / 2
  EXPECT_EQ(named(checks, "plan-space").state, CheckState::kWarn);
  EXPECT_EQ(named(checks, "plan-ring").state, CheckState::kWarn);
  EXPECT_EQ(named(checks, "plan-cpus").state, CheckState::kWarn);
  for (const Check& check : checks) {
    EXPECT_TRUE(check.state == CheckState::kOk || !check.mend.empty()) << check.name;
  }
  facts.disk_bytes_per_second.reset();
  EXPECT_EQ(named(check_plan(parse_plan("40G,7d"), facts), "plan-rate").state,
            CheckState::kUnknown);
}

TEST(Plan, AQuietLinkWantsTheLeast) {
  const Checks checks = check_plan(parse_plan("1M,90min"), large_machine());
  EXPECT_EQ(named(checks, "plan-command").found,
            "capstan record -i eth0 -w /data/eth0.pcapng -B 62 -b filesize:1000000 --keep 90min "
            "--min-free 10%");
}

// What is kept is what was asked for, or more.
TEST(Plan, KeepsWhatWasAskedFor) {
  const auto kept = [](const std::string& time) {
    const Checks checks = check_plan(parse_plan("1G," + time), large_machine());
    const std::string& command = named(checks, "plan-command").found;
    const std::size_t begin = command.find("--keep ") + 7;
    return command.substr(begin, command.find(' ', begin) - begin);
  };
  EXPECT_EQ(kept("90s"), "90s");
  EXPECT_EQ(kept("30s"), "30s");
  EXPECT_EQ(kept("150min"), "150min");
  EXPECT_EQ(kept("36h"), "36h");
  EXPECT_EQ(kept("48h"), "2d");
  EXPECT_EQ(kept("1h30m5s"), "5405s");
  EXPECT_EQ(kept("1.5s"), "2s");
  EXPECT_EQ(kept("1ms"), "1s");
}

// A file that is not finished before the disk is full leaves nothing that could be deleted.
TEST(Plan, FilesAreASmallPartOfTheDisk) {
  PlanFacts facts = large_machine();
  facts.disk_bytes = 271'000'000'000;
  EXPECT_NE(named(check_plan(parse_plan("40G,7d"), facts), "plan-command")
                .found.find(" -b filesize:5420000 "),
            std::string::npos);
  facts.disk_bytes = 0;  // not known
  EXPECT_NE(named(check_plan(parse_plan("40G,7d"), facts), "plan-command")
                .found.find(" -b filesize:325500000 "),
            std::string::npos);
}

}  // namespace
}  // namespace capstan::tools
