// What is said before the first packet, and what is counted in front of every ring.
#include "tools/record/start_notes.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "engine/block/packet_view.h"
#include "tests/support/temp_dir.h"
#include "tools/common/memory_note.h"
#include "tools/watch/backlog_drops.h"

namespace capstan::tools {
namespace {

RingInfo ring(const std::string& name, std::uint16_t type, std::uint32_t block_size_bytes) {
  RingInfo info;
  info.interface_name = name;
  info.link_type = type;
  info.block_size_bytes = block_size_bytes;
  return info;
}

TEST(StartNotes, BlocksThatCutAreToldWithTheSizeThatDoesNot) {
  const RingInfo small = ring("eth0", link_type::kEthernet, 64U << 10);
  const std::string note = cut_packets_note(small, 262144, {"eth0", 1500, 65536});
  EXPECT_NE(note.find("--block-size 128K"), std::string::npos) << note;
  EXPECT_NE(note.find("MTU 1,500"), std::string::npos) << note;
  EXPECT_EQ(cut_packets_note(small, 1000, {"eth0", 1500, 65536}), "");
  const RingInfo usual = ring("eth0", link_type::kEthernet, 1U << 20);
  EXPECT_EQ(cut_packets_note(usual, 262144, {"eth0", 65536, 0}), "");
  EXPECT_EQ(cut_packets_note(usual, 262144, {"eth0", 1500, 524'280}), "");
  const RingInfo half = ring("eth0", link_type::kEthernet, 128U << 10);
  EXPECT_NE(cut_packets_note(half, 262144, {"eth0", 1500, 185'000}).find("--block-size 256K"),
            std::string::npos);
}

TEST(StartNotes, SeveralLinkTypes) {
  const RingInfo eth = ring("eth0", link_type::kEthernet, 1U << 20);
  const RingInfo tun = ring("tun0", link_type::kRaw, 1U << 20);
  EXPECT_EQ(link_types_note({eth, eth}), "");
  EXPECT_NE(link_types_note({eth, eth, tun}).find("eth0 is EN10MB and tun0 is RAW"),
            std::string::npos)
      << link_types_note({eth, tun});
}

TEST(StartNotes, MemoryFromAQuarterOn) {
  constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;
  EXPECT_EQ(memory_note(kGiB, 2, 8 * kGiB), "");
  EXPECT_EQ(memory_note(64 * kGiB, 1, 0), "");
  EXPECT_NE(memory_note(64 * kGiB, 1, 24 * kGiB)
                .find("1 ring of 64.0 GiB takes 64.0 GiB of the "
                      "24.0 GiB"),
            std::string::npos)
      << memory_note(64 * kGiB, 1, 24 * kGiB);
  EXPECT_NE(memory_note(kGiB, 3, 8 * kGiB), "");
}

class Backlog : public ::testing::Test {
 protected:
  // A line a CPU, as softnet_seq_show() prints it.
  void write(const std::vector<std::pair<unsigned, unsigned>>& dropped_by_cpu) {
    std::ofstream out(path_, std::ios::trunc);
    for (const auto& [cpu, dropped] : dropped_by_cpu) {
      char line[256];
      std::snprintf(line, sizeof(line),
                    "%08x %08x %08x %08x %08x %08x %08x %08x %08x %08x %08x %08x %08x %08x %08x\n",
                    12345, dropped, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, cpu, 0, 0);
      out << line;
    }
  }

  test::TempDir directory_;
  std::string path_ = directory_.path() / "softnet_stat";
};

TEST_F(Backlog, CountsWhatCameSinceOverAllCpus) {
  write({{0, 100}, {1, 0xFFFFFFF0}});
  BacklogDrops drops(path_);
  EXPECT_EQ(drops.total(), 0U);
  write({{0, 107}, {1, 0xFFFFFFF0}});
  EXPECT_EQ(drops.total(), 7U);
  write({{0, 107}, {1, 4}});  // the kernel's 32 bits are full
  EXPECT_EQ(drops.total(), 27U);
  write({{1, 4}, {2, 5}});  // one CPU goes, another comes
  EXPECT_EQ(drops.total(), 32U);
  write({{0, 108}, {1, 4}, {2, 5}});
  EXPECT_EQ(drops.total(), 33U);
}

TEST_F(Backlog, ReadsTheKernelsOwnAndDoesWithoutIt) {
  BacklogDrops real;
  const std::uint64_t before = real.total();
  EXPECT_GE(real.total(), before);
  EXPECT_EQ(BacklogDrops("/nowhere").total(), 0U);
}

}  // namespace
}  // namespace capstan::tools
