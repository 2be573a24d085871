// Ring sizes, fanout names, and the names suggested for an interface that is not there.
#include <gtest/gtest.h>

#include "engine/capture/fanout.h"
#include "engine/capture/interfaces.h"
#include "engine/capture/ring_layout.h"
#include "engine/core/errors.h"
#include "tests/support/ring_block_builder.h"

namespace capstan {
namespace {

TEST(RingLayout, IsMadeOfWholeBlocks) {
  const RingLayout layout = make_ring_layout(100U << 20, 1U << 20, 100, SlotKind::kEthernet);
  EXPECT_EQ(layout.block_count, 100U);
  EXPECT_EQ(layout.total_bytes(), 100U << 20);
  EXPECT_TRUE(validate_ring_layout(layout).empty());
  const tpacket_req3 request = layout.request();
  EXPECT_EQ(request.tp_block_size, 1U << 20);
  EXPECT_EQ(request.tp_block_nr, 100U);
  EXPECT_EQ(request.tp_retire_blk_tov, 100U);
  EXPECT_EQ(request.tp_sizeof_priv, kPrivateBytes);
  // packet_set_ring: what the kernel checks.
  EXPECT_EQ(request.tp_frame_nr,
            request.tp_block_size / request.tp_frame_size * request.tp_block_nr);
}

TEST(RingLayout, NeverHasFewerThanTwoBlocksNorOverflows) {
  EXPECT_EQ(make_ring_layout(0, 1U << 20, 100, SlotKind::kRaw).block_count, kMinBlockCount);
  EXPECT_EQ(make_ring_layout(5, 0, 100, SlotKind::kRaw).block_count, kMinBlockCount);
  EXPECT_EQ(make_ring_layout(~std::uint64_t{0}, 16U << 10, 100, SlotKind::kRaw).block_count,
            1U << 20);
}

TEST(RingLayout, EveryProblemIsNamedAtOnce) {
  RingLayout layout;
  layout.block_size_bytes = 5000;
  layout.retire_timeout_ms = 0;
  EXPECT_EQ(validate_ring_layout(layout).size(), 2U);
  for (const std::uint32_t size : {0U, 8U << 10, 3U << 20, 128U << 20}) {
    layout.block_size_bytes = size;
    EXPECT_EQ(validate_ring_layout(layout).size(), 2U) << size;
  }
}

// The whole reason for the reserve: a 28-byte packet head in front of the data is 4-aligned.
TEST(RingLayout, ReserveAlignsThePacketHead) {
  const test::RingBlockBuilder ethernet(16U << 10, SlotKind::kEthernet);
  EXPECT_EQ(ethernet.mac_offset(14), 84U);
  const test::RingBlockBuilder raw(16U << 10, SlotKind::kRaw);
  EXPECT_EQ(raw.mac_offset(0) % 4, 0U);
  const test::RingBlockBuilder cooked(16U << 10, SlotKind::kCooked);
  EXPECT_EQ(cooked.mac_offset(0) % 4, 0U);
  EXPECT_GE(cooked.mac_offset(0), 48U + 20 + 4 + 28) << "room for the SLL2 head and a VLAN tag";
}

TEST(Fanout, NamesAndModes) {
  EXPECT_EQ(fanout_mode_of("hash"), FanoutMode::kHash);
  EXPECT_EQ(fanout_mode_of("lb"), FanoutMode::kRoundRobin);
  EXPECT_EQ(fanout_mode_of("qm"), FanoutMode::kQueue);
  for (const FanoutName& entry : kFanoutNames) EXPECT_EQ(fanout_mode_of(entry.name), entry.mode);
  for (const char* wrong : {"", "HASH", "hash ", "defrag", "ebpf"}) {
    EXPECT_FALSE(fanout_mode_of(wrong)) << wrong;
  }
  EXPECT_EQ(static_cast<int>(FanoutMode::kHash), PACKET_FANOUT_HASH);
}

TEST(EditDistance, CountsInsertionsDeletionsSubstitutionsAndSwaps) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("eth0", "eth0"), 0U);
  EXPECT_EQ(edit_distance("", "eth0"), 4U);
  EXPECT_EQ(edit_distance("eth0", ""), 4U);
  EXPECT_EQ(edit_distance("eth0", "eth1"), 1U);
  EXPECT_EQ(edit_distance("eth0", "eth"), 1U);
  EXPECT_EQ(edit_distance("eth0", "eth00"), 1U);
  EXPECT_EQ(edit_distance("eht0", "eth0"), 1U) << "neighbours swapped are one change";
  EXPECT_EQ(edit_distance("wlan0", "eth0"), 4U);
}

TEST(EditDistance, IsSymmetric) {
  const char* names[] = {"", "lo", "eth0", "eht0", "enp3s0f1", "wlp2s0", "any"};
  for (const char* a : names) {
    for (const char* b : names)
      EXPECT_EQ(edit_distance(a, b), edit_distance(b, a)) << a << ' ' << b;
  }
}

TEST(Interfaces, AnUnknownOneNamesTheNearest) {
  std::string name = "ol";
  try {
    resolve_interface(name);
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("'ol'"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("lo"), std::string::npos) << error.what();
  }
}

TEST(Interfaces, AnyIsLastAndHasIndexZero) {
  std::string name = "any";
  EXPECT_EQ(resolve_interface(name), 0);
  const std::vector<NetworkInterface> all = list_interfaces();
  ASSERT_FALSE(all.empty());
  EXPECT_EQ(all.back().name, "any");
  std::string number = std::to_string(all.size());
  EXPECT_EQ(resolve_interface(number), 0);
  EXPECT_EQ(number, "any");
  std::string beyond = std::to_string(all.size() + 1);
  EXPECT_THROW(resolve_interface(beyond), UsageError);
}

}  // namespace
}  // namespace capstan
