// blast's frames: sizes, flows, templates and checksums, the latter against a plain RFC 1071 sum
// over the finished bytes.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "engine/core/errors.h"
#include "tools/traffic/checksum.h"
#include "tools/traffic/flow_mix.h"
#include "tools/traffic/frame_check.h"
#include "tools/traffic/frame_format.h"
#include "tools/traffic/frame_plan.h"

namespace capstan::traffic {
namespace {

// RFC 1071 as the text has it: big-endian words one by one, carry folded at each.
std::uint16_t plain_sum(const std::vector<std::uint8_t>& bytes) {
  std::uint32_t sum = 0;
  for (std::size_t at = 0; at < bytes.size(); at += 2) {
    const std::uint32_t low = at + 1 < bytes.size() ? bytes[at + 1] : 0U;
    sum += bytes[at] * 256U + low;
    if (sum > 0xffff) sum -= 0xffff;
  }
  return static_cast<std::uint16_t>(sum);
}

std::vector<std::uint8_t> make_frame(const FramePlan& plan, std::uint64_t sequence) {
  std::vector<std::uint8_t> buffer(plan.buffer_size());
  FramePlan::write_filler(buffer);
  buffer.resize(plan.write_frame(sequence, buffer.data()));
  return buffer;
}

FrameVerdict check(const std::vector<std::uint8_t>& frame, std::size_t wirelen = 0) {
  PacketView packet;
  packet.data = frame.data();
  packet.caplen = static_cast<std::uint32_t>(frame.size());
  packet.wirelen = static_cast<std::uint32_t>(wirelen == 0 ? frame.size() : wirelen);
  return check_frame(packet);
}

constexpr std::uint64_t kSequences[] = {0,      1,          255,           65535,
                                        65536,  0xffffffff, 0x100000000,   0xfedcba9876543210,
                                        262139, 0xffff0000, 0xffffffffffff};

TEST(SizeMix, ReadsEveryForm) {
  using Mix = std::vector<SizeShare>;
  EXPECT_EQ(parse_size_mix("1514"), (Mix{{1514, 1}}));
  EXPECT_EQ(parse_size_mix("imix"), (Mix{{64, 7}, {594, 4}, {1518, 1}}));
  EXPECT_EQ(parse_size_mix("64:3,128,14-16"), (Mix{{64, 3}, {128, 1}, {14, 1}, {15, 1}, {16, 1}}));
}

TEST(SizeMix, RefusesNonsense) {
  for (const char* text : {"", "x", "13", "65536", "64,", ",64", "64:0", "64:", ":5", "20-14", "-5",
                           "64:1001", "64 ", "imax", "14-65535", "9999999999999999999"}) {
    EXPECT_THROW(parse_size_mix(text), UsageError) << "'" << text << "'";
  }
}

TEST(SizeMix, InterleavesTheMixFrameByFrame) {
  const std::vector<std::uint32_t> order = size_order(imix());
  ASSERT_EQ(order.size(), 12U);
  EXPECT_EQ(std::count(order.begin(), order.end(), 0U), 7);
  EXPECT_EQ(std::count(order.begin(), order.end(), 1U), 4);
  EXPECT_EQ(std::count(order.begin(), order.end(), 2U), 1);
  // No two of the 594-byte frames, and never more than two of the 64-byte ones, in a row.
  for (std::size_t at = 0; at < order.size(); ++at) {
    const std::uint32_t next = order[(at + 1) % 12];
    EXPECT_FALSE(order[at] == 1 && next == 1) << at;
    EXPECT_FALSE(order[at] == 0 && next == 0 && order[(at + 2) % 12] == 0) << at;
  }
  EXPECT_EQ(size_order({{14, 1}, {15, 1}, {16, 1}}), (std::vector<std::uint32_t>{0, 1, 2}));
}

TEST(FlowMix, ZipfCountsAddUpAndFollowTheLaw) {
  for (const std::uint32_t flows : {1U, 2U, 10U, 1000U, kMaxFlows}) {
    for (const double exponent : {0.0, 0.5, 1.0, 2.0, 20.0}) {
      const auto counts = zipf_counts(flows, exponent, flow_round(flows));
      ASSERT_EQ(counts.size(), flows);
      EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), 0U), flow_round(flows));
      EXPECT_GE(*std::min_element(counts.begin(), counts.end()), 1U);
    }
  }
  const auto counts = zipf_counts(10, 1.0, kFlowRound);
  for (std::size_t flow = 1; flow < 10; ++flow) {
    const double ratio = static_cast<double>(counts[0]) / counts[flow];
    EXPECT_NEAR(ratio, static_cast<double>(flow + 1), 0.01) << flow;
  }
  const auto alike = zipf_counts(7, 0.0, kFlowRound);
  EXPECT_LE(
      *std::max_element(alike.begin(), alike.end()) - *std::min_element(alike.begin(), alike.end()),
      1U);
}

