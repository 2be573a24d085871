// seal_block over blocks laid out as the kernel lays them out: what goes in comes out, no byte is
// left over, and no slot head makes it leave the block.
#include "engine/capture/seal.h"

#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "tests/support/pcapng_builder.h"
#include "tests/support/ring_block_builder.h"
#include "tests/support/sealed_block_check.h"
#include "tests/support/temp_dir.h"
#include "writers/recording/pcapng_format.h"

namespace capstan {
namespace {

using test::read_sealed;
using test::RingBlockBuilder;
using test::RingFrame;
using test::SealedContent;
using test::StoredPacket;

constexpr std::uint32_t kAlignment = 4096;

// Frame bytes that are never the poison.
std::vector<std::uint8_t> clean_bytes(std::size_t size, std::uint8_t seed) {
  std::vector<std::uint8_t> data = test::pattern_bytes(size, seed);
  for (std::uint8_t& byte : data) byte &= 0x7F;
  return data;
}

RingFrame frame_of(std::size_t size, std::uint32_t number) {
  RingFrame frame;
  frame.data = clean_bytes(size, static_cast<std::uint8_t>(number * 13 + 1));
  frame.timestamp_ns = 1'700'000'000'000'000'000 + std::uint64_t{number} * 1'001;
  frame.packet_type = static_cast<std::uint8_t>(number % 5);
  return frame;
}

void append_big16(std::vector<std::uint8_t>& to, std::uint32_t value) {
  to.push_back(static_cast<std::uint8_t>(value >> 8));
  to.push_back(static_cast<std::uint8_t>(value));
}

// What the file must hold for `frame`, worked out on its own.
StoredPacket expected_packet(const RingFrame& frame, SlotKind kind, std::uint32_t snaplen) {
  StoredPacket packet;
  packet.timestamp_ns = frame.timestamp_ns;
  packet.wirelen =
      frame.wirelen != 0 ? frame.wirelen : static_cast<std::uint32_t>(frame.data.size());
  const std::uint32_t tpid = frame.vlan_tpid.value_or(0x8100);
  std::vector<std::uint8_t>& data = packet.data;
  if (kind == SlotKind::kCooked) {
    append_big16(data, frame.vlan_tci ? tpid : frame.protocol);
    append_big16(data, 0);
    append_big16(data, 0);
    append_big16(data, static_cast<std::uint32_t>(frame.interface_index));
    append_big16(data, frame.hardware_type);
    data.push_back(frame.packet_type);
    data.push_back(6);
    data.insert(data.end(), std::begin(RingBlockBuilder::kLinkAddress),
                std::end(RingBlockBuilder::kLinkAddress));
    if (frame.vlan_tci) {
      append_big16(data, *frame.vlan_tci);
      append_big16(data, frame.protocol);
    }
    packet.wirelen += static_cast<std::uint32_t>(data.size());
    data.insert(data.end(), frame.data.begin(), frame.data.end());
  } else if (kind == SlotKind::kEthernet && frame.vlan_tci && frame.data.size() >= 12) {
    data.assign(frame.data.begin(), frame.data.begin() + 12);
    append_big16(data, tpid);
    append_big16(data, *frame.vlan_tci);
    data.insert(data.end(), frame.data.begin() + 12, frame.data.end());
    packet.wirelen += 4;
  } else {
    data = frame.data;
  }
  if (data.size() > snaplen) data.resize(snaplen);
  return packet;
}

std::uint32_t expected_flags(std::uint8_t packet_type) {
  constexpr std::uint32_t kFlags[] = {1U | 1U << 2, 1U | 3U << 2, 1U | 2U << 2, 1U | 4U << 2, 2U};
  return kFlags[packet_type];
}

SealContext context_of(const RingBlockBuilder& builder, SlotKind kind = SlotKind::kEthernet) {
  SealContext context;
  context.slot_kind = kind;
  context.interface_id = 3;
  context.ring = 2;
  context.block_size_bytes = builder.size();
  context.alignment_bytes = kAlignment;
  return context;
}

// Nowhere four bytes of poison in a row: all but impossible by chance, certain for a slot head that
// was not overwritten.
bool holds_poison(std::span<const std::uint8_t> bytes) {
  std::size_t run = 0;
  for (const std::uint8_t byte : bytes) {
    run = byte == RingBlockBuilder::kPoison ? run + 1 : 0;
    if (run == 4) return true;
  }
  return false;
}

// Seals what is in the builder and checks everything about the result against `frames`.
SealedContent seal_and_check(RingBlockBuilder& builder, const std::vector<RingFrame>& frames,
                             const SealContext& context, const SealLedger& ledger = {},
                             std::uint32_t limit = 0xFFFFFFFF) {
  const std::size_t kept = std::min<std::size_t>(frames.size(), limit);
  std::uint8_t* block = builder.close();
  const SealResult result = seal_block(block, context, ledger, limit);
  EXPECT_EQ(result.packet_count, kept);
  EXPECT_EQ(result.beyond_limit, frames.size() - kept);
  EXPECT_EQ(result.damaged, 0U);
  EXPECT_EQ(result.size_bytes % context.alignment_bytes, 0U);
  EXPECT_LE(result.size_bytes, builder.size());
  EXPECT_EQ(test::load<std::uint32_t>(block + 8), RingBlockBuilder::status());
  if (result.packet_count != kept || result.size_bytes > builder.size()) return {};

  const std::span<const std::uint8_t> sealed = builder.bytes().first(result.size_bytes);
  EXPECT_FALSE(holds_poison(sealed));
  SealedContent content = read_sealed(sealed);
  EXPECT_EQ(content.problem, "");
  EXPECT_EQ(content.packets.size(), kept);
  if (content.packets.size() != kept) return content;
  std::uint64_t captured = 0;
  for (std::size_t i = 0; i < kept; ++i) {
    const StoredPacket expected = expected_packet(frames[i], context.slot_kind, context.snaplen);
    EXPECT_EQ(content.packets[i], expected) << "packet " << i;
    EXPECT_EQ(content.interface_ids[i], context.interface_id);
    if (content.flags[i] != 0xFFFFFFFF) {
      EXPECT_EQ(content.flags[i], expected_flags(frames[i].packet_type));
      EXPECT_EQ(content.queues[i], context.ring);
    }
    EXPECT_EQ(content.dropcount[i], i == 0 ? ledger.dropped_since_last : 0);
    captured += expected.data.size();
  }
  EXPECT_EQ(result.captured_bytes, captured);
  EXPECT_EQ(result.first_timestamp_ns, frames.front().timestamp_ns);
  EXPECT_EQ(result.last_timestamp_ns, frames[kept - 1].timestamp_ns);
  EXPECT_EQ(content.head.kernel_status, RingBlockBuilder::status());
  EXPECT_EQ(content.head.packet_count, kept);
  EXPECT_EQ(content.head.sequence, result.sequence);

  // And the walker that everything else uses sees the same.
  const std::vector<std::uint16_t> link_types(context.interface_id + 1, std::uint16_t{1});
  PacketWalk walk(sealed, link_types);
  PacketView packet;
  std::size_t walked = 0;
  while (walk.next(packet)) {
    if (walked < kept) {
      EXPECT_EQ(test::stored(packet), content.packets[walked]);
    }
    ++walked;
  }
  EXPECT_EQ(walk.end(), WalkEnd::kComplete);
  EXPECT_EQ(walked, kept);
  return content;
}

// A recording of these sealed blocks, as the in-place layout writes it, read by libpcap.
std::vector<StoredPacket> through_libpcap(const std::vector<std::vector<std::uint8_t>>& blocks,
                                          std::uint16_t link_type) {
  RecordingHeader header;
  for (int ring = 0; ring < 4; ++ring) {
    header.interfaces.push_back({"veth" + std::to_string(ring), "", "", link_type, 262144});
  }
  std::vector<std::uint8_t> file = encode_pcapng_header(header);
  for (const auto& block : blocks) file.insert(file.end(), block.begin(), block.end());
  const test::TempDir folder;
  return test::read_with_libpcap(folder.write("sealed.pcapng", file));
}

std::vector<std::uint8_t> sealed_copy(RingBlockBuilder& builder, const SealContext& context) {
  const SealResult result = seal_block(builder.close(), context, {});
  return {builder.data(), builder.data() + result.size_bytes};
}

class SealFrameSize : public testing::TestWithParam<std::uint32_t> {};

TEST_P(SealFrameSize, EveryFrameComesOutAsItWentIn) {
  const std::uint32_t size = GetParam();
  RingBlockBuilder builder(64U << 10);
  std::vector<RingFrame> frames;
  for (std::uint32_t i = 0; i < 40; ++i) {
    RingFrame frame = frame_of(size, i);
    if (!builder.try_add(frame)) break;
    frames.push_back(std::move(frame));
  }
  seal_and_check(builder, frames, context_of(builder));
  std::vector<StoredPacket> expected;
  for (const RingFrame& frame : frames) {
    expected.push_back(expected_packet(frame, SlotKind::kEthernet, 262144));
  }
  builder.open(2);
  for (const RingFrame& frame : frames) ASSERT_TRUE(builder.try_add(frame));
  EXPECT_EQ(through_libpcap({sealed_copy(builder, context_of(builder))}, 1), expected);
}

INSTANTIATE_TEST_SUITE_P(Small, SealFrameSize, testing::Range(14U, 201U));
INSTANTIATE_TEST_SUITE_P(Large, SealFrameSize, testing::Values(594U, 1514U, 4096U, 9000U, 65000U));

TEST(Seal, MixedSizesInRandomOrder) {
  std::mt19937 random(20261123);
  std::uniform_int_distribution<std::uint32_t> any_size(14, 1600);
  std::vector<std::vector<std::uint8_t>> sealed;
  std::vector<StoredPacket> expected;
  for (int round = 0; round < 20; ++round) {
    RingBlockBuilder builder(64U << 10);
    std::vector<RingFrame> frames;
    while (true) {
      const std::uint32_t size = round % 2 == 0 ? any_size(random) : 14 + any_size(random) % 100;
      RingFrame frame = frame_of(size, static_cast<std::uint32_t>(frames.size()));
      if (!builder.try_add(frame)) break;
      expected.push_back(expected_packet(frame, SlotKind::kEthernet, 262144));
      frames.push_back(std::move(frame));
    }
    seal_and_check(builder, frames, context_of(builder));
    builder.open(1);
    for (const RingFrame& frame : frames) ASSERT_TRUE(builder.try_add(frame));
    sealed.push_back(sealed_copy(builder, context_of(builder)));
  }
  EXPECT_EQ(through_libpcap(sealed, 1), expected);
}

// The last packet's filler reaches from anywhere to the next multiple of the alignment.
TEST(Seal, EveryTailLengthReachesTheAlignment) {
  RingBlockBuilder builder(16U << 10);
  for (std::uint32_t size = 14; size < 14 + kAlignment + 8; ++size) {
    builder.open(1);
    const std::vector<RingFrame> frames = {frame_of(size, size)};
    ASSERT_TRUE(builder.try_add(frames[0]));
    seal_and_check(builder, frames, context_of(builder));
    if (HasFailure()) FAIL() << "size " << size;
  }
}

TEST(Seal, EveryTailLengthIsReadByLibpcap) {
  RingBlockBuilder builder(16U << 10);
  std::vector<std::vector<std::uint8_t>> sealed;
  std::vector<StoredPacket> expected;
  for (std::uint32_t size = 14; size < 14 + kAlignment; size += 3) {
    builder.open(1);
    const RingFrame frame = frame_of(size, size);
    ASSERT_TRUE(builder.try_add(frame));
    sealed.push_back(sealed_copy(builder, context_of(builder)));
    expected.push_back(expected_packet(frame, SlotKind::kEthernet, 262144));
  }
  EXPECT_EQ(through_libpcap(sealed, 1), expected);
}

// The kernel fills a block to within 8 bytes of its end: less than a padding block would need.
TEST(Seal, BlocksFilledToTheirEnd) {
  RingBlockBuilder builder(16U << 10);
  for (std::uint32_t left = 8; left <= 64; left += 8) {
    for (std::uint32_t slack = 0; slack < 8; ++slack) {
      builder.open(1);
      std::vector<RingFrame> frames = {frame_of(1514, 1), frame_of(60, 2)};
      for (const RingFrame& frame : frames) ASSERT_TRUE(builder.try_add(frame));
      const std::uint32_t last = builder.room() - left - builder.mac_offset(14) - slack;
      frames.push_back(frame_of(last, 3));
      ASSERT_TRUE(builder.try_add(frames.back()));
      ASSERT_EQ(builder.room(), left);
      seal_and_check(builder, frames, context_of(builder));
      if (HasFailure()) FAIL() << left << " left, slack " << slack;
    }
  }
}

// A packet that no block can hold is put into an empty one, cut, and then reaches to the block's
// very last byte (tpacket_rcv clamps to max_frame_len; the check for room is not made again).
TEST(Seal, PacketLargerThanABlockIsKeptCutAndCounted) {
  for (std::uint32_t extra = 0; extra < 24; ++extra) {
    RingBlockBuilder builder(16U << 10);
    RingFrame frame = frame_of((16U << 10) - 200 + extra * 8, 1);
    ASSERT_TRUE(builder.try_add(frame));
    const SealResult result = seal_block(builder.close(), context_of(builder), {});
    ASSERT_EQ(result.packet_count, 1U) << extra;
    EXPECT_EQ(result.damaged, 0U);
    ASSERT_LE(result.size_bytes, builder.size());
    const SealedContent content = read_sealed(builder.bytes().first(result.size_bytes));
    EXPECT_EQ(content.problem, "") << extra;
    ASSERT_EQ(content.packets.size(), 1U);
    const std::vector<std::uint8_t>& data = content.packets[0].data;
    EXPECT_EQ(content.packets[0].wirelen, frame.data.size());
    EXPECT_TRUE(std::equal(data.begin(), data.end(), frame.data.begin()));
    EXPECT_EQ(result.truncated, data.size() < frame.data.size() ? 1U : 0U) << extra;
    EXPECT_GE(data.size() + 12,
              std::min<std::size_t>(frame.data.size(), builder.size() - builder.first_offset() -
                                                           builder.mac_offset(14)));
  }
}

TEST(Seal, VlanTagsComeBackWithTheirTpid) {
  RingBlockBuilder builder(64U << 10);
  std::vector<RingFrame> frames;
  for (std::uint32_t i = 0; i < 60; ++i) {
    RingFrame frame = frame_of(14 + i, i);
    frame.vlan_tci = static_cast<std::uint16_t>(0xE000U + i);
    if (i % 3 == 1) frame.vlan_tpid = 0x88A8;
    if (i % 3 == 2) frame.vlan_tci.reset();
    ASSERT_TRUE(builder.try_add(frame));
    frames.push_back(std::move(frame));
  }
  seal_and_check(builder, frames, context_of(builder));
}

TEST(Seal, VlanTagIsPartOfTheSnapLength) {
  for (std::uint32_t size = 1; size < 90; ++size) {
    RingBlockBuilder builder(16U << 10);
    std::vector<RingFrame> frames;
    for (std::uint32_t i = 0; i < 5; ++i) {
      RingFrame frame = frame_of(std::min(size, 64U), i);  // the filter has cut it to 64 bytes
      frame.wirelen = size;
      frame.vlan_tci = 100;
      ASSERT_TRUE(builder.try_add(frame));
      frames.push_back(std::move(frame));
    }
    SealContext context = context_of(builder);
    context.snaplen = 64;
    seal_and_check(builder, frames, context);
    if (HasFailure()) FAIL() << size;
  }
}

TEST(Seal, CookedPacketsGetAnSll2Head) {
  std::vector<std::vector<std::uint8_t>> sealed;
  std::vector<StoredPacket> expected;
  for (std::uint32_t round = 0; round < 30; ++round) {
    RingBlockBuilder builder(16U << 10, SlotKind::kCooked);
    std::vector<RingFrame> frames;
    for (std::uint32_t i = 0; i < 20; ++i) {
      RingFrame frame = frame_of(round * 7 + i, i);
      frame.interface_index = static_cast<int>(i + 1);
      frame.hardware_type = i % 2 == 0 ? 1 : 772;
      frame.protocol = i % 2 == 0 ? 0x0800 : 0x86DD;
      if (i % 3 == 0) frame.vlan_tci = static_cast<std::uint16_t>(i);
      if (i % 6 == 0) frame.vlan_tpid = 0x88A8;
      ASSERT_TRUE(builder.try_add(frame));
      expected.push_back(expected_packet(frame, SlotKind::kCooked, 262144));
      frames.push_back(std::move(frame));
    }
    seal_and_check(builder, frames, context_of(builder, SlotKind::kCooked));
    builder.open(1);
    for (const RingFrame& frame : frames) ASSERT_TRUE(builder.try_add(frame));
    sealed.push_back(sealed_copy(builder, context_of(builder, SlotKind::kCooked)));
  }
  EXPECT_EQ(through_libpcap(sealed, 276), expected);
}

// Link headers of any length: where the packet then starts is no multiple of 4, and it is moved.
TEST(Seal, LinkHeadersOfEveryLength) {
  for (const SlotKind kind : {SlotKind::kRaw, SlotKind::kEthernet}) {
    for (std::uint32_t maclen = 0; maclen <= 64; ++maclen) {
      RingBlockBuilder builder(64U << 10, kind);
      std::vector<RingFrame> frames;
      for (std::uint32_t i = 0; i < 30; ++i) {
        RingFrame frame = frame_of(maclen + 20 + i, i);
        frame.maclen = maclen;
        ASSERT_TRUE(builder.try_add(frame));
        frames.push_back(std::move(frame));
      }
      seal_and_check(builder, frames, context_of(builder, kind));
      if (HasFailure()) FAIL() << "maclen " << maclen;
    }
  }
}

TEST(Seal, LedgerIsInTheHeadTheStatisticsAndTheFirstPacket) {
  RingBlockBuilder builder(16U << 10, SlotKind::kEthernet, 77);
  std::vector<RingFrame> frames;
  for (std::uint32_t i = 0; i < 9; ++i) {
    frames.push_back(frame_of(100, i));
    ASSERT_TRUE(builder.try_add(frames.back()));
  }
  SealLedger ledger;
  ledger.packets_before = 5'000'000'000;
  ledger.dropped = 7'000'000'000;
  ledger.dropped_since_last = 123;
  ledger.freezes = 4;
  ledger.loss_begin_ns = 42;
  const SealedContent content = seal_and_check(builder, frames, context_of(builder), ledger);
  EXPECT_EQ(content.head.ring, 2U);
  EXPECT_EQ(content.head.sequence, 77U);
  EXPECT_EQ(content.head.received, 12'000'000'009U);
  EXPECT_EQ(content.head.dropped, 7'000'000'000U);
  EXPECT_EQ(content.head.freezes, 4U);
  EXPECT_EQ(content.head.loss_begin_ns, 42U);
  EXPECT_EQ(content.head.loss_end_ns, frames[0].timestamp_ns);
  EXPECT_EQ(content.statistics_interface, 3U);
  EXPECT_EQ(content.statistics_time_ns, frames[8].timestamp_ns);
  EXPECT_EQ(content.statistics_received, 12'000'000'009U);
  EXPECT_EQ(content.statistics_dropped, 7'000'000'000U);
}

TEST(Seal, WithoutALossNoTimesAreNamed) {
  RingBlockBuilder builder(16U << 10);
  const std::vector<RingFrame> frames = {frame_of(60, 1)};
  ASSERT_TRUE(builder.try_add(frames[0]));
  const SealedContent content = seal_and_check(builder, frames, context_of(builder));
  EXPECT_EQ(content.head.loss_begin_ns, 0U);
  EXPECT_EQ(content.head.loss_end_ns, 0U);
}

TEST(Seal, EveryPacketSaysDirectionAndRing) {
  RingBlockBuilder builder(64U << 10);
  std::vector<RingFrame> frames;
  for (std::uint32_t i = 0; i < 100; ++i) {
    frames.push_back(frame_of(60 + i, i));
    ASSERT_TRUE(builder.try_add(frames.back()));
  }
  const SealedContent content = seal_and_check(builder, frames, context_of(builder));
  for (std::size_t i = 0; i < content.flags.size(); ++i) {
    EXPECT_EQ(content.flags[i], expected_flags(frames[i].packet_type));
    EXPECT_EQ(content.queues[i], 2U);
  }
}

TEST(Seal, PacketLimitLeavesOutTheRest) {
  for (std::uint32_t limit = 1; limit <= 50; ++limit) {
    RingBlockBuilder builder(16U << 10);
    std::vector<RingFrame> frames;
    for (std::uint32_t i = 0; i < 50; ++i) {
      frames.push_back(frame_of(14 + i * 2, i));
      ASSERT_TRUE(builder.try_add(frames.back()));
    }
    seal_and_check(builder, frames, context_of(builder), {}, limit);
  }
}

TEST(Seal, LimitOfNoneAndEmptyBlocksGiveNothing) {
  RingBlockBuilder builder(16U << 10);
  ASSERT_TRUE(builder.try_add(frame_of(60, 1)));
  SealResult result = seal_block(builder.close(), context_of(builder), {}, 0);
  EXPECT_EQ(result.packet_count, 0U);
  EXPECT_EQ(result.size_bytes, 0U);
  EXPECT_EQ(result.beyond_limit, 1U);
  EXPECT_EQ(result.damaged, 0U);
  builder.open(9);
  result = seal_block(builder.close(), context_of(builder), {});
  EXPECT_EQ(result.packet_count, 0U);
  EXPECT_EQ(result.sequence, 9U);
  EXPECT_EQ(result.damaged, 0U);
  EXPECT_EQ(block_packet_count(builder.data()), 0U);
}

// A whole ring block as the unit of writing: the filler of the last packet is longer than one
// option can be.
TEST(Seal, AlignmentUpToTheBlockSize) {
  for (std::uint32_t alignment = 4096; alignment <= 1U << 20; alignment *= 2) {
    RingBlockBuilder builder(1U << 20);
    const std::vector<RingFrame> frames = {frame_of(60, 1), frame_of(1514, 2)};
    for (const RingFrame& frame : frames) ASSERT_TRUE(builder.try_add(frame));
    SealContext context = context_of(builder);
    context.alignment_bytes = alignment;
    seal_and_check(builder, frames, context);
    if (HasFailure()) FAIL() << alignment;
  }
}

// ---- damage: a kernel bug, a broken driver; the packets in front of it are kept ----

struct Damage {
  const char* what;
  std::size_t offset;  // in the slot head
  std::uint32_t size;
  std::uint32_t value;
};

TEST(Seal, DamagedSlotHeadsEndTheBlockAtTheLastGoodPacket) {
  const Damage damages[] = {
      {"next beyond the block", offsetof(tpacket3_hdr, tp_next_offset), 4, 1U << 20},
      {"next wraps", offsetof(tpacket3_hdr, tp_next_offset), 4, 0xFFFFFFF8},
      {"next unaligned", offsetof(tpacket3_hdr, tp_next_offset), 4, 203},
      {"next zero in the middle", offsetof(tpacket3_hdr, tp_next_offset), 4, 0},
      {"next inside the slot", offsetof(tpacket3_hdr, tp_next_offset), 4, 96},
      {"mac in the head", offsetof(tpacket3_hdr, tp_mac), 2, 20},
      {"mac beyond the slot", offsetof(tpacket3_hdr, tp_mac), 2, 60000},
      {"caplen beyond the slot", offsetof(tpacket3_hdr, tp_snaplen), 4, 5000},
      {"caplen wraps", offsetof(tpacket3_hdr, tp_snaplen), 4, 0xFFFFFFFF},
      {"wirelen below caplen", offsetof(tpacket3_hdr, tp_len), 4, 3},
      {"mac too near for a packet head", offsetof(tpacket3_hdr, tp_mac), 2, 49},
  };
  for (const Damage& damage : damages) {
    for (std::uint32_t victim = 0; victim < 5; ++victim) {
      RingBlockBuilder builder(16U << 10);
      std::vector<std::uint32_t> slots;
      std::vector<RingFrame> frames;
      for (std::uint32_t i = 0; i < 5; ++i) {
        frames.push_back(frame_of(100 + i, i));
        ASSERT_TRUE(builder.try_add(frames.back()));
        slots.push_back(builder.last_slot());
      }
      std::uint8_t* block = builder.close();
      std::memcpy(block + slots[victim] + damage.offset, &damage.value, damage.size);
      const SealResult result = seal_block(block, context_of(builder), {});
      EXPECT_EQ(result.packet_count + result.damaged, 5U) << damage.what << victim;
      EXPECT_EQ(test::load<std::uint32_t>(block + 8), RingBlockBuilder::status());
      if (result.packet_count == 0) {
        EXPECT_EQ(result.size_bytes, 0U);
        continue;
      }
      ASSERT_LE(result.size_bytes, builder.size());
      const SealedContent content = read_sealed(builder.bytes().first(result.size_bytes));
      EXPECT_EQ(content.problem, "") << damage.what << victim;
      EXPECT_EQ(content.packets.size(), result.packet_count);
      EXPECT_GE(content.packets.size(), std::min(victim, 5U));
      for (std::uint32_t i = 0; i < victim && i < content.packets.size(); ++i) {
        EXPECT_EQ(content.packets[i], expected_packet(frames[i], SlotKind::kEthernet, 262144));
      }
    }
  }
}

TEST(Seal, DamagedDescriptorsGiveNothing) {
  const Damage damages[] = {
      {"first in the descriptor", offsetof(tpacket_block_desc, hdr.bh1.offset_to_first_pkt), 4, 8},
      {"first unaligned", offsetof(tpacket_block_desc, hdr.bh1.offset_to_first_pkt), 4, 97},
      {"first beyond", offsetof(tpacket_block_desc, hdr.bh1.offset_to_first_pkt), 4, 0xFFFFFFF8},
      {"length beyond", offsetof(tpacket_block_desc, hdr.bh1.blk_len), 4, (16U << 10) + 8},
      {"length wraps", offsetof(tpacket_block_desc, hdr.bh1.blk_len), 4, 0xFFFFFFF8},
      {"length unaligned", offsetof(tpacket_block_desc, hdr.bh1.blk_len), 4, 1001},
      {"length zero", offsetof(tpacket_block_desc, hdr.bh1.blk_len), 4, 0},
  };
  for (const Damage& damage : damages) {
    RingBlockBuilder builder(16U << 10);
    for (std::uint32_t i = 0; i < 3; ++i) ASSERT_TRUE(builder.try_add(frame_of(100, i)));
    std::uint8_t* block = builder.close();
    std::memcpy(block + damage.offset, &damage.value, damage.size);
    const SealResult result = seal_block(block, context_of(builder), {});
    EXPECT_EQ(result.packet_count, 0U) << damage.what;
    EXPECT_EQ(result.damaged, 3U) << damage.what;
    EXPECT_EQ(result.size_bytes, 0U) << damage.what;
  }
}

TEST(Seal, MorePacketsAnnouncedThanThereAre) {
  RingBlockBuilder builder(16U << 10);
  std::vector<RingFrame> frames;
  for (std::uint32_t i = 0; i < 3; ++i) {
    frames.push_back(frame_of(100, i));
    ASSERT_TRUE(builder.try_add(frames.back()));
  }
  std::uint8_t* block = builder.close();
  const std::uint32_t many = 1000;
  std::memcpy(block + offsetof(tpacket_block_desc, hdr.bh1.num_pkts), &many, sizeof(many));
  const SealResult result = seal_block(block, context_of(builder), {});
  EXPECT_EQ(result.packet_count + result.damaged, 1000U);
  EXPECT_LE(result.packet_count, 3U);
}

}  // namespace
}  // namespace capstan
