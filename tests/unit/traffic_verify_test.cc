// verify on crafted recordings: pcap, pcapng and stenotype's blocks, whole, lossy and broken.
#include <gtest/gtest.h>
#include <linux/if_packet.h>

#include <cstring>
#include <string>
#include <vector>

#include "engine/core/errors.h"
#include "tests/support/temp_dir.h"
#include "tools/traffic/frame_feed.h"
#include "tools/traffic/frame_plan.h"
#include "tools/traffic/verify.h"

namespace capstan::traffic {
namespace {

using Bytes = std::vector<std::uint8_t>;

template <typename Value>
void append(Bytes& to, Value value) {
  const std::size_t at = to.size();
  to.resize(at + sizeof(value));
  std::memcpy(to.data() + at, &value, sizeof(value));
}

Bytes make_frame(const FramePlan& plan, std::uint64_t sequence) {
  Bytes buffer(plan.buffer_size());
  FramePlan::write_filler(buffer);
  buffer.resize(plan.write_frame(sequence, buffer.data()));
  return buffer;
}

FramePlan plan_of(const char* sizes, std::uint32_t stream = 0) {
  FrameOptions options;
  options.sizes = parse_size_mix(sizes);
  options.stream = stream;
  return FramePlan(options);
}

// https://www.tcpdump.org/manpages/pcap-savefile.5.html
Bytes pcap_file(const std::vector<Bytes>& frames, std::uint32_t snaplen = 262144) {
  Bytes file;
  append(file, std::uint32_t{0xa1b2c3d4});
  append(file, std::uint16_t{2});
  append(file, std::uint16_t{4});
  append(file, std::uint64_t{0});
  append(file, snaplen);
  append(file, std::uint32_t{1});
  std::uint32_t second = 0;
  for (const Bytes& frame : frames) {
    const auto caplen = std::min(snaplen, static_cast<std::uint32_t>(frame.size()));
    append(file, second++);
    append(file, std::uint32_t{0});
    append(file, caplen);
    append(file, static_cast<std::uint32_t>(frame.size()));
    file.insert(file.end(), frame.begin(), frame.begin() + caplen);
  }
  return file;
}

// draft-ietf-opsawg-pcapng: section header, one interface, enhanced packets.
Bytes pcapng_file(const std::vector<Bytes>& frames) {
  Bytes file;
  for (const std::uint32_t word : {0x0a0d0d0aU, 28U, 0x1a2b3c4dU, 1U, ~0U, ~0U, 28U}) {
    append(file, word);
  }
  for (const std::uint32_t word : {1U, 20U, 1U, 0U, 20U}) append(file, word);
  for (const Bytes& frame : frames) {
    const auto size = static_cast<std::uint32_t>(frame.size());
    const std::uint32_t padded = (size + 3) / 4 * 4;
    for (const std::uint32_t word : {6U, 32 + padded, 0U, 0U, 0U, size, size}) append(file, word);
    file.insert(file.end(), frame.begin(), frame.end());
    file.resize(file.size() + padded - size);
    append(file, 32 + padded);
  }
  return file;
}

constexpr std::size_t kBlock = 1U << 20;

// One ring block as the kernel leaves it, the frame of each slot 82 bytes behind its head.
Bytes stenotype_block(const std::vector<Bytes>& frames) {
  Bytes block(kBlock);
  tpacket_block_desc head{};
  head.version = TPACKET_V3;
  head.offset_to_priv = 48;
  head.hdr.bh1.num_pkts = static_cast<std::uint32_t>(frames.size());
  head.hdr.bh1.offset_to_first_pkt = 48;
  std::memcpy(block.data(), &head, sizeof(head));
  std::size_t at = 48;
  for (std::size_t index = 0; index < frames.size(); ++index) {
    const Bytes& frame = frames[index];
    const std::size_t step = (82 + frame.size() + 7) / 8 * 8;
    tpacket3_hdr slot{};
    slot.tp_next_offset = index + 1 == frames.size() ? 0 : static_cast<std::uint32_t>(step);
    slot.tp_snaplen = slot.tp_len = static_cast<std::uint32_t>(frame.size());
    slot.tp_mac = 82;
    std::memcpy(block.data() + at, &slot, sizeof(slot));
    std::memcpy(block.data() + at + 82, frame.data(), frame.size());
    at += step;
  }
  return block;
}

VerifyReport verify_bytes(const Bytes& bytes, std::vector<ExpectedStream> expected = {}) {
  const test::TempDir folder;
  VerifyOptions options;
  options.files = {folder.write("file", bytes)};
  options.expected = std::move(expected);
  return verify(options);
}

std::vector<Bytes> frames_of(const FramePlan& plan, const std::vector<std::uint64_t>& sequences) {
  std::vector<Bytes> frames;
  for (const std::uint64_t sequence : sequences) frames.push_back(make_frame(plan, sequence));
  return frames;
}

TEST(Verify, TheSamePacketsInEveryFormat) {
  const FramePlan plan = plan_of("14-200,1514");
  std::vector<std::uint64_t> sequences(500);
  for (std::size_t at = 0; at < sequences.size(); ++at) sequences[at] = at;
  const std::vector<Bytes> frames = frames_of(plan, sequences);
  Bytes steno = stenotype_block({frames.begin(), frames.begin() + 300});
  const Bytes empty = stenotype_block({});
  const Bytes second = stenotype_block({frames.begin() + 300, frames.end()});
  steno.insert(steno.end(), empty.begin(), empty.end());
  steno.insert(steno.end(), second.begin(), second.end());
  steno.resize(steno.size() + kBlock);  // set aside, never written

  for (const Bytes& file : {pcap_file(frames), pcapng_file(frames), steno}) {
    const VerifyReport report = verify_bytes(file, {{0, {0, 499}}});
    ASSERT_EQ(report.streams.size(), 1U);
    EXPECT_EQ(report.packets, 500U);
    EXPECT_EQ(report.intact, 500U);
    EXPECT_EQ(report.streams[0].received, 500U);
    EXPECT_TRUE(report.is_complete());
    EXPECT_TRUE(report.is_readable());
  }
}

TEST(Verify, CountsMissingDoubledReorderedAndForeign) {
  const FramePlan plan = plan_of("64,1514");
  std::vector<Bytes> frames = frames_of(plan, {10, 11, 14, 13, 13, 20, 21, 19});
  frames.push_back(Bytes(60, 0));
  frames.push_back(frames[0]);
  frames.back()[60] ^= 1;
  const VerifyReport report = verify_bytes(pcap_file(frames));
  EXPECT_EQ(report.packets, 10U);
  EXPECT_EQ(report.intact, 8U);
  EXPECT_EQ(report.other, 1U);
  EXPECT_EQ(report.damaged, 1U);
  EXPECT_EQ(report.damages.at("UDP checksum"), 1U);
  ASSERT_EQ(report.streams.size(), 1U);
  const StreamReport& stream = report.streams[0];
  EXPECT_EQ(stream.range, (SequenceRange{10, 21}));
  EXPECT_EQ(stream.expected, 12U);
  EXPECT_EQ(stream.received, 7U);
  EXPECT_EQ(stream.missing, 5U);
  EXPECT_EQ(stream.first_missing, (std::vector<SequenceRange>{{12, 12}, {15, 18}}));
  EXPECT_EQ(stream.duplicates, 1U);
  EXPECT_EQ(stream.reordered, 2U);
  EXPECT_FALSE(report.is_complete());
}

TEST(Verify, WhatWasToComeDecidesWhatIsMissing) {
  const FramePlan plan = plan_of("64", 3);
  const Bytes file = pcap_file(frames_of(plan, {5, 6, 7}));
  EXPECT_TRUE(verify_bytes(file).is_complete());
  EXPECT_TRUE(verify_bytes(file, {{3, {5, 7}}}).is_complete());

  const VerifyReport ends = verify_bytes(file, {{3, {0, 9}}});
  EXPECT_EQ(ends.streams[0].missing, 7U);
  EXPECT_EQ(ends.streams[0].first_missing, (std::vector<SequenceRange>{{0, 4}, {8, 9}}));

  const VerifyReport more = verify_bytes(file, {{3, {6, 6}}});
  EXPECT_EQ(more.streams[0].missing, 0U);
  EXPECT_EQ(more.streams[0].unexpected, 2U);
  EXPECT_FALSE(more.is_complete());

  const VerifyReport absent = verify_bytes(file, {{4, {0, 9}}});
  ASSERT_EQ(absent.streams.size(), 2U);
  EXPECT_EQ(absent.streams[1].stream, 4U);
  EXPECT_EQ(absent.streams[1].missing, 10U);
}

TEST(Verify, SeveralFilesAreOneRecordingAndStreamsAreKeptApart) {
  const test::TempDir folder;
  const FramePlan one = plan_of("64", 1);
  const FramePlan two = plan_of("64", 2);
  VerifyOptions options;
  options.files = {folder.write("b", pcap_file(frames_of(one, {3, 4, 5}))),
                   folder.write("a", pcap_file(frames_of(one, {0, 1, 2}))),
                   folder.write("c", pcap_file(frames_of(two, {0, 2})))};
  const VerifyReport report = verify(options);
  ASSERT_EQ(report.streams.size(), 2U);
  EXPECT_EQ(report.streams[0].missing, 0U);
  EXPECT_EQ(report.streams[0].reordered, 0U);
  EXPECT_EQ(report.streams[1].missing, 1U);
  EXPECT_EQ(report.files.size(), 3U);
  EXPECT_EQ(report.files[0].packets, 3U);
}

TEST(Verify, CutPacketsAreNumberedAndSaid) {
  const FramePlan plan = plan_of("1514");
  const VerifyReport report = verify_bytes(pcap_file(frames_of(plan, {0, 1, 2}), 96));
  EXPECT_EQ(report.truncated, 3U);
  EXPECT_EQ(report.streams[0].missing, 0U);
  EXPECT_FALSE(report.is_complete());
}

TEST(Verify, ShortFramesCrossingThe32BitBoundAreOneRun) {
  const FramePlan plan = plan_of("14");
  std::vector<std::uint64_t> sequences;
  for (std::uint64_t step = 0; step < 20; ++step) sequences.push_back(0xfffffff6 + step);
  const VerifyReport report = verify_bytes(pcap_file(frames_of(plan, sequences)));
  EXPECT_EQ(report.streams[0].received, 20U);
  EXPECT_EQ(report.streams[0].missing, 0U);
  EXPECT_EQ(report.streams[0].range, (SequenceRange{0xfffffff6, 0x100000009}));
}

TEST(Verify, AFileThatBreaksOffSaysSoAndCountsWhatItHeld) {
  const FramePlan plan = plan_of("64");
  const std::vector<Bytes> frames = frames_of(plan, {0, 1, 2, 3});
  for (const Bytes& whole : {pcap_file(frames), pcapng_file(frames)}) {
    const VerifyReport report = verify_bytes({whole.begin(), whole.end() - 5});
    EXPECT_FALSE(report.is_readable());
    EXPECT_EQ(report.intact, 3U);
  }
  Bytes steno = stenotype_block(frames);
  const Bytes second = stenotype_block(frames_of(plan, {4, 5}));
  steno.insert(steno.end(), second.begin(), second.end() - 1);
  const VerifyReport report = verify_bytes(steno);
  EXPECT_FALSE(report.is_readable());
  EXPECT_EQ(report.intact, 4U);
}

TEST(Verify, WrongOffsetsInAStenotypeBlockAreFoundNotFollowed) {
  const std::vector<Bytes> frames = frames_of(plan_of("64"), {0, 1, 2, 3});
  const auto report_with = [&frames](std::size_t at, std::uint32_t value) {
    Bytes block = stenotype_block(frames);
    std::memcpy(block.data() + at, &value, sizeof(value));
    return verify_bytes(block);
  };
  // num_pkts, offset_to_first_pkt (block_status, num_pkts, offset_to_first_pkt follow at byte 8).
  EXPECT_FALSE(report_with(12, 1'000'000).is_readable());
  EXPECT_FALSE(report_with(16, kBlock - 4).is_readable());
  EXPECT_FALSE(report_with(16, 0xffffffff).is_readable());
  // The first slot's tp_next_offset and tp_snaplen.
  EXPECT_FALSE(report_with(48, 1).is_readable());
  EXPECT_FALSE(report_with(48, 0xffffffff).is_readable());
  EXPECT_FALSE(report_with(48 + offsetof(tpacket3_hdr, tp_snaplen), 0xffffffff).is_readable());
  EXPECT_TRUE(report_with(8, 1).is_readable());
}

TEST(Verify, WhatIsNoRecordingIsRefused) {
  const test::TempDir folder;
  for (const std::string& path :
       {folder.write("empty", Bytes{}), folder.write("text", Bytes(100, 'x')),
        folder.path().string(), std::string("/no/such/file")}) {
    VerifyOptions options;
    options.files = {path};
    EXPECT_THROW(verify(options), UsageError) << path;
  }
}

TEST(Replay, FeedsThePacketsInTheirTimeAndTurns) {
  const test::TempDir folder;
  const FramePlan plan = plan_of("64");
  ReplayOptions options;
  options.path = folder.write("file", pcap_file(frames_of(plan, {0, 1, 2})));
  options.speed = 2;
  options.loops = 2;
  ReplayFeed feed(options, PaceOptions{}, 0, 1500);
  Bytes buffer(1518);
  std::vector<std::uint64_t> due;
  while (!feed.is_done()) {
    due.push_back(feed.wait_ns(0));
    EXPECT_EQ(feed.write(buffer.data()), 64U);
  }
  // One second apart in the file; the second turn begins with the end of the first.
  constexpr std::uint64_t kHalf = kNanosecondsPerSecond / 2;
  EXPECT_EQ(due,
            (std::vector<std::uint64_t>{0, kHalf, 2 * kHalf, 2 * kHalf, 3 * kHalf, 4 * kHalf}));
  EXPECT_EQ(feed.skipped(), 0U);
}

TEST(Replay, LeavesOutWhatCannotBeSentAndCountsIt) {
  const test::TempDir folder;
  const FramePlan plan = plan_of("64,1514");
  ReplayOptions options;
  options.path = folder.write("file", pcap_file(frames_of(plan, {0, 1, 2, 3}), 100));
  ReplayFeed feed(options, PaceOptions{}, 0, 1500);
  Bytes buffer(1518);
  int frames = 0;
  for (; !feed.is_done(); ++frames) feed.write(buffer.data());
  EXPECT_EQ(frames, 2);
  EXPECT_EQ(feed.skipped(), 2U);
  options.path = folder.write("all-cut", pcap_file(frames_of(plan, {1, 3}), 100));
  EXPECT_THROW(ReplayFeed(options, PaceOptions{}, 0, 1500), UsageError);
}

// A frame of 1515 to 1518 bytes passes an MTU of 1500 only with an 802.1Q tag.
TEST(Replay, CountsWhatIsTooLongForTheMtuAndGoesOn) {
  const test::TempDir folder;
  std::vector<Bytes> frames;
  for (const std::size_t size : {60U, 1515U, 1514U, 1518U, 1519U, 60U}) {
    frames.emplace_back(size, std::uint8_t{0x08});
  }
  frames.push_back(Bytes(1518, 0));
  frames.back()[12] = 0x81;
  frames.push_back(Bytes(1519, 0));
  frames.back()[12] = 0x81;
  ReplayOptions options;
  options.path = folder.write("file", pcap_file(frames));
  ReplayFeed feed(options, PaceOptions{}, 0, 1500);
  Bytes buffer(feed.buffer_size());
  std::vector<std::uint32_t> sizes;
  while (!feed.is_done()) sizes.push_back(feed.write(buffer.data()));
  EXPECT_EQ(sizes, (std::vector<std::uint32_t>{60, 1514, 60, 1518}));
  EXPECT_EQ(feed.too_long(), 4U);
  EXPECT_EQ(feed.longest(), 1519U);
  EXPECT_EQ(feed.skipped(), 0U);
}

}  // namespace
}  // namespace capstan::traffic