TEST(FlowMix, OrderIsAShuffleThatDependsOnTheSeedAlone) {
  const auto order = flow_order(100, 1.0, 7);
  EXPECT_EQ(order.size(), kFlowRound);
  EXPECT_EQ(order, flow_order(100, 1.0, 7));
  EXPECT_NE(order, flow_order(100, 1.0, 8));
  const auto counts = zipf_counts(100, 1.0, kFlowRound);
  EXPECT_EQ(std::count(order.begin(), order.end(), 0U), counts[0]);
  EXPECT_EQ(std::count(order.begin(), order.end(), 99U), counts[99]);
  EXPECT_EQ(flow_order(1, 1.0, 7), std::vector<std::uint32_t>{0});
}

TEST(Frames, Ipv4AndUdpChecksumsAreThoseOfThePlainSum) {
  FrameOptions options;
  options.sizes = parse_size_mix("58-130,1513,1514,9014,65535");
  options.flows = 100;
  const FramePlan plan(options);
  for (std::uint64_t sequence = 0; sequence < 2000; ++sequence) {
    const std::vector<std::uint8_t> frame = make_frame(plan, sequence * 0x10001);
    ASSERT_EQ(plain_sum({frame.begin() + 14, frame.begin() + 34}), 0xffff) << sequence;
    ASSERT_EQ(get_be16(frame.data() + 16), frame.size() - 14);
    std::vector<std::uint8_t> covered = {0, 17, frame[38], frame[39]};
    covered.insert(covered.end(), frame.begin() + 26, frame.end());
    ASSERT_EQ(plain_sum(covered), 0xffff) << sequence;
    ASSERT_NE(get_be16(frame.data() + 40), 0);
    ASSERT_EQ(get_be16(frame.data() + 38), frame.size() - 34);
    ASSERT_EQ(get_be64(frame.data() + 50), sequence * 0x10001);
  }
}

TEST(Frames, Ipv6UdpChecksumIsThatOfThePlainSum) {
  FrameOptions options;
  options.sizes = parse_size_mix("78-140,1514");
  options.ipv6 = true;
  options.flows = 100;
  const FramePlan plan(options);
  for (std::uint64_t sequence = 0; sequence < 1000; ++sequence) {
    const std::vector<std::uint8_t> frame = make_frame(plan, sequence);
    std::vector<std::uint8_t> covered = {0, 17, frame[18], frame[19]};
    covered.insert(covered.end(), frame.begin() + 22, frame.end());
    ASSERT_EQ(plain_sum(covered), 0xffff) << sequence;
    ASSERT_EQ(get_be64(frame.data() + 70), sequence);
  }
}

TEST(Frames, FillerBehindTheTagIsThatOfItsOffset) {
  FrameOptions options;
  options.sizes = {{200, 1}};
  const std::vector<std::uint8_t> frame = make_frame(FramePlan(options), 5);
  for (std::size_t at = 58; at < 200; ++at) ASSERT_EQ(frame[at], filler_byte(at)) << at;
}

TEST(Frames, CheckFindsEveryPlanIntactWithItsSequence) {
  for (const bool ipv6 : {false, true}) {
    for (const std::vector<std::uint16_t>& vlans :
         {std::vector<std::uint16_t>{}, {5}, {100, 4095}}) {
      FrameOptions options;
      options.ipv6 = ipv6;
      options.vlans = vlans;
      options.sizes = parse_size_mix(vlans.empty() ? "14-120,1514" : "22-120,1514");
      options.stream = 200;
      options.flows = 10;
      const FramePlan plan(options);
      for (const std::uint64_t base : kSequences) {
        for (std::uint64_t step = 0; step < 110; ++step) {
          const std::uint64_t sequence = base + step;
          const std::vector<std::uint8_t> frame = make_frame(plan, sequence);
          const FrameVerdict verdict = check(frame);
          ASSERT_EQ(verdict.state, FrameState::kIntact) << frame.size() << verdict.damage;
          ASSERT_TRUE(verdict.has_sequence);
          ASSERT_EQ(verdict.stream, 200U);
          const std::uint64_t mask = verdict.is_sequence_32 ? 0xffffffffU : ~std::uint64_t{0};
          ASSERT_EQ(verdict.sequence, sequence & mask);
          const std::size_t tags = vlans.size() * kVlanTagSize;
          ASSERT_EQ(verdict.is_sequence_32, frame.size() < 30 + tags);
        }
      }
    }
  }
}

