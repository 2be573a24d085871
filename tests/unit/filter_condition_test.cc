// A filter's condition never rules a row out that holds an accepted packet, and rules out most of
// the others.
#include "engine/filter/filter_condition.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <set>
#include <string>

#include "engine/core/errors.h"
#include "engine/index/file_indexer.h"
#include "engine/index/index_planner.h"
#include "tests/support/index_traffic.h"
#include "tests/support/random_filter.h"
#include "tests/support/temp_dir.h"

namespace capstan {
namespace {

using Bytes = std::vector<std::uint8_t>;

struct Case {
  std::string path;
  std::size_t packets = 0;
};

// A recording with its index beside it. Small blocks: what is ruled out wrongly is missed.
std::string make_recording(const test::TempDir& dir, std::uint32_t seed, int packets) {
  test::IndexTraffic traffic(seed);
  test::PcapngBuilder file;
  file.section();
  file.nanosecond_interface();
  for (int i = 0; i < packets; ++i) {
    const Bytes packet = traffic.next();
    file.packet(0, 1'700'000'000'000'000'000 + static_cast<std::uint64_t>(i) * 1'000'000, packet,
                static_cast<std::uint32_t>(packet.size()));
  }
  const std::string path = dir.write("traffic" + std::to_string(seed) + ".pcapng", file.bytes);
  IndexRecordingOptions options;
  options.block_bytes = 600;
  const IndexedRecording index = index_recording(path, options);
  EXPECT_FALSE(index.bytes.empty()) << index.refusal;
  dir.write(std::filesystem::path(index_path_of(path)).filename().string(), index.bytes);
  return path;
}

std::set<std::uint64_t> accepted(CaptureFile file, PacketFilter& filter, TimeRange range) {
  std::set<std::uint64_t> times;
  PacketView packet;
  while (file.next(packet)) {
    if (range.contains(packet.timestamp_ns) && filter.matches(packet)) {
      times.insert(packet.timestamp_ns);
    }
  }
  EXPECT_TRUE(file.end().clean()) << file.end().text();
  return times;
}

TEST(FilterCondition, NoAcceptedPacketIsEverRuledOut) {
  const std::uint32_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  const test::TempDir dir;
  const std::string path = make_recording(dir, seed, 3000);
  test::RandomFilter filters(seed);
  std::uint64_t blocks = 0;
  std::uint64_t read = 0;
  int compiled = 0;
  for (int i = 0; i < 400; ++i) {
    const std::string text = filters.next();
    std::optional<PacketFilter> filter;
    try {
      filter.emplace(text, link_type::kEthernet);
      static_cast<void>(filter->program(link_type::kEthernet));
    } catch (const UsageError&) {
      continue;  // "expression rejects all packets"
    }
    ++compiled;
    TimeRange range;
    if (i % 4 == 0) range.since_ns = 1'700'000'001'000'000'000;
    if (i % 5 == 0) range.until_ns = 1'700'000'002'000'000'000;
    IndexPlanner planner([&](std::uint16_t link) { return filter->program(link); }, range, false);
    const FilePlan plan = planner.plan({path, true, false});
    ASSERT_EQ(planner.facts().refusal, IndexRefusal::kNone) << planner.facts().reason;
    const std::set<std::uint64_t> all = accepted(CaptureFile::open(path), *filter, range);
    std::set<std::uint64_t> found;
    if (plan.ranges) found = accepted(CaptureFile::open_ranges(path, *plan.ranges), *filter, range);
    ASSERT_EQ(found, all) << text;
    blocks += planner.facts().blocks;
    read += planner.facts().blocks_to_read;
  }
  EXPECT_GT(compiled, 200);
  EXPECT_LT(read, blocks * 9 / 10);  // it narrows, too
}

TEST(FilterCondition, WhatIsNamedIsAllThatIsRead) {
  const test::TempDir dir;
  const std::string path = make_recording(dir, 1, 5000);
  for (const char* text :
       {"host 10.0.0.5 and port 80", "src host 10.0.0.5 and dst host 10.0.1.7", "vlan 3",
        "ip6 host 2001:db8::a00:5", "tcp src port 1030", "arp host 10.0.0.9",
        "net 10.0.0.8/30 and udp", "ether proto 0x88cc", "portrange 1024-1025"}) {
    PacketFilter filter(text, link_type::kEthernet);
    IndexPlanner planner([&](std::uint16_t link) { return filter.program(link); }, {}, false);
    static_cast<void>(planner.plan({path, true, false}));
    EXPECT_LT(planner.facts().rows_matching * 3, planner.facts().rows) << text;
  }
}

TEST(FilterCondition, AnyProgramIsWalked) {
  std::mt19937 random(5);
  std::vector<char> scratch;
  for (int round = 0; round < 3000; ++round) {
    std::vector<FilterInstruction> program(random() % 40);
    for (FilterInstruction& one : program) {
      one = {static_cast<std::uint16_t>(random() % 256), static_cast<std::uint8_t>(random()),
             static_cast<std::uint8_t>(random() % 8),
             static_cast<std::uint32_t>(random() % 3 == 0 ? random() : random() % 60)};
    }
    const FilterCondition condition(program, static_cast<std::uint16_t>(random() % 300));
    ASSERT_FALSE(condition.nodes().empty());
    for (std::size_t i = 0; i < condition.nodes().size(); ++i) {
      const FilterCondition::Node& node = condition.nodes()[i];
      if (node.kind != FilterCondition::Kind::kAnd && node.kind != FilterCondition::Kind::kOr) {
        continue;
      }
      ASSERT_LT(node.left, i);
      ASSERT_LT(node.right, i);
    }
    static_cast<void>(condition.may_hold([](const HeaderAtom&) { return true; }, scratch));
  }
}

// A value whose bits are partly known satisfies an atom exactly when one of its completions does.
TEST(FilterCondition, PartlyKnownValuesAreExact) {
  for (std::uint32_t known = 0; known < 16; ++known) {
    for (std::uint32_t value = 0; value < 16; ++value) {
      for (std::uint32_t mask = 0; mask < 16; ++mask) {
        for (std::uint32_t wanted = 0; wanted < 16; ++wanted) {
          for (int kind = 0; kind < 8; ++kind) {
            HeaderAtom atom;
            atom.bits.mask = mask;
            atom.compare = static_cast<Compare>(kind / 2);
            atom.value = wanted;
            atom.negated = kind % 2 == 1;
            bool possible = false;
            for (std::uint32_t rest = 0; rest < 16; ++rest) {
              const std::uint32_t whole = ((value & known) | (rest & ~known)) & mask;
              bool holds = false;
              if (atom.compare == Compare::kEqual) holds = whole == wanted;
              if (atom.compare == Compare::kGreater) holds = whole > wanted;
              if (atom.compare == Compare::kGreaterOrEqual) holds = whole >= wanted;
              if (atom.compare == Compare::kAnyBit) holds = (whole & wanted) != 0;
              possible = possible || holds != atom.negated;
            }
            const bool said = can_hold(atom, {value & known, known | 0xfffffff0});
            ASSERT_TRUE(said || !possible);  // never wrong
            const bool exact = atom.compare == Compare::kEqual || atom.compare == Compare::kAnyBit;
            if (exact) {
              ASSERT_EQ(said, possible);
            }
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace capstan
