// Filters over packets in memory: of several link types, with the recorded direction, behind tags.
#include "engine/filter/packet_filter.h"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <pcap/pcap.h>
#include <sys/socket.h>

#include <string>
#include <vector>

#include "engine/core/errors.h"
#include "engine/core/unique_fd.h"
#include "engine/filter/memory_words.h"
#include "tests/support/wire.h"

namespace capstan::test {
namespace {

constexpr std::uint16_t kCan = 227;

PacketView view(const Frame& bytes, std::uint16_t link_type = link_type::kEthernet,
                Direction direction = Direction::kUnknown) {
  PacketView packet;
  packet.data = bytes.data();
  packet.caplen = packet.wirelen = static_cast<std::uint32_t>(bytes.size());
  packet.link_type = link_type;
  packet.direction = direction;
  return packet;
}

Frame with_tags(Frame frame, std::vector<std::uint16_t> types) {
  std::vector<std::uint8_t> tags;
  for (const std::uint16_t type : types) {
    for (const int byte : {type >> 8, type & 0xFF, 0, 7}) {
      tags.push_back(static_cast<std::uint8_t>(byte));
    }
  }
  frame.insert(frame.begin() + 12, tags.begin(), tags.end());
  return frame;
}

const Frame kUdp = make_udp_frame(110, 1);

// Loopback packets begin with the number of an address family. IPv6 has one for each of Linux (10),
// the BSDs (24, 28) and macOS (30), in the byte order of the machine that captured.
TEST(PacketFilter, AddressFamiliesOfOtherSystemsAreIp) {
  for (const std::uint8_t family : std::array<std::uint8_t, 4>{10, 24, 28, 30}) {
    for (const bool swapped : {false, true}) {
      Frame frame(4 + 40 + 20, std::uint8_t{0});
      frame[swapped ? 3 : 0] = family;
      frame[4] = 0x60;
      frame[10] = 6;  // TCP
      frame[44] = 0x00;
      frame[45] = 80;
      const PacketView packet = view(frame, link_type::kNull);
      const bool known = family != 10;  // libpcap looks for those of the BSDs in files
      EXPECT_EQ(PacketFilter("ip6", link_type::kNull).matches(packet), known) << int{family};
      EXPECT_EQ(PacketFilter("tcp port 80", link_type::kNull).matches(packet), known);
      EXPECT_EQ(PacketFilter("not ip6", link_type::kNull).matches(packet), !known);
    }
  }
}

TEST(PacketFilter, WhatHasNoMeaningForALinkTypeDoesNotMatchThere) {
  const Frame can(16, 0);
  for (const std::uint16_t first : {link_type::kEthernet, kCan}) {
    SCOPED_TRACE(first);
    PacketFilter filter("udp port 110", first);
    EXPECT_TRUE(filter.matches(view(kUdp)));
    EXPECT_FALSE(filter.matches(view(can, kCan)));
    EXPECT_TRUE(filter.matches(view(kUdp)));
    EXPECT_FALSE(filter.matches(view(can, kCan)));
    EXPECT_FALSE(filter.answered_nothing());
    ASSERT_EQ(filter.notes().size(), 1U);
    EXPECT_NE(filter.notes()[0].find("no meaning for 2 packets of link type CAN_SOCKETCAN"),
              std::string::npos)
        << filter.notes()[0];
    PacketFilter opposite("not udp port 110", first);
    EXPECT_FALSE(opposite.matches(view(can, kCan)));
    EXPECT_TRUE(opposite.answered_nothing());
  }
}

TEST(PacketFilter, WhatHasNoMeaningAnywhereIsAMistake) {
  for (const char* text : {"udp prot 110", "host", "port 99999", "(udp", "host nosuch.invalid"}) {
    EXPECT_THROW(PacketFilter(text, link_type::kEthernet), UsageError) << text;
    EXPECT_THROW(PacketFilter(text, kCan), UsageError) << text;
  }
  PacketFilter of_radio("type mgt", link_type::kEthernet);
  EXPECT_FALSE(of_radio.matches(view(kUdp)));
  EXPECT_TRUE(of_radio.answered_nothing());
}

TEST(PacketFilter, DirectionIsTheRecordedOne) {
  for (const std::uint16_t type : {link_type::kEthernet, link_type::kRaw}) {
    const Frame bytes = type == link_type::kRaw ? Frame(kUdp.begin() + 14, kUdp.end()) : kUdp;
    const PacketView in = view(bytes, type, Direction::kInbound);
    const PacketView out = view(bytes, type, Direction::kOutbound);
    const PacketView unknown = view(bytes, type);
    struct Case {
      const char* text;
      bool in, out;
    };
    for (const Case& one :
         {Case{"inbound", true, false}, Case{"outbound", false, true},
          Case{"not inbound", false, true}, Case{"not outbound", true, false},
          Case{"inbound and udp", true, false}, Case{"inbound and tcp", false, false},
          Case{"outbound or udp port 110", true, true}}) {
      SCOPED_TRACE(one.text);
      PacketFilter filter(one.text, type);
      EXPECT_EQ(filter.matches(in), one.in);
      EXPECT_EQ(filter.matches(out), one.out);
      EXPECT_TRUE(filter.notes().empty());
      EXPECT_FALSE(filter.matches(unknown));
      ASSERT_EQ(filter.notes().size(), 1U);
      EXPECT_NE(filter.notes()[0].find("1 packet does not say"), std::string::npos);
      EXPECT_FALSE(filter.answered_nothing());
    }
    PacketFilter filter("not inbound", type);
    EXPECT_FALSE(filter.matches(unknown));
    EXPECT_TRUE(filter.answered_nothing());
  }
}

TEST(PacketFilter, WhatOnlyTheKernelKnowsIsNotAnsweredWithNo) {
  for (const char* text : {"ifindex 5", "not ifindex 5", "ifindex 5 or inbound"}) {
    PacketFilter filter(text, link_type::kEthernet);
    EXPECT_FALSE(filter.matches(view(kUdp, link_type::kEthernet, Direction::kInbound)));
    EXPECT_TRUE(filter.answered_nothing()) << text;
    EXPECT_FALSE(filter.notes().empty()) << text;
  }
}

TEST(PacketFilter, BroadcastsOfAFileAreTheLimitedOnes) {
  Frame frame = make_udp_frame(110, 1);
  for (std::size_t i = 30; i < 34; ++i) frame[i] = 0xFF;
  PacketFilter filter("ip broadcast", link_type::kEthernet);
  EXPECT_TRUE(filter.matches(view(frame)));
  frame[33] = 7;
  EXPECT_FALSE(filter.matches(view(frame)));
}

// libpcap loads a word for 'geneve' on paths on which nothing has stored it.
TEST(PacketFilter, MemoryThatNothingHasStoredIsZero) {
  const std::string text = "geneve or not (vlan 5 and port 80)";
  std::vector<bpf_insn> program;
  for (const FilterInstruction& from :
       PacketFilter(text, link_type::kEthernet).program(link_type::kEthernet)) {
    program.push_back({from.code, from.jump_true, from.jump_false, from.operand});
  }
  const std::size_t before = program.size();
  const std::uint32_t words = words_loaded_first(program);
  EXPECT_NE(words, 0U) << "this libpcap does not: the test has lost its object";
  program = with_cleared_words(std::move(program));
  EXPECT_EQ(words_loaded_first(program), 0U);
  EXPECT_GT(program.size(), before + 1);
  std::vector<sock_filter> kernel;
  for (const bpf_insn& from : program) kernel.push_back({from.code, from.jt, from.jf, from.k});
  const sock_fprog attached{static_cast<unsigned short>(kernel.size()), kernel.data()};
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::setsockopt(socket.get(), SOL_SOCKET, SO_ATTACH_FILTER, &attached, sizeof(attached)),
            0)
      << "the kernel takes it";
  PacketFilter filter(text, link_type::kEthernet);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(filter.matches(view(kUdp)));
  std::vector<bpf_insn> other = {
      {BPF_ST, 0, 0, 3}, {BPF_LD | BPF_MEM, 0, 0, 3}, {BPF_RET, 0, 0, 1}};
  EXPECT_EQ(words_loaded_first(other), 0U);
  other = {{BPF_JMP | BPF_JEQ, 1, 0, 0}, {BPF_ST, 0, 0, 3}, {BPF_LDX | BPF_MEM, 0, 0, 3}};
  EXPECT_EQ(words_loaded_first(other), 1U << 3) << "one of two ways";
}

TEST(PacketFilter, WhatMatchesBehindATagIsHintedAt) {
  PacketFilter filter("udp port 110", link_type::kEthernet);
  EXPECT_FALSE(filter.matches(view(with_tags(kUdp, {0x8100}))));
  EXPECT_FALSE(filter.matches(view(with_tags(kUdp, {0x88A8}))));
  EXPECT_FALSE(filter.matches(view(with_tags(kUdp, {0x88A8, 0x8100}))));
  EXPECT_FALSE(filter.matches(view(with_tags(make_udp_frame(53, 1), {0x8100}))));
  EXPECT_FALSE(filter.answered_nothing());  // the answer is no
  ASSERT_EQ(filter.notes().size(), 2U);
  EXPECT_NE(filter.notes()[0].find("2 packets with a VLAN tag would match behind it: "
                                   "'vlan and (udp port 110)'"),
            std::string::npos)
      << filter.notes()[0];
  EXPECT_NE(filter.notes()[1].find("1 packet with two VLAN tags"), std::string::npos)
      << filter.notes()[1];
  EXPECT_TRUE(filter.matches(view(kUdp)));
  EXPECT_NE(filter.notes()[0].find("'(udp port 110) or (vlan and (udp port 110))' for all"),
            std::string::npos)
      << filter.notes()[0];
  // Which the hints then do.
  PacketFilter all("(udp port 110) or (vlan and (udp port 110))", link_type::kEthernet);
  EXPECT_TRUE(all.matches(view(kUdp)));
  EXPECT_TRUE(all.matches(view(with_tags(kUdp, {0x8100}))));
  PacketFilter two("vlan and vlan and (udp port 110)", link_type::kEthernet);
  EXPECT_TRUE(two.matches(view(with_tags(kUdp, {0x88A8, 0x8100}))));
  EXPECT_TRUE(all.notes().empty() && two.notes().empty());
}

}  // namespace
}  // namespace capstan::test