// Every byte that a checksum or the format covers, damaged by each bit in turn.
TEST(Frames, CheckFindsEveryDamagedBit) {
  for (const std::uint32_t size : {58U, 64U, 65U, 32U, 33U, 31U}) {
    FrameOptions options;
    options.sizes = {{size, 1}};
    const std::vector<std::uint8_t> frame = make_frame(FramePlan(options), 0x1122334455667788);
    ASSERT_EQ(check(frame).state, FrameState::kIntact);
    for (std::size_t at = 14; at < size; ++at) {
      for (unsigned bit = 0; bit < 8; ++bit) {
        std::vector<std::uint8_t> bad = frame;
        bad[at] = static_cast<std::uint8_t>(bad[at] ^ (1U << bit));
        // The last byte of a 31-byte frame is half a checksum and proves nothing; the first three
        // stream bytes are told by the checksum alone.
        if (size == 31 && (at == 30 || (at >= 18 && at < 21) || (at >= 22 && at < 26))) continue;
        // Another protocol than UDP is somebody else's packet.
        if (size >= 58 && at == 23) {
          EXPECT_EQ(check(bad).state, FrameState::kOther);
          continue;
        }
        EXPECT_EQ(check(bad).state, FrameState::kDamaged) << size << " byte " << at;
      }
    }
  }
}

TEST(Frames, CheckTellsCutFromDamaged) {
  FrameOptions options;
  options.sizes = {{1000, 1}};
  const std::vector<std::uint8_t> frame = make_frame(FramePlan(options), 77);
  for (std::size_t caplen = 0; caplen < 1000; ++caplen) {
    const std::vector<std::uint8_t> cut(frame.begin(),
                                        frame.begin() + static_cast<std::ptrdiff_t>(caplen));
    const FrameVerdict verdict = check(cut, 1000);
    // Without its addresses it cannot be known as one of ours.
    EXPECT_EQ(verdict.state, caplen < 34 ? FrameState::kOther : FrameState::kTruncated) << caplen;
    EXPECT_EQ(verdict.has_sequence, caplen >= 58) << caplen;
    if (caplen >= 58) {
      EXPECT_EQ(verdict.sequence, 77U);
    }
    // The same bytes with nothing said to be missing: the lengths do not agree.
    if (caplen >= 34) {
      EXPECT_EQ(check(cut).state, FrameState::kDamaged) << caplen;
    }
  }
}

TEST(Frames, CheckLeavesOthersAlone) {
  EXPECT_EQ(check(std::vector<std::uint8_t>(60, 0)).state, FrameState::kOther);
  EXPECT_EQ(check({}).state, FrameState::kOther);
  PacketView raw_ip;
  const std::vector<std::uint8_t> bytes(60, 0x45);
  raw_ip.data = bytes.data();
  raw_ip.caplen = raw_ip.wirelen = 60;
  raw_ip.link_type = link_type::kRaw;
  EXPECT_EQ(check_frame(raw_ip).state, FrameState::kOther);
}

TEST(Frames, FlowsDifferAndAppearInTheirShares) {
  FrameOptions options;
  options.flows = kMaxFlows;
  const FramePlan plan(options);
  std::set<std::string> patches;
  for (const FlowEntry& flow : plan.flows()) {
    patches.insert(std::string(reinterpret_cast<const char*>(flow.patch), plan.patch_size()));
  }
  EXPECT_EQ(patches.size(), kMaxFlows);
}

TEST(Frames, PlanRefusesWhatItCannotMake) {
  const auto refuses = [](auto change) {
    FrameOptions options;
    change(options);
    EXPECT_THROW(FramePlan{options}, UsageError);
  };
  refuses([](FrameOptions& o) { o.sizes.clear(); });
  refuses([](FrameOptions& o) { o.sizes = {{13, 1}}; });
  refuses([](FrameOptions& o) { o.sizes = {{65536, 1}}; });
  refuses([](FrameOptions& o) { o.sizes = {{64, 0}}; });
  refuses([](FrameOptions& o) { o.vlans = {1, 2, 3}; });
  refuses([](FrameOptions& o) { o.vlans = {4096}; });
  refuses([](FrameOptions& o) { o.sizes = {{19, 1}}, o.vlans = {1}; });
  refuses([](FrameOptions& o) { o.flows = 0; });
  refuses([](FrameOptions& o) { o.flows = kMaxFlows + 1; });
  refuses([](FrameOptions& o) { o.zipf_exponent = -1; });
}

}  // namespace
}  // namespace capstan::traffic
