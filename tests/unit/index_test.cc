// The index of a recording: what is found by it is judged by libpcap, packet by packet; what is
// wrong with it is refused.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <pcap.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "engine/index/file_indexer.h"
#include "engine/index/index_encoder.h"
#include "engine/index/ledger_gain.h"
#include "tests/support/index_forge.h"
#include "tests/support/index_traffic.h"
#include "tests/support/temp_dir.h"

namespace capstan {
namespace {

using Bytes = std::vector<std::uint8_t>;

IndexRecordingOptions small_blocks(std::uint64_t block_bytes = 2048) {
  IndexRecordingOptions options;
  options.block_bytes = block_bytes;
  return options;
}

Bytes index_of(std::span<const std::uint8_t> recording,
               const IndexRecordingOptions& options = small_blocks()) {
  return index_bytes(recording, "test", options).bytes;
}

IndexReader open_index(std::span<const std::uint8_t> index) {
  IndexReader::Opened opened = IndexReader::from_bytes_unchecked(index);
  EXPECT_TRUE(opened.reader.has_value()) << opened.reason;
  return std::move(*opened.reader);
}

// A classic pcap file (nanoseconds) of one packet of 54 bytes.
Bytes pcap_of(const Bytes& packet) {
  Bytes file;
  const auto put = [&file](std::uint32_t value) {
    const auto* at = reinterpret_cast<const std::uint8_t*>(&value);
    file.insert(file.end(), at, at + 4);
  };
  for (const std::uint32_t word : {0xA1B23C4DU, 0x00040002U, 0U, 0U, 65535U, 1U}) put(word);
  for (const std::uint32_t word : {1'700'000'000U, 1000U, 54U, 60U}) put(word);
  file.insert(file.end(), packet.begin(), packet.end());
  return file;
}

// Where a section begins, by the table behind the head.
std::size_t section_at(const Bytes& index, index_format::SectionId wanted) {
  FieldReader from{std::span<const std::uint8_t>(index).subspan(index_format::kFixedHeadBytes)};
  while (!from.failed()) {
    const std::uint32_t id = from.u32();
    from.u32();
    const std::uint64_t offset = from.u64();
    from.u64();
    if (id == static_cast<std::uint32_t>(wanted)) return offset;
  }
  ADD_FAILURE() << "no such section";
  return 0;
}
std::size_t summary_at(const Bytes& index) {
  return section_at(index, index_format::SectionId::kSummary);
}

class Program {
 public:
  explicit Program(const std::string& filter) {
    pcap_t* dead = pcap_open_dead(DLT_EN10MB, 65535);
    EXPECT_EQ(pcap_compile(dead, &program_, filter.c_str(), 1, PCAP_NETMASK_UNKNOWN), 0)
        << filter << ": " << pcap_geterr(dead);
    pcap_close(dead);
  }
  ~Program() { pcap_freecode(&program_); }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  bool matches(const Bytes& packet) const {
    pcap_pkthdr head{};
    head.caplen = head.len = static_cast<bpf_u_int32>(packet.size());
    return pcap_offline_filter(&program_, &head, packet.data()) != 0;
  }

 private:
  bpf_program program_{};
};

// The blocks a search for `ranges` reads: those of rows with such a key, those of rows where that
// is not known, and those that are always read.
std::set<std::uint32_t> blocks_for(IndexReader& index, const std::vector<KeyRange>& ranges) {
  RowIds rows;
  for (const KeyRange& range : ranges) {
    EXPECT_TRUE(index.find(range, rows)) << index.error();
    EXPECT_TRUE(index.find_unknown(range.low.kind, rows)) << index.error();
  }
  std::set<std::uint32_t> wanted;
  for (const std::uint32_t row : rows) {
    std::vector<std::uint32_t> blocks;
    EXPECT_TRUE(index.read_row_blocks(row, blocks)) << index.error();
    wanted.insert(blocks.begin(), blocks.end());
  }
  const std::vector<IndexBlock>& all = *index.blocks();
  for (std::uint32_t i = 0; i < all.size(); ++i) {
    if (all[i].always()) wanted.insert(i);
  }
  return wanted;
}

std::uint32_t block_of(const std::vector<IndexBlock>& blocks, std::uint64_t offset) {
  for (std::uint32_t i = 0; i < blocks.size(); ++i) {
    if (offset >= blocks[i].offset && offset < blocks[i].offset + blocks[i].length_bytes) return i;
  }
  ADD_FAILURE() << "no block holds byte " << offset;
  return 0;
}

Address ipv4(std::uint32_t number) {
  Address address{};
  for (unsigned i = 0; i < 4; ++i) address[i] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
  return address;
}
Address ipv6(std::uint32_t number) {
  Address address{0x20, 0x01, 0x0d, 0xb8};
  for (unsigned i = 0; i < 4; ++i) {
    address[12 + i] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
  }
  return address;
}

std::string dotted(std::uint32_t number) {
  const Address a = ipv4(number);
  return std::to_string(a[0]) + "." + std::to_string(a[1]) + "." + std::to_string(a[2]) + "." +
         std::to_string(a[3]);
}

struct Search {
  std::string filter;
  std::vector<KeyRange> ranges;  // any of them
};

std::vector<Search> searches() {
  std::vector<Search> list;
  for (const std::uint32_t host : {0x0a000001U, 0x0a000105U, 0x0a00000cU, 0x0b000001U}) {
    list.push_back({"host " + dotted(host), {KeyRange::address(4, ipv4(host), 32)}});
    list.push_back({"vlan and host " + dotted(host), {KeyRange::address(4, ipv4(host), 32)}});
    char text[48];
    std::snprintf(text, sizeof(text), "host 2001:db8::%x:%x", host >> 16, host & 0xffff);
    list.push_back({text, {KeyRange::address(6, ipv6(host), 128)}});
  }
  list.push_back({"net 10.0.1.0/27", {KeyRange::address(4, ipv4(0x0a000100), 27)}});
  list.push_back({"net 10.0.0.0/8", {KeyRange::address(4, ipv4(0x0a000000), 8)}});
  list.push_back({"net 2001:db8::/32", {KeyRange::address(6, ipv6(0), 32)}});
  for (const std::uint64_t port : {80U, 53U, 1030U, 4789U, 9999U}) {
    list.push_back(
        {"port " + std::to_string(port), {KeyRange::number(KeyKind::kPort, port, port)}});
  }
  list.push_back({"portrange 52-55", {KeyRange::number(KeyKind::kPort, 52, 55)}});
  list.push_back({"src portrange 1024-1026", {KeyRange::number(KeyKind::kPort, 1024, 1026)}});
  for (const std::uint64_t protocol : {1U, 6U, 17U, 47U, 99U}) {
    list.push_back({"ip proto " + std::to_string(protocol),
                    {KeyRange::number(KeyKind::kProtocol, protocol, protocol)}});
  }
  list.push_back({"ip6[6] == 0", {KeyRange::number(KeyKind::kProtocol, 0, 0)}});
  list.push_back({"ip6[6] == 44", {KeyRange::number(KeyKind::kProtocol, 44, 44)}});
  list.push_back({"vlan 3", {KeyRange::number(KeyKind::kVlan, 3, 3)}});
  list.push_back({"vlan 11 and vlan 2", {KeyRange::number(KeyKind::kVlan, 11, 11)}});
  list.push_back({"ether proto 0x88cc", {KeyRange::number(KeyKind::kEthertype, 0x88cc, 0x88cc)}});
  list.push_back({"arp", {KeyRange::number(KeyKind::kEthertype, 0x806, 0x806)}});
  list.push_back({"vlan",
                  {KeyRange::number(KeyKind::kEthertype, 0x8100, 0x8100),
                   KeyRange::number(KeyKind::kEthertype, 0x88a8, 0x88a8)}});
  list.push_back({"mpls", {KeyRange::number(KeyKind::kEthertype, 0x8847, 0x8847)}});
  list.push_back({"ether host 02:00:00:00:00:03", {KeyRange::mac({2, 0, 0, 0, 0, 3})}});
  list.push_back({"ether src 02:00:00:00:00:01", {KeyRange::mac({2, 0, 0, 0, 0, 1})}});
  return list;
}

void expect_found(const test::IndexRecording& recording, IndexReader& index) {
  const std::vector<IndexBlock>& blocks = *index.blocks();
  for (const Search& search : searches()) {
    const Program program(search.filter);
    const std::set<std::uint32_t> read = blocks_for(index, search.ranges);
    for (const auto& packet : recording.packets) {
      if (!program.matches(packet.bytes)) continue;
      ASSERT_TRUE(read.contains(block_of(blocks, packet.offset)))
          << search.filter << ": the packet at byte " << packet.offset << " would be missed";
    }
  }
}

TEST(Index, EveryPacketAFilterTakesIsInABlockThatIsRead) {
  for (std::uint32_t seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE(seed);
    const test::IndexRecording recording(seed, 2000, seed * 30);
    const Bytes bytes = index_of(recording.file.bytes);
    IndexReader index = open_index(bytes);
    ASSERT_TRUE(index.check()) << index.error();
    expect_found(recording, index);
  }
}

TEST(Index, OneHostIsInFewBlocks) {
  const test::IndexRecording recording(3, 4000, 500);
  const Bytes bytes = index_of(recording.file.bytes);
  IndexReader index = open_index(bytes);
  RowIds rows;
  ASSERT_TRUE(index.find(KeyRange::address(4, ipv4(0x0a000001), 32), rows));
  std::set<std::uint32_t> read;
  for (const std::uint32_t row : rows) {
    std::vector<std::uint32_t> blocks;
    ASSERT_TRUE(index.read_row_blocks(row, blocks));
    read.insert(blocks.begin(), blocks.end());
  }
  EXPECT_FALSE(read.empty());
  EXPECT_LT(read.size() * 10, index.blocks()->size());
}

TEST(Index, BlocksCoverTheRecordingAndHaveItsPackets) {
  const test::IndexRecording recording(7, 2000);
  const Bytes bytes = index_of(recording.file.bytes);
  IndexReader index = open_index(bytes);
  std::uint64_t end = 0;
  std::uint64_t packets = 0;
  for (const IndexBlock& block : *index.blocks()) {
    EXPECT_EQ(block.offset, end);
    EXPECT_FALSE(block.always());
    EXPECT_LE(block.length_bytes, 2048 + 512);
    end = block.offset + block.length_bytes;
    packets += block.packets;
  }
  EXPECT_EQ(end, recording.file.bytes.size());
  EXPECT_EQ(packets, recording.packets.size());
  EXPECT_EQ(index.summary().packets, packets);
  EXPECT_TRUE(index.summary().whole);
  EXPECT_TRUE(index.summary().in_time_order);
  EXPECT_EQ(index.summary().first_ns, recording.packets.front().timestamp_ns);
  EXPECT_EQ(index.summary().last_ns, recording.packets.back().timestamp_ns);
  ASSERT_EQ(index.sections().size(), 1U);
  ASSERT_EQ(index.sections()[0].interfaces.size(), 1U);
  EXPECT_EQ(index.sections()[0].interfaces[0].offset, 28U);
  EXPECT_EQ(index.sections()[0].interfaces[0].length_bytes, 32U);
}

// The conversation of a row, told again without the code under test: by libpcap.
TEST(Index, ARowCountsItsConversation) {
  test::PcapngBuilder file;
  file.section();
  file.nanosecond_interface();
  test::PacketSpec there;
  there.flags = tcp_flag::kSyn;
  there.vlan = 5;
  test::PacketSpec back = there;
  std::swap(back.source, back.destination);
  std::swap(back.source_port, back.destination_port);
  back.flags = tcp_flag::kSyn | tcp_flag::kAck;
  back.payload = "hello";
  Bytes forth_bytes = test::build_packet(there);
  Bytes back_bytes = test::build_packet(back);
  std::swap_ranges(back_bytes.begin(), back_bytes.begin() + 6, back_bytes.begin() + 6);
  file.packet(0, 1'000'000'000, back_bytes, 1000);
  for (std::uint64_t i = 0; i < 30; ++i) {
    file.packet(0, 1'000'100'000 + i, forth_bytes, static_cast<std::uint32_t>(forth_bytes.size()));
  }
  const Bytes bytes = index_of(file.bytes, small_blocks(1000));
  IndexReader index = open_index(bytes);
  ASSERT_EQ(index.summary().rows, 1U);
  IndexRow row;
  ASSERT_TRUE(index.read_row(0, row));
  EXPECT_EQ(row.kind, RowKind::kIpv4);
  EXPECT_EQ(row.ends[0].address, ipv4(there.source));
  EXPECT_EQ(row.ends[1].address, ipv4(there.destination));
  EXPECT_EQ(row.ends[0].port, there.source_port);
  EXPECT_EQ(row.ends[1].port, there.destination_port);
  EXPECT_EQ(row.ends[0].mac, (MacAddress{2, 0, 0, 0, 0, 1}));
  EXPECT_EQ(row.ends[1].mac, (MacAddress{2, 0, 0, 0, 0, 2}));
  EXPECT_EQ(row.protocol, kProtocolTcp);
  EXPECT_EQ(row.ethertype, 0x0800);
  EXPECT_EQ(row.vlan_count, 1);
  EXPECT_EQ(row.vlans[0], 5);
  EXPECT_EQ(row.tpids[0], 0x8100);
  EXPECT_TRUE(row.has_ports());
  EXPECT_EQ(row.ends[0].packets, 30U);
  EXPECT_EQ(row.ends[0].bytes, 30 * forth_bytes.size());
  EXPECT_EQ(row.ends[1].packets, 1U);
  EXPECT_EQ(row.ends[1].bytes, 1000U);
  EXPECT_EQ(row.ends[0].tcp_flags, tcp_flag::kSyn);
  EXPECT_EQ(row.ends[1].tcp_flags, tcp_flag::kSyn | tcp_flag::kAck);
  EXPECT_EQ(row.initiator, 1);
  EXPECT_EQ(row.first_ns, 1'000'000'000U);
  EXPECT_GE(row.last_ns, 1'000'100'029U);
  EXPECT_LT(row.last_ns, 1'000'101'029U);
  std::vector<std::uint32_t> blocks;
  ASSERT_TRUE(index.read_row_blocks(0, blocks));
  EXPECT_EQ(blocks.size(), index.blocks()->size());
  EXPECT_GT(blocks.size(), 2U);
}

// Whichever way a clock jumps within a file, rows reach over all their packets.
TEST(Index, ClocksThatJumpStayWithinTheirRows) {
  constexpr std::uint64_t kStart = 1'700'000'000'000'000'000;
  test::PacketSpec spec;
  const Bytes packet = test::build_packet(spec);
  spec.source_port = 999;
  const Bytes other = test::build_packet(spec);
  const std::vector<std::vector<std::uint64_t>> clocks = {
      {kStart, kStart - 5'000'000'123, kStart + 7'000'000'001, kStart - 1},
      {kStart, kStart + 1, kStart - 3'600'000'000'000},
      {5, 0, 999, 1},
      {~std::uint64_t{0} / 2, 0, ~std::uint64_t{0} / 2 - 1},
  };
  for (const std::vector<std::uint64_t>& clock : clocks) {
    test::PcapngBuilder file;
    file.section();
    file.nanosecond_interface();
    for (const std::uint64_t time : clock) {
      file.packet(0, time, packet, 60);
      file.packet(0, clock.front(), other, 60);
    }
    const Bytes bytes = index_of(file.bytes, small_blocks(128));  // a block a packet
    IndexReader index = open_index(bytes);
    ASSERT_TRUE(index.check()) << index.error();
    EXPECT_GT(index.blocks()->size(), clock.size());
    const auto [first, last] = std::minmax_element(clock.begin(), clock.end());
    for (std::uint32_t id = 0; id < 2; ++id) {
      IndexRow row;
      ASSERT_TRUE(index.read_row(id, row)) << index.error();
      const bool jumps = row.ends[0].port != 999 && row.ends[1].port != 999;
      EXPECT_LE(row.first_ns, jumps ? *first : clock.front());
      EXPECT_GE(row.last_ns, jumps ? *last : clock.front());
      EXPECT_LE((jumps ? *first : clock.front()) - row.first_ns, 999U);
      EXPECT_LE(row.last_ns - (jumps ? *last : clock.front()), 999U);
    }
  }
}

// docs/format-index.md shows an index byte by byte: this one.
TEST(Index, TheWorkedExampleIsWhatIsWritten) {
  test::PacketSpec spec;
  spec.source_port = 40000;
  spec.flags = tcp_flag::kSyn;
  const Bytes packet = test::build_packet(spec);
  ASSERT_EQ(packet.size(), 54U);
  const Bytes index = index_of(pcap_of(packet), {});

  std::ifstream page(CAPSTAN_SOURCE_DIR "/docs/format-index.md");
  std::string line;
  while (std::getline(page, line) && line != "## Worked example") {
  }
  std::size_t compared = 0;
  while (std::getline(page, line)) {
    if (line.size() < 10 || line.compare(0, 4, "    ") != 0) continue;
    std::size_t at = std::stoul(line.substr(4, 3), nullptr, 16);
    const std::string digits = line.substr(9, line.find("   ", 9) - 9);
    for (std::size_t i = 0; i + 1 < digits.size();) {
      if (digits[i] == ' ' || digits[i] == '.') {
        ++i;
        continue;
      }
      ASSERT_LT(at, index.size()) << line;
      EXPECT_EQ(std::stoul(digits.substr(i, 2), nullptr, 16), index[at]) << line << " at " << at;
      ++at;
      ++compared;
      i += 2;
    }
  }
  EXPECT_GT(compared, 200U);
}

// Rows with unknown keys are found in their own pages, and as earlier versions left them: without
// the flag that says so.
TEST(Index, RowsOfWhichAKeyIsNotKnownAreFound) {
  const test::IndexRecording recording(17, 3000);
  const Bytes written = index_of(recording.file.bytes);
  constexpr std::size_t kFlagsAt = 40;  // behind the identity
  for (const bool apart : {true, false}) {
    Bytes bytes = written;
    const std::size_t flags = summary_at(bytes) + kFlagsAt;
    ASSERT_NE(bytes[flags] & index_format::kUnknownApart, 0);
    if (!apart) bytes[flags] &= static_cast<std::uint8_t>(~index_format::kUnknownApart);
    test::forge_checksums(bytes);
    IndexReader index = open_index(bytes);
    RowIds expected;
    ASSERT_TRUE(index.for_each_row([&](const IndexRow& row, const std::vector<std::uint32_t>&) {
      if (row.has(row_flag::kNoMacs)) expected.push_back(row.id);
      return true;
    }));
    ASSERT_FALSE(expected.empty());
    RowIds rows;
    ASSERT_TRUE(index.find_unknown(KeyKind::kMac, rows)) << index.error();
    EXPECT_EQ(rows, expected) << apart;
  }
}

// Thousands of indexes are asked at once: a page read for nothing from each is half of the time.
TEST(Index, NoPageIsReadForKeysThatThereAreNone) {
  test::PacketSpec spec;
  spec.source_port = 40000;
  const Bytes packet = test::build_packet(spec);
  Bytes bytes = index_of(pcap_of(packet), {});
  bytes[section_at(bytes, index_format::SectionId::kKeyPages)] ^= 0xff;
  IndexReader index = open_index(bytes);
  RowIds rows;
  EXPECT_TRUE(index.find_unknown(KeyKind::kPort, rows)) << index.error();
  EXPECT_TRUE(rows.empty());
  EXPECT_FALSE(index.find(KeyRange::number(KeyKind::kPort, 40000, 40000), rows))
      << "the page was damaged in vain";
}

TEST(Index, TunnelsAreFoundByWhatTheyCarry) {
  const test::IndexRecording recording(11, 3000);
  const Bytes bytes = index_of(recording.file.bytes);
  IndexReader index = open_index(bytes);
  RowIds rows;
  ASSERT_TRUE(index.find(KeyRange::tunnel(TunnelKind::kVxlan, 101, 101), rows));
  ASSERT_FALSE(rows.empty());
  for (const std::uint32_t id : rows) {
    IndexRow row;
    ASSERT_TRUE(index.read_row(id, row));
    EXPECT_EQ(row.inner.tunnel, TunnelKind::kVxlan);
    EXPECT_EQ(row.inner.tunnel_id, 101U);
    EXPECT_EQ(row.ends[0].port == 4789 || row.ends[1].port == 4789, true);
  }
  for (const TunnelKind kind : {TunnelKind::kGre, TunnelKind::kMpls}) {
    rows.clear();
    ASSERT_TRUE(index.find(KeyRange::tunnel(kind, 0, ~std::uint64_t{0}), rows));
    EXPECT_FALSE(rows.empty());
  }
  // Every packet whose inner address it is lies in a block of those rows.
  rows.clear();
  ASSERT_TRUE(index.find(KeyRange::address(4, ipv4(0x0a000005), 32, true), rows));
  ASSERT_FALSE(rows.empty());
  std::set<std::uint32_t> read;
  for (const std::uint32_t id : rows) {
    std::vector<std::uint32_t> blocks;
    ASSERT_TRUE(index.read_row_blocks(id, blocks));
    read.insert(blocks.begin(), blocks.end());
  }
  for (const auto& packet : recording.packets) {
    const PacketView view = test::view_of(packet.bytes, packet.timestamp_ns);
    const std::optional<InnerPacket> inner = read_inner(view);
    if (!inner || inner->flow.ip_version != 4) continue;
    if (inner->flow.addresses[0] != ipv4(0x0a000005) &&
        inner->flow.addresses[1] != ipv4(0x0a000005)) {
      continue;
    }
    EXPECT_TRUE(read.contains(block_of(*index.blocks(), packet.offset)));
  }
}

TEST(Index, ACommonKeyIsFoundByPassingOverTheRows) {
  const test::IndexRecording recording(5, 3000, 400);
  const Bytes bytes = index_of(recording.file.bytes);
  IndexReader index = open_index(bytes);
  RowIds tcp;
  ASSERT_TRUE(index.find(KeyRange::number(KeyKind::kProtocol, 6, 6), tcp));
  RowIds expected;
  ASSERT_TRUE(index.for_each_row([&](const IndexRow& row, const std::vector<std::uint32_t>&) {
    const bool is_ip = row.kind == RowKind::kIpv4 || row.kind == RowKind::kIpv6;
    if (is_ip && row.next_header == 6) expected.push_back(row.id);
    return true;
  }));
  EXPECT_GT(expected.size() * 8, index.summary().rows);  // it is common
  EXPECT_EQ(tcp, expected);
}

// ---- bounds ----

Bytes scan(std::size_t packets) {
  test::PcapngBuilder file;
  file.section();
  file.nanosecond_interface();
  std::mt19937 random(1);
  test::PacketSpec spec;
  spec.flags = tcp_flag::kSyn;
  for (std::size_t i = 0; i < packets; ++i) {
    spec.source = static_cast<std::uint32_t>(random());
    spec.destination = static_cast<std::uint32_t>(random());
    spec.source_port = static_cast<std::uint16_t>(random());
    const Bytes bytes = test::build_packet(spec);
    file.packet(0, 1'000'000 * i, bytes, 60);
  }
  return std::move(file.bytes);
}

TEST(Index, AScanStaysWithinItsShare) {
  const Bytes recording = scan(40'000);
  IndexRecordingOptions options = small_blocks(64 << 10);
  options.limits.least_bytes = 0;
  const Bytes bytes = index_of(recording, options);
  EXPECT_LT(bytes.size() * 50, recording.size());
  IndexReader index = open_index(bytes);
  ASSERT_TRUE(index.check()) << index.error();
  EXPECT_EQ(index.summary().packets, 40'000U);
  std::uint64_t in_rows = 0;
  ASSERT_TRUE(index.for_each_row([&](const IndexRow& row, const std::vector<std::uint32_t>&) {
    in_rows += row.packets();
    return true;
  }));
  EXPECT_EQ(in_rows + index.summary().many_packets, 40'000U);
  EXPECT_GT(in_rows, 0U);
  EXPECT_LT(index.summary().many_blocks, index.summary().blocks);
}

TEST(Index, RowsBeyondTheBoundAreCounted) {
  const Bytes recording = scan(5000);
  IndexRecordingOptions options = small_blocks(16 << 10);
  options.limits.max_rows = 1000;
  const Bytes bytes = index_of(recording, options);
  IndexReader index = open_index(bytes);
  ASSERT_TRUE(index.check()) << index.error();
  EXPECT_EQ(index.summary().rows, 1000U);
  EXPECT_EQ(index.summary().many_packets, 4000U);
  EXPECT_EQ(index.summary().many_rows, 4000U);
}

TEST(Index, LinksBeyondTheBoundAreCounted) {
  test::PcapngBuilder file;
  file.section();
  file.nanosecond_interface();
  for (std::uint32_t i = 0; i < 500; ++i) {
    Bytes bytes = test::build_packet({});
    bytes[9] = static_cast<std::uint8_t>(i >> 8);
    bytes[10] = static_cast<std::uint8_t>(i);
    file.packet(0, i, bytes, 60);
  }
  IndexRecordingOptions options = small_blocks();
  options.limits.max_links = 100;
  const Bytes bytes = index_of(file.bytes, options);
  IndexReader index = open_index(bytes);
  ASSERT_TRUE(index.check()) << index.error();
  EXPECT_EQ(index.summary().rows, 100U);
  EXPECT_EQ(index.summary().many_packets, 400U);
}

// ---- the ledger ----

BlockHead ledger_head(std::uint64_t sequence, std::uint32_t packets, std::uint64_t received,
                      std::uint64_t dropped) {
  BlockHead head{};
  head.sequence = sequence;
  head.packet_count = packets;
  head.received = received;
  head.dropped = dropped;
  return head;
}

TEST(LedgerGain, EachBlockHasWhatItsHeadsAdd) {
  LedgerGain gain;
  gain.begin_section();
  gain.add_head(ledger_head(0, 0, 100, 10));  // what earlier files had counted
  BlockHead second = ledger_head(7, 40, 150, 20);
  second.loss_begin_ns = 1000;
  second.loss_end_ns = 2000;
  gain.add_head(second);
  gain.add_packet(2000, 10);
  IndexBlock block;
  gain.take(block);
  EXPECT_EQ(block.received, 50U);
  EXPECT_EQ(block.dropped, 10U);
  EXPECT_EQ(block.loss_begin_ns, 1000U);
  EXPECT_EQ(block.loss_end_ns, 2000U);
  // Another stripe's block says when: since the packet before, until the one behind.
  gain.add_head(ledger_head(9, 40, 200, 25));
  gain.add_packet(5000, 0);
  gain.take(block);
  EXPECT_EQ(block.dropped, 5U);
  EXPECT_EQ(block.loss_begin_ns, 2000U);
  EXPECT_EQ(block.loss_end_ns, 5000U);
  gain.add_head(ledger_head(10, 40, 240, 25));
  gain.take(block);
  EXPECT_EQ(block.received, 40U);
  EXPECT_EQ(block.dropped, 0U);
  EXPECT_EQ(block.loss_end_ns, 0U);
  // Behind the last packet: for ever.
  gain.add_head(ledger_head(0, 0, 250, 35));
  gain.take(block);
  EXPECT_EQ(block.dropped, 10U);
  EXPECT_EQ(block.loss_begin_ns, 5000U);
  EXPECT_EQ(block.loss_end_ns, ~std::uint64_t{0});
}

TEST(LedgerGain, WithoutAnOpeningLedgerTheFirstHeadOfALaterFileTellsWhatCameBefore) {
  LedgerGain gain;
  gain.begin_section();
  BlockHead first = ledger_head(50, 40, 1000, 100);
  first.loss_begin_ns = 10;
  first.loss_end_ns = 20;
  gain.add_head(first);
  gain.add_packet(20, 30);
  IndexBlock block;
  gain.take(block);
  EXPECT_EQ(block.received, 70U);
  EXPECT_EQ(block.dropped, 30U);
}

// ---- refusals ----

TEST(Index, EveryFlippedBitIsNoticed) {
  const test::IndexRecording recording(2, 40, 8);
  Bytes bytes = index_of(recording.file.bytes, small_blocks(1024));
  ASSERT_TRUE(open_index(bytes).check());
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      bytes[at] ^= static_cast<std::uint8_t>(1U << bit);
      IndexReader::Opened opened = IndexReader::from_bytes_unchecked(bytes);
      if (opened.reader) {
        ASSERT_FALSE(opened.reader->check()) << "byte " << at << " bit " << bit;
        ASSERT_FALSE(opened.reader->error().empty());
      } else {
        ASSERT_FALSE(opened.reason.empty());
      }
      bytes[at] ^= static_cast<std::uint8_t>(1U << bit);
    }
  }
}

TEST(Index, CutAnywhereItIsRefused) {
  const test::IndexRecording recording(2, 60, 8);
  const Bytes bytes = index_of(recording.file.bytes, small_blocks(1024));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const IndexReader::Opened opened =
        IndexReader::from_bytes_unchecked(std::span(bytes).first(size));
    ASSERT_FALSE(opened.reader.has_value()) << size;
    ASSERT_EQ(opened.refusal, IndexRefusal::kDamaged) << size;
  }
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_FALSE(IndexReader::from_bytes_unchecked(longer).reader.has_value());
}

void set_checksum(Bytes& bytes) {
  Bytes head(bytes.begin(), bytes.begin() + 32 + 24 * bytes[28]);
  std::fill_n(head.begin() + 24, 4, std::uint8_t{0});
  const std::uint32_t checksum = index_checksum(head);
  for (unsigned i = 0; i < 4; ++i) bytes[24 + i] = static_cast<std::uint8_t>(checksum >> (8 * i));
}

TEST(Index, ALaterVersionIsRefusedByItsNumber) {
  const test::IndexRecording recording(2, 60, 8);
  Bytes bytes = index_of(recording.file.bytes);
  bytes[8] = 2;
  set_checksum(bytes);
  const IndexReader::Opened opened = IndexReader::from_bytes_unchecked(bytes);
  EXPECT_EQ(opened.refusal, IndexRefusal::kNewerVersion);
  EXPECT_NE(opened.reason.find("version 2"), std::string::npos) << opened.reason;
}

TEST(Index, OfAnotherFileItIsRefused) {
  const test::IndexRecording one(2, 60, 8);
  const Bytes bytes = index_of(one.file.bytes);
  EXPECT_TRUE(IndexReader::from_bytes(bytes, identify_bytes(one.file.bytes)).reader.has_value());
  Bytes changed = one.file.bytes;
  changed[changed.size() - 30] ^= 1;
  EXPECT_EQ(IndexReader::from_bytes(bytes, identify_bytes(changed)).refusal,
            IndexRefusal::kOtherFile);
  changed = one.file.bytes;
  changed.resize(changed.size() + 4);
  EXPECT_EQ(IndexReader::from_bytes(bytes, identify_bytes(changed)).refusal,
            IndexRefusal::kOtherFile);
  FileIdentity unknown = identify_bytes(one.file.bytes);
  unknown.has_digest = false;
  EXPECT_EQ(IndexReader::from_bytes(bytes, unknown).refusal, IndexRefusal::kOtherFile);
}

// Random fields behind right checksums: nothing but a refusal may come of it.
TEST(Index, ForgedContentsAreReadWithinBounds) {
  const test::IndexRecording recording(2, 60, 8);
  const Bytes bytes = index_of(recording.file.bytes, small_blocks(1024));
  std::mt19937 random(5);
  int refused = 0;
  for (int round = 0; round < 3000; ++round) {
    Bytes forged = bytes;
    for (int i = 0; i < 3; ++i) {
      forged[32 + 24 * 8 + random() % (forged.size() - 32 - 24 * 8)] =
          static_cast<std::uint8_t>(random());
    }
    test::forge_checksums(forged);
    IndexReader::Opened opened = IndexReader::from_bytes_unchecked(forged);
    if (!opened.reader) {
      ++refused;
      continue;
    }
    RowIds rows;
    std::vector<std::uint32_t> blocks;
    IndexRow row;
    if (opened.reader->find(KeyRange::address(4, ipv4(0x0a000000), 8), rows)) {
      for (const std::uint32_t id : rows) {
        if (!opened.reader->read_row(id, row) || !opened.reader->read_row_blocks(id, blocks)) break;
      }
    }
    refused += opened.reader->check() ? 0 : 1;
  }
  EXPECT_GT(refused, 1000);
}

// ---- files ----

TEST(IndexFile, IsOfItsFileUntilTheFileChanges) {
  const test::TempDir dir;
  const test::IndexRecording recording(4, 500);
  const std::string path = dir.write("a.pcapng", recording.file.bytes);
  for (const bool gentle : {false, true}) {
    IndexRecordingOptions options = small_blocks();
    options.gentle = gentle;
    const IndexedRecording indexed = index_recording(path, options);
    ASSERT_TRUE(indexed.refusal.empty()) << indexed.refusal;
    EXPECT_EQ(indexed.packets, recording.packets.size());
    const auto without_digest = identify_file(path, false);
    ASSERT_TRUE(without_digest.has_value());
    EXPECT_TRUE(IndexReader::from_bytes(indexed.bytes, *without_digest).reader.has_value());
    IndexReader index = open_index(indexed.bytes);
    EXPECT_TRUE(index.check()) << index.error();
    expect_found(recording, index);
  }
  const IndexedRecording indexed = index_recording(path, small_blocks());
  std::ofstream(path, std::ios::binary | std::ios::app) << "more";
  EXPECT_EQ(IndexReader::from_bytes(indexed.bytes, *identify_file(path, true)).refusal,
            IndexRefusal::kOtherFile);
}

// The digest is of both ends only: a change between them shows in the time of change.
TEST(IndexFile, AChangeInTheMiddleOfItsFileIsNoticed) {
  const test::TempDir dir;
  const test::IndexRecording recording(4, 500);
  ASSERT_GT(recording.file.bytes.size(), 4 * kDigestBytes);
  const std::string path = dir.write("a.pcapng", recording.file.bytes);
  const Bytes bytes = index_recording(path, small_blocks()).bytes;
  const FileIdentity before = *identify_file(path, true);
  ASSERT_TRUE(IndexReader::from_bytes(bytes, before).reader.has_value());
  {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(recording.file.bytes.size() / 2));
    file << "x";
  }
  // A clock's tick may be longer than what lies between two writes.
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), nullptr, 0), 0);
  FileIdentity after = *identify_file(path, true);
  if (after.modified_ns == before.modified_ns) after.modified_ns += 1;
  EXPECT_EQ(after.digest, before.digest);
  const IndexReader::Opened opened = IndexReader::from_bytes(bytes, after);
  EXPECT_EQ(opened.refusal, IndexRefusal::kOtherFile);
  EXPECT_EQ(opened.reason, "of this file before it was written to");
  after.inode += 1;
  EXPECT_TRUE(IndexReader::from_bytes(bytes, after).reader.has_value()) << "a copy";
}

TEST(IndexFile, ABrokenRecordingHasWhatCanBeReadOfIt) {
  const test::IndexRecording recording(4, 500);
  for (std::size_t size = 100; size < recording.file.bytes.size(); size += 977) {
    const auto part = std::span(recording.file.bytes).first(size);
    const IndexedRecording indexed = index_bytes(part, "part", small_blocks());
    IndexReader index = open_index(indexed.bytes);
    ASSERT_TRUE(index.check()) << index.error();
    const auto whole =
        std::count_if(recording.packets.begin(), recording.packets.end(), [&](const auto& packet) {
          return packet.offset + 32 + (packet.bytes.size() + 3) / 4 * 4 <= size;
        });
    EXPECT_EQ(index.summary().packets, static_cast<std::uint64_t>(whole));
    EXPECT_LE(index.summary().end_offset, size);
  }
}

}  // namespace
}  // namespace capstan
