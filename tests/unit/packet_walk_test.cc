// PacketWalk: what it hands out, and that no bytes make it read outside its span.
#include "engine/block/packet_walk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "tests/support/pcapng_builder.h"

namespace capstan {
namespace {

using test::pattern_bytes;
using test::PcapngBuilder;

const std::vector<std::uint16_t> kLinkTypes = {link_type::kEthernet, link_type::kLinuxSll2};

// A copy of exactly `size` bytes on the heap, so that AddressSanitizer sees a read past the end.
struct ExactBytes {
  explicit ExactBytes(std::span<const std::uint8_t> from)
      : memory(std::make_unique<std::uint8_t[]>(from.size())), size(from.size()) {
    std::copy(from.begin(), from.end(), memory.get());
  }
  std::span<const std::uint8_t> span() const { return {memory.get(), size}; }
  std::unique_ptr<std::uint8_t[]> memory;
  std::size_t size;
};

template <typename Order>
WalkEnd walk_to_end(std::span<const std::uint8_t> bytes, std::vector<PacketView>& packets,
                    std::size_t& offset) {
  BasicPacketWalk<Order> walk(bytes, kLinkTypes);
  PacketView packet;
  while (walk.next(packet)) packets.push_back(packet);
  offset = walk.offset();
  EXPECT_FALSE(walk.next(packet)) << "the end stays the end";
  return walk.end();
}

PcapngBuilder mixed_blocks(bool swapped) {
  PcapngBuilder file(swapped);
  file.block(pcapng::kCapstanBlockHead, std::vector<std::uint8_t>(64));
  file.statistics(0, 5, {{pcapng::kIsbOsDropped, file.field64(3)}});
  for (std::uint32_t size = 0; size < 70; ++size) {
    file.packet(size % 2, 1'700'000'000'000'000'000ULL + size,
                pattern_bytes(size, static_cast<std::uint8_t>(size)), size + 10,
                size % 3 == 0 ? std::vector<test::Option>{}
                              : std::vector<test::Option>{{2, file.field32(size % 3)}});
  }
  file.block(0x77777777, std::vector<std::uint8_t>(12));
  return file;
}

template <typename Order>
void expect_mixed_blocks(bool swapped) {
  const PcapngBuilder file = mixed_blocks(swapped);
  std::vector<PacketView> packets;
  std::size_t offset = 0;
  EXPECT_EQ(walk_to_end<Order>(file.bytes, packets, offset), WalkEnd::kComplete);
  EXPECT_EQ(offset, file.bytes.size());
  ASSERT_EQ(packets.size(), 70U);
  for (std::uint32_t i = 0; i < 70; ++i) {
    const PacketView& packet = packets[i];
    EXPECT_EQ(packet.caplen, i);
    EXPECT_EQ(packet.wirelen, i + 10);
    EXPECT_EQ(packet.timestamp_ns, 1'700'000'000'000'000'000ULL + i);
    EXPECT_EQ(packet.interface_id, i % 2);
    EXPECT_EQ(packet.link_type, kLinkTypes[i % 2]);
    EXPECT_EQ(packet.direction, static_cast<Direction>(i % 3));
    EXPECT_EQ(packet.dropped_before, 0U);
    EXPECT_EQ(std::vector<std::uint8_t>(packet.data, packet.data + packet.caplen),
              pattern_bytes(i, static_cast<std::uint8_t>(i)));
  }
}

TEST(PacketWalk, HandsOutEveryPacketAndSkipsOtherBlocks) {
  expect_mixed_blocks<NativeOrder>(false);
  expect_mixed_blocks<SwappedOrder>(true);
}

TEST(PacketWalk, StepStopsAtOtherBlocks) {
  const PcapngBuilder file = mixed_blocks(false);
  PacketWalk walk(file.bytes, kLinkTypes);
  PacketView packet;
  ASSERT_EQ(walk.step(packet), WalkStep::kBlock);
  EXPECT_EQ(walk.block_type(), pcapng::kCapstanBlockHead);
  EXPECT_EQ(walk.block().size(), 76U);
  EXPECT_EQ(walk.offset(), 0U);
  ASSERT_EQ(walk.step(packet), WalkStep::kBlock);
  EXPECT_EQ(walk.block_type(), pcapng::kInterfaceStatisticsBlock);
  EXPECT_EQ(walk.offset(), 76U);
  EXPECT_EQ(walk.step(packet), WalkStep::kPacket);
}

TEST(PacketWalk, ReadsDropCountAmongOtherOptionsAndStopsAtTheFiller) {
  PcapngBuilder file;
  file.packet(0, 1, pattern_bytes(61, 1), 61,
              {PcapngBuilder::text(1, "a comment"),
               {2, file.field32(2)},
               {4, file.field64(77)},
               {6, file.field32(0)}});
  file.packet(0, 2, pattern_bytes(61, 1), 61,
              {{pcapng::kOptCapstanFiller, {0, 0}}, {4, file.field64(88)}});
  file.packet(0, 3, pattern_bytes(61, 1), 61, {{2, file.field32(3)}, {4, {1, 2}}});
  std::vector<PacketView> packets;
  std::size_t offset = 0;
  EXPECT_EQ(walk_to_end<NativeOrder>(file.bytes, packets, offset), WalkEnd::kComplete);
  ASSERT_EQ(packets.size(), 3U);
  EXPECT_EQ(packets[0].dropped_before, 77U);
  EXPECT_EQ(packets[0].direction, Direction::kOutbound);
  EXPECT_EQ(packets[1].dropped_before, 0U);
  EXPECT_EQ(packets[2].direction, Direction::kUnknown) << "3 is reserved";
  EXPECT_EQ(packets[2].dropped_before, 0U) << "an option of the wrong length says nothing";
}

TEST(PacketWalk, OptionsThatOverrunTheBlockAreNotRead) {
  PcapngBuilder file;
  file.packet(0, 1, pattern_bytes(8, 1), 8, {{2, file.field32(1)}});
  const std::size_t option = 28 + 8;
  file.bytes[option + 2] = 0xFF;
  file.bytes[option + 3] = 0xFF;
  const ExactBytes exact(file.bytes);
  std::vector<PacketView> packets;
  std::size_t offset = 0;
  EXPECT_EQ(walk_to_end<NativeOrder>(exact.span(), packets, offset), WalkEnd::kComplete);
  ASSERT_EQ(packets.size(), 1U);
  EXPECT_EQ(packets[0].direction, Direction::kUnknown);
}

TEST(PacketWalk, NeverClaimsFewerBytesOnTheWireThanArePresent) {
  PcapngBuilder file;
  file.packet(0, 1, pattern_bytes(40, 1), 3);
  std::vector<PacketView> packets;
  std::size_t offset = 0;
  walk_to_end<NativeOrder>(file.bytes, packets, offset);
  ASSERT_EQ(packets.size(), 1U);
  EXPECT_EQ(packets[0].wirelen, 40U);
}

TEST(PacketWalk, EveryTruncationEndsAtTheBlockThatIsCut) {
  const PcapngBuilder file = mixed_blocks(false);
  std::vector<std::size_t> starts;
  PacketWalk whole(file.bytes, kLinkTypes);
  PacketView packet;
  while (whole.step(packet) != WalkStep::kEnd) starts.push_back(whole.offset());
  starts.push_back(file.bytes.size());
  for (std::size_t size = 0; size < file.bytes.size(); ++size) {
    const ExactBytes exact({file.bytes.data(), size});
    std::vector<PacketView> packets;
    std::size_t offset = 0;
    const WalkEnd end = walk_to_end<NativeOrder>(exact.span(), packets, offset);
    const std::size_t expected = *std::prev(std::upper_bound(starts.begin(), starts.end(), size));
    EXPECT_EQ(offset, expected) << size;
    EXPECT_EQ(end, expected == size ? WalkEnd::kComplete : WalkEnd::kCutShort) << size;
  }
}

TEST(PacketWalk, DamageHasANameAndAnOffset) {
  struct Case {
    const char* what;
    std::size_t at;  // in the second packet's block
    std::uint32_t value;
    WalkEnd end;
  };
  const Case cases[] = {
      {"length 0", 4, 0, WalkEnd::kBadLength},
      {"length below a block", 4, 8, WalkEnd::kBadLength},
      {"length below a packet block", 4, 28, WalkEnd::kTrailerMismatch},
      {"length no multiple of 4", 4, 45, WalkEnd::kBadLength},
      {"length beyond any block", 4, 0xFFFFFFF0, WalkEnd::kBadLength},
      {"length past the end", 4, 0x1000, WalkEnd::kCutShort},
      {"trailer differs", 40, 48, WalkEnd::kTrailerMismatch},
      {"type 0", 0, 0, WalkEnd::kReservedType},
      {"caplen past the block", 20, 13, WalkEnd::kPacketTooLong},
      {"caplen wraps", 20, 0xFFFFFFFF, WalkEnd::kPacketTooLong},
      {"interface past the table", 8, 2, WalkEnd::kUnknownInterface},
      {"section header", 0, 0x0A0D0D0A, WalkEnd::kNewSection},
  };
  for (const Case& damage : cases) {
    PcapngBuilder file;
    file.packet(0, 1, pattern_bytes(8, 1), 8);
    const std::size_t second = file.packet(0, 2, pattern_bytes(12, 1), 12);
    file.packet(0, 3, pattern_bytes(8, 1), 8);
    file.patch32(second + damage.at, damage.value);
    std::vector<PacketView> packets;
    std::size_t offset = 0;
    EXPECT_EQ(walk_to_end<NativeOrder>(file.bytes, packets, offset), damage.end) << damage.what;
    EXPECT_EQ(packets.size(), 1U) << damage.what;
    EXPECT_EQ(offset, second) << damage.what;
    EXPECT_NE(walk_end_text(damage.end), nullptr);
  }
}

TEST(PacketWalk, PacketBlockWithoutRoomForItsHeadIsDamage) {
  PcapngBuilder file;
  file.block(pcapng::kEnhancedPacketBlock, std::vector<std::uint8_t>(16));
  std::vector<PacketView> packets;
  std::size_t offset = 0;
  EXPECT_EQ(walk_to_end<NativeOrder>(file.bytes, packets, offset), WalkEnd::kBadLength);
}

TEST(PacketWalk, ZerosAreNamed) {
  PcapngBuilder file;
  file.packet(0, 1, pattern_bytes(8, 1), 8);
  const std::size_t written = file.bytes.size();
  file.bytes.resize(written + 4096);
  std::vector<PacketView> packets;
  std::size_t offset = 0;
  EXPECT_EQ(walk_to_end<NativeOrder>(file.bytes, packets, offset), WalkEnd::kZeros);
  EXPECT_EQ(offset, written);
  EXPECT_TRUE(walk_end_is_damage(WalkEnd::kZeros));
  EXPECT_FALSE(walk_end_is_damage(WalkEnd::kCutShort));
}

TEST(PacketWalk, TheTableMayGrowWhileWalking) {
  PcapngBuilder file;
  file.interface(1, 0);
  file.packet(0, 1, pattern_bytes(8, 1), 8);
  std::vector<std::uint16_t> table;
  PacketWalk walk(file.bytes, table);
  PacketView packet;
  ASSERT_EQ(walk.step(packet), WalkStep::kBlock);
  table.push_back(link_type::kRaw);
  walk.set_link_types(table);
  ASSERT_EQ(walk.step(packet), WalkStep::kPacket);
  EXPECT_EQ(packet.link_type, link_type::kRaw);
}

TEST(PacketWalk, NothingToWalkIsComplete) {
  PacketWalk walk;
  PacketView packet;
  EXPECT_FALSE(walk.next(packet));
  EXPECT_EQ(walk.end(), WalkEnd::kComplete);
}

}  // namespace
}  // namespace capstan
