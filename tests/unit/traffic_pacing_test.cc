// blast's arithmetic of time, and its two command lines.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "engine/core/errors.h"
#include "tools/blast/blast_cli.h"
#include "tools/traffic/frame_feed.h"
#include "tools/traffic/pacing.h"
#include "tools/verify/verify_cli.h"

namespace capstan {
namespace {

using traffic::PaceOptions;
using traffic::Pacer;

// Frames that a pacer lets go until `end_ns`, by a clock that jumps to each due time.
std::uint64_t frames_until(const PaceOptions& options, std::uint64_t end_ns, std::uint32_t size) {
  Pacer pacer(options);
  const std::uint64_t cost = traffic::pace_cost(options, size);
  std::uint64_t now = 0;
  std::uint64_t frames = 0;
  while (now < end_ns) {
    const std::uint64_t wait = pacer.wait_ns(now);
    if (wait > 0) {
      now += wait;
      continue;
    }
    pacer.spend(cost);
    ++frames;
  }
  return frames;
}

TEST(Pacing, KeepsTheRateWithoutDrift) {
  for (const double rate : {1.0, 3.0, 1000.0, 333333.0, 14880952.0}) {
    PaceOptions options;
    options.packets_per_second = rate;
    const double seconds = rate > 1e6 ? 0.1 : 3;
    const auto frames = frames_until(
        options, static_cast<std::uint64_t>(seconds * static_cast<double>(kNanosecondsPerSecond)),
        64);
    EXPECT_NEAR(static_cast<double>(frames), rate * seconds, 1.001 + rate * seconds * 1e-6);
  }
}

TEST(Pacing, CountsBitsByFrameSize) {
  PaceOptions options;
  options.bits_per_second = 1e9;
  EXPECT_EQ(traffic::pace_cost(options, 125), std::uint64_t{1000} << traffic::kPaceShift);
  EXPECT_EQ(traffic::pace_cost(options, 1250), std::uint64_t{10000} << traffic::kPaceShift);
  EXPECT_EQ(traffic::pace_cost(PaceOptions{}, 125), 0U);
}

TEST(Pacing, BurstsSendOnlyWhileOnAndMakeUpForNothing) {
  PaceOptions options;
  options.packets_per_second = 1e6;
  options.burst_on_ns = 10 * kNanosecondsPerMillisecond;
  options.burst_off_ns = 90 * kNanosecondsPerMillisecond;
  EXPECT_NEAR(static_cast<double>(frames_until(options, kNanosecondsPerSecond, 64)), 1e5, 20);
  Pacer pacer(options);
  EXPECT_EQ(pacer.wait_ns(0), 0U);
  EXPECT_EQ(pacer.wait_ns(10 * kNanosecondsPerMillisecond), options.burst_off_ns);
  EXPECT_EQ(pacer.wait_ns(99 * kNanosecondsPerMillisecond), kNanosecondsPerMillisecond);
  EXPECT_EQ(pacer.wait_ns(100 * kNanosecondsPerMillisecond), 0U);
}

TEST(Pacing, ReplaySpeedScalesTime) {
  EXPECT_EQ(traffic::replay_due_ns(1000, 1), 1000U);
  EXPECT_EQ(traffic::replay_due_ns(1000, 4), 250U);
  EXPECT_EQ(traffic::replay_due_ns(1000, 0.5), 2000U);
  EXPECT_EQ(traffic::replay_due_ns(1000, 0), 0U);
}

tools::BlastCommandLine parse(std::vector<const char*> words) {
  words.insert(words.begin(), "blast");
  return *tools::parse_blast_command_line(static_cast<int>(words.size()), words.data());
}

TEST(BlastCli, UnderstandsRatesBoundsAndLists) {
  const auto line =
      parse({"-i",         "v0",     "--engine", "ring", "--count",   "2M",
             "--duration", "1.5",    "--bps",    "10G",  "--vlan",    "5,6",
             "--burst",    "10:0.5", "--size",   "imix", "--src-mac", "02:00:00:00:00:ff",
             "--cpu",      "1",      "--json"});
  EXPECT_EQ(line.blast.interface, "v0");
  EXPECT_EQ(line.blast.engine, traffic::EngineChoice::kRing);
  EXPECT_EQ(line.blast.count, 2'000'000U);
  EXPECT_EQ(line.blast.duration_ns, 1'500'000'000U);
  EXPECT_EQ(line.blast.pace.bits_per_second, 1e10);
  EXPECT_EQ(line.blast.pace.burst_on_ns, 10'000'000U);
  EXPECT_EQ(line.blast.pace.burst_off_ns, 500'000U);
  EXPECT_EQ(line.blast.frames.vlans, (std::vector<std::uint16_t>{5, 6}));
  EXPECT_EQ(line.blast.frames.sizes, traffic::imix());
  EXPECT_EQ(line.blast.frames.source_mac, (traffic::MacAddress{2, 0, 0, 0, 0, 255}));
  EXPECT_EQ(line.blast.cpu, 1);
  EXPECT_TRUE(line.json);
}

TEST(BlastCli, IsAlwaysBounded) {
  EXPECT_EQ(parse({"-i", "v0"}).blast.duration_ns, 10 * kNanosecondsPerSecond);
  EXPECT_EQ(parse({"-i", "v0", "--count", "5"}).blast.duration_ns, 0U);
}

TEST(BlastCli, RefusesNonsense) {
  const std::vector<std::vector<const char*>> wrong = {
      {},
      {"-i", "v0", "--engine", "warp"},
      {"-i", "v0", "--direction", "up"},
      {"-i", "v0", "--count", "0"},
      {"-i", "v0", "--count", "-1"},
      {"-i", "v0", "--count", "1.5"},
      {"-i", "v0", "--count", "x"},
      {"-i", "v0", "--duration", "0"},
      {"-i", "v0", "--duration", "nan"},
      {"-i", "v0", "--pps", "0"},
      {"-i", "v0", "--pps", "1", "--bps", "1"},
      {"-i", "v0", "--pps", "1e99"},
      {"-i", "v0", "--burst", "5"},
      {"-i", "v0", "--burst", "0:5"},
      {"-i", "v0", "--burst", "5:"},
      {"-i", "v0", "--vlan", "4096"},
      {"-i", "v0", "--vlan", "1,"},
      {"-i", "v0", "--flows", "1000001"},
      {"-i", "v0", "--stream", "4294967296"},
      {"-i", "v0", "--src-mac", "02:00:00:00:00"},
      {"-i", "v0", "--src-mac", "02-00-00-00-00-01"},
      {"-i", "v0", "--cpu", "-5"},
      {"-i", "v0", "--speed", "2"},
      {"-i", "v0", "--replay", "x.pcap", "--speed", "0"},
      {"-i", "v0", "--replay", "x.pcap", "--loops", "0"},
      {"-i", "v0", "--no-such-option"},
      {"-i", "v0", "stray"}};
  for (const auto& words : wrong) {
    std::string text;
    for (const char* word : words) text += std::string(word) + " ";
    EXPECT_THROW(parse(words), UsageError) << text;
  }
}

TEST(VerifyCli, ReadsWhatIsExpected) {
  EXPECT_EQ(tools::parse_expected("1000").range, (traffic::SequenceRange{0, 999}));
  EXPECT_EQ(tools::parse_expected("5-9").range, (traffic::SequenceRange{5, 9}));
  EXPECT_EQ(tools::parse_expected("7:5-9").stream, 7U);
  for (const char* text : {"", "0", "x", "9-5", "-5", "5-", "1:2:3", "99999999999999999999"}) {
    EXPECT_THROW(tools::parse_expected(text), UsageError) << "'" << text << "'";
  }
}

TEST(VerifyCli, ReadsWhatBlastPrinted) {
  const auto expected =
      tools::parse_sent(R"({"stream": 3, "first_sequence": 10, "next_sequence": 20})", "x");
  EXPECT_EQ(expected.stream, 3U);
  EXPECT_EQ(expected.range, (traffic::SequenceRange{10, 19}));
  for (const char* text : {"", "[]", "{}", R"({"stream": 3})",
                           R"({"stream": "a", "first_sequence": 10, "next_sequence": 20})",
                           R"({"stream": 3, "first_sequence": 10, "next_sequence": 10})"}) {
    EXPECT_THROW(tools::parse_sent(text, "x"), UsageError) << text;
  }
}

}  // namespace
}  // namespace capstan
