// CaptureFile: every kind of file and block, over bytes, streams and real files.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "engine/core/errors.h"
#include "engine/core/unique_fd.h"
#include "engine/format/link_type.h"
#include "engine/reader/capture_file.h"
#include "tests/support/pcapng_builder.h"
#include "tests/support/temp_dir.h"

namespace capstan {
namespace {

using test::Option;
using test::pattern_bytes;
using test::PcapngBuilder;
using Bytes = std::vector<std::uint8_t>;

// What a packet said, copied so that it outlives a stream's buffer.
struct Seen {
  std::uint64_t timestamp_ns;
  std::uint32_t interface_id;
  std::uint16_t link_type;
  std::uint32_t wirelen;
  Bytes data;
  bool operator==(const Seen&) const = default;
};

std::vector<Seen> read_all(CaptureFile& file) {
  std::vector<Seen> seen;
  PacketView packet;
  while (file.next(packet)) {
    seen.push_back({packet.timestamp_ns, packet.interface_id, packet.link_type, packet.wirelen,
                    Bytes(packet.data, packet.data + packet.caplen)});
  }
  return seen;
}

// Hands out a byte or a few at a time: the worst pipe.
class DripStream final : public ByteStream {
 public:
  DripStream(Bytes bytes, std::size_t step) : bytes_(std::move(bytes)), step_(step) {}
  std::size_t read(std::uint8_t* to, std::size_t size) override {
    const std::size_t count = std::min({size, step_, bytes_.size() - used_});
    std::copy_n(bytes_.data() + used_, count, to);
    used_ += count;
    return count;
  }
  const std::string& error() const noexcept override { return error_; }

 private:
  Bytes bytes_;
  std::size_t step_;
  std::size_t used_ = 0;
  std::string error_;
};

// Two sections of different byte order, several interfaces and resolutions, all packet blocks.
Bytes varied_pcapng() {
  PcapngBuilder first;
  first.section({PcapngBuilder::text(4, "a program")});
  first.interface(1, 0, {PcapngBuilder::text(2, "eth0"), {9, {9}}});
  first.packet(0, 1'700'000'000'000'000'007, pattern_bytes(60, 1), 60);
  first.interface(101, 96, {{9, {0x80 | 10}}, {14, first.field64(1'000'000'000)}});
  first.packet(1, 512, pattern_bytes(33, 2), 1500);
  first.statistics(1, 1024, {{7, first.field64(9)}, {5, first.field64(4)}});
  Bytes simple = first.field32(20);
  PcapngBuilder::append(simple, pattern_bytes(20, 3));
  first.block(3, simple);
  PcapngBuilder second(true);
  second.section();
  second.interface(276, 65535);
  second.packet(0, 1'600'000'000'000'001, pattern_bytes(41, 4), 41);
  Bytes old = second.field16(0);
  PcapngBuilder::append(old, second.field16(7));
  PcapngBuilder::append(old, second.field32(0));
  PcapngBuilder::append(old, second.field32(5'000'000));
  PcapngBuilder::append(old, second.field32(6));
  PcapngBuilder::append(old, second.field32(99));
  PcapngBuilder::append(old, pattern_bytes(6, 5));
  second.block(2, old);
  Bytes bytes = first.bytes;
  PcapngBuilder::append(bytes, second.bytes);
  return bytes;
}

const std::vector<Seen> kVaried = {
    {1'700'000'000'000'000'007, 0, 1, 60, pattern_bytes(60, 1)},
    {1'000'000'000'500'000'000, 1, 101, 1500, pattern_bytes(33, 2)},
    {0, 0, 1, 20, pattern_bytes(20, 3)},
    {1'600'000'000'000'001'000, 2, 276, 41, pattern_bytes(41, 4)},
    {5'000'000'000, 2, 276, 99, pattern_bytes(6, 5)},
};

Bytes pcap_bytes(std::uint32_t magic, bool swapped, std::size_t extra = 0) {
  const PcapngBuilder order(swapped);
  Bytes bytes = order.field32(magic);
  PcapngBuilder::append(bytes, order.field16(2));
  PcapngBuilder::append(bytes, order.field16(4));
  PcapngBuilder::append(bytes, order.field64(0));
  PcapngBuilder::append(bytes, order.field32(65535));
  PcapngBuilder::append(bytes, order.field32(1));
  for (std::uint32_t i = 0; i < 5; ++i) {
    PcapngBuilder::append(bytes, order.field32(1'000 + i));
    PcapngBuilder::append(bytes, order.field32(7));
    PcapngBuilder::append(bytes, order.field32(20 + i));
    PcapngBuilder::append(bytes, order.field32(100));
    bytes.resize(bytes.size() + extra, 0xEE);
    PcapngBuilder::append(bytes, pattern_bytes(20 + i, static_cast<std::uint8_t>(i)));
  }
  return bytes;
}

std::vector<Seen> pcap_packets(std::uint64_t fraction_ns) {
  std::vector<Seen> seen;
  for (std::uint32_t i = 0; i < 5; ++i) {
    seen.push_back({(1'000 + i) * 1'000'000'000ULL + fraction_ns, 0, 1, 100,
                    pattern_bytes(20 + i, static_cast<std::uint8_t>(i))});
  }
  return seen;
}

TEST(CaptureFile, ReadsSectionsInterfacesAndEveryPacketBlock) {
  const Bytes bytes = varied_pcapng();
  CaptureFile file = CaptureFile::from_bytes(bytes, "x");
  EXPECT_EQ(read_all(file), kVaried);
  EXPECT_TRUE(file.end().clean()) << file.end().text();
  ASSERT_EQ(file.sections().size(), 2U);
  EXPECT_EQ(file.sections()[0].application, "a program");
  EXPECT_NE(file.sections()[0].byte_swapped, file.sections()[1].byte_swapped);
  ASSERT_EQ(file.interfaces().size(), 3U);
  EXPECT_EQ(file.interfaces()[0].name, "eth0");
  EXPECT_EQ(file.interfaces()[1].snaplen, 96U);
  EXPECT_EQ(file.interfaces()[2].section, 1U);
  PacketView packet;
  EXPECT_FALSE(file.next(packet)) << "the end stays the end";
}

TEST(CaptureFile, ReportsStatisticsDropsAndOffsets) {
  const Bytes bytes = varied_pcapng();
  CaptureFile file = CaptureFile::from_bytes(bytes, "x");
  PacketView packet;
  std::vector<ReadItem> items;
  std::uint64_t offset = 0;
  for (ReadItem item; (item = file.next_item(packet)) != ReadItem::kEnd;) {
    items.push_back(item);
    EXPECT_TRUE(items.size() == 1 || file.item_offset() > offset);
    offset = file.item_offset();
    if (item != ReadItem::kStatistics) continue;
    EXPECT_EQ(file.statistics().interface_id, 1U);
    EXPECT_EQ(file.statistics().os_dropped, 9U);
    EXPECT_EQ(file.statistics().interface_dropped, 4U);
    EXPECT_FALSE(file.statistics().interface_received.has_value());
    EXPECT_EQ(file.statistics().timestamp_ns, 1'000'000'001'000'000'000U);
  }
  using enum ReadItem;
  EXPECT_EQ(items,
            (std::vector<ReadItem>{kSection, kInterface, kPacket, kInterface, kPacket, kStatistics,
                                   kPacket, kSection, kInterface, kPacket, kPacket}));
  EXPECT_EQ(packet.dropped_before, 7U) << "the old Packet Block counts drops";
}

TEST(CaptureFile, ReadsTheLossLedgerInEitherByteOrderAndLayout) {
  for (const bool swapped : {false, true}) {
    for (const std::uint32_t magic : {kBlockHeadMagic, kBlockHeadMagic1}) {
      PcapngBuilder builder(swapped);
      builder.section();
      Bytes body = builder.field32(1);
      for (const std::uint32_t value : {magic, 3U, 42U}) {
        PcapngBuilder::append(body, builder.field32(value));
      }
      for (const std::uint64_t value : {5ULL, 100ULL, 58ULL, 2ULL, 1'000ULL, 2'000ULL}) {
        PcapngBuilder::append(body, builder.field64(value));
      }
      if (magic == kBlockHeadMagic) {
        builder.block(pcapng::kCapstanBlockHead, body);  // too short for this layout: skipped
        PcapngBuilder::append(body, builder.field64(31));
      }
      builder.block(pcapng::kCapstanBlockHead, body);
      CaptureFile file = CaptureFile::from_bytes(builder.bytes, "x");
      PacketView packet;
      ASSERT_EQ(file.next_item(packet), ReadItem::kSection);
      ASSERT_EQ(file.next_item(packet), ReadItem::kBlockHead);
      const BlockHead& head = file.block_head();
      EXPECT_EQ(head.ring, 3U);
      EXPECT_EQ(head.packet_count, 42U);
      EXPECT_EQ(head.sequence, 5U);
      EXPECT_EQ(head.received, 100U);
      EXPECT_EQ(head.dropped, 58U);
      EXPECT_EQ(head.freezes, 2U);
      EXPECT_EQ(head.loss_begin_ns, 1'000U);
      EXPECT_EQ(head.loss_end_ns, 2'000U);
      EXPECT_EQ(head.output_packets, magic == kBlockHeadMagic ? 31U : 42U);
      EXPECT_EQ(file.next_item(packet), ReadItem::kEnd);
    }
  }
}

TEST(CaptureFile, ReadsAFilesPlaceInItsRecordingAndItsCloseInEitherByteOrder) {
  for (const bool swapped : {false, true}) {
    PcapngBuilder builder(swapped);
    Bytes mark;
    for (const std::uint32_t value : {kRecordingMarkMagic, 2U, 3U, 41U}) {
      PcapngBuilder::append(mark, builder.field32(value));
    }
    for (std::uint8_t i = 0; i < 16; ++i) mark.push_back(i);
    builder.section({{0x8002, mark}});
    Bytes body;
    for (const std::uint32_t value : {kFileCloseMagic, 2U}) {
      PcapngBuilder::append(body, builder.field32(value));
    }
    for (const std::uint64_t value : {1'000ULL, 5'000ULL, 77ULL}) {
      PcapngBuilder::append(body, builder.field64(value));
    }
    builder.block(pcapng::kCapstanFileClose, body);
    body.resize(20);
    builder.block(pcapng::kCapstanFileClose, body);  // too short: skipped
    CaptureFile file = CaptureFile::from_bytes(builder.bytes, "x");
    PacketView packet;
    ASSERT_EQ(file.next_item(packet), ReadItem::kSection);
    ASSERT_TRUE(file.sections().back().recording);
    EXPECT_EQ(file.sections().back().recording->stripe, 2U);
    EXPECT_EQ(file.sections().back().recording->stripes, 3U);
    EXPECT_EQ(file.sections().back().recording->file_number, 41U);
    EXPECT_EQ(file.sections().back().recording->id[9], 9U);
    ASSERT_EQ(file.next_item(packet), ReadItem::kFileClose);
    EXPECT_EQ(file.file_close().reason, static_cast<std::uint32_t>(CloseReason::kTurned));
    EXPECT_EQ(file.file_close().packets, 1'000U);
    EXPECT_EQ(file.file_close().timestamp_ns, 5'000U);
    EXPECT_EQ(file.file_close().cut_bytes, 77U);
    EXPECT_EQ(file.next_item(packet), ReadItem::kEnd);
  }
}

TEST(CaptureFile, ReadsPcapOfBothOrdersResolutionsAndVariants) {
  for (const bool swapped : {false, true}) {
    const Bytes micro = pcap_bytes(0xA1B2C3D4, swapped);
    CaptureFile first = CaptureFile::from_bytes(micro, "x");
    EXPECT_EQ(read_all(first), pcap_packets(7'000));
    EXPECT_EQ(first.format().text(), "pcap");
    const Bytes nano = pcap_bytes(0xA1B23C4D, swapped);
    CaptureFile second = CaptureFile::from_bytes(nano, "x");
    EXPECT_EQ(read_all(second), pcap_packets(7));
    EXPECT_EQ(second.format().text(), "pcap, nanoseconds");
    const Bytes modified = pcap_bytes(0xA1B2CD34, swapped, 8);
    CaptureFile third = CaptureFile::from_bytes(modified, "x");
    EXPECT_EQ(read_all(third), pcap_packets(7'000));
    EXPECT_EQ(third.format().text(), "pcap, modified (Kuznetzov)");
    Bytes lcap = pcap_bytes(0x1C0001AC, swapped);
    lcap.insert(lcap.begin() + 24, 4, 0);
    CaptureFile fourth = CaptureFile::from_bytes(lcap, "x");
    EXPECT_EQ(read_all(fourth), pcap_packets(7));
    EXPECT_TRUE(fourth.end().clean());
    EXPECT_EQ(fourth.format().byte_swapped, swapped != (std::endian::native == std::endian::big));
  }
}

TEST(CaptureFile, AStreamGivesWhatAMappingGives) {
  for (const std::size_t step : {1U, 3U, 64U, 1U << 20}) {
    CaptureFile ng =
        CaptureFile::from_stream(std::make_unique<DripStream>(varied_pcapng(), step), "pipe");
    EXPECT_EQ(read_all(ng), kVaried) << step;
    EXPECT_TRUE(ng.end().clean()) << ng.end().text();
    EXPECT_EQ(ng.end().offset, varied_pcapng().size());
    EXPECT_FALSE(ng.packets_stay_valid());
    CaptureFile classic = CaptureFile::from_stream(
        std::make_unique<DripStream>(pcap_bytes(0xA1B2C3D4, true), step), "pipe");
    EXPECT_EQ(read_all(classic), pcap_packets(7'000)) << step;
    EXPECT_TRUE(classic.end().clean()) << classic.end().text();
  }
}

TEST(CaptureFile, AStreamGrowsItsBufferForALargePacket) {
  PcapngBuilder builder;
  builder.section();
  builder.nanosecond_interface();
  for (std::uint8_t i = 0; i < 4; ++i) builder.packet(0, i, pattern_bytes(3'000'000, i), 3'000'000);
  CaptureFile file =
      CaptureFile::from_stream(std::make_unique<DripStream>(builder.bytes, 1U << 20), "pipe");
  const std::vector<Seen> seen = read_all(file);
  ASSERT_EQ(seen.size(), 4U);
  for (std::uint8_t i = 0; i < 4; ++i) EXPECT_EQ(seen[i].data, pattern_bytes(3'000'000, i));
}

TEST(CaptureFile, EveryTruncationIsNamedAndKeepsTheCompletePackets) {
  for (const Bytes& whole : {varied_pcapng(), pcap_bytes(0xA1B2C3D4, false)}) {
    CaptureFile reference = CaptureFile::from_bytes(whole, "x");
    const std::vector<Seen> all = read_all(reference);
    for (std::size_t size = 24; size < whole.size(); ++size) {
      const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      CaptureFile mapped = CaptureFile::from_bytes(cut, "x");
      const std::vector<Seen> seen = read_all(mapped);
      ASSERT_LE(seen.size(), all.size());
      EXPECT_TRUE(std::equal(seen.begin(), seen.end(), all.begin()));
      EXPECT_LE(mapped.end().offset, size);
      if (mapped.end().offset == size) {
        EXPECT_TRUE(mapped.end().clean()) << size << mapped.end().text();
      } else {
        EXPECT_EQ(mapped.end().kind, FileEnd::Kind::kCutShort) << size;
      }
      CaptureFile stream = CaptureFile::from_stream(std::make_unique<DripStream>(cut, 7), "x");
      EXPECT_EQ(read_all(stream), seen);
      EXPECT_EQ(stream.end().text(), mapped.end().text());
    }
  }
}

TEST(CaptureFile, PreallocatedZerosAreCutShortNotPackets) {
  for (Bytes bytes : {varied_pcapng(), pcap_bytes(0xA1B2C3D4, false)}) {
    const std::size_t written = bytes.size();
    bytes.resize(written + 4096);
    for (const bool streamed : {false, true}) {
      CaptureFile file =
          streamed ? CaptureFile::from_stream(std::make_unique<DripStream>(bytes, 100), "x")
                   : CaptureFile::from_bytes(bytes, "x");
      EXPECT_EQ(read_all(file).size(), 5U);
      EXPECT_EQ(file.end().kind, FileEnd::Kind::kCutShort);
      EXPECT_EQ(file.end().offset, written);
    }
  }
}

TEST(CaptureFile, DamageEndsThePacketsAndIsNamed) {
  Bytes pcap = pcap_bytes(0xA1B2C3D4, false);
  pcap[24 + 16 + 20 + 11] = 0x7F;  // the upper byte of the second packet's length
  CaptureFile first = CaptureFile::from_bytes(pcap, "x");
  EXPECT_EQ(read_all(first).size(), 1U);
  EXPECT_EQ(first.end().text(), "damaged at byte 60: a length that cannot be");
  PcapngBuilder builder;
  builder.section();
  builder.packet(0, 1, pattern_bytes(9, 1), 9);
  CaptureFile second = CaptureFile::from_bytes(builder.bytes, "x");
  EXPECT_EQ(read_all(second).size(), 0U);
  EXPECT_EQ(second.end().text(),
            "damaged at byte 28: a packet of an interface that was not described");
  Bytes version = varied_pcapng();
  version[12] = 9;
  CaptureFile third = CaptureFile::from_bytes(version, "x");
  EXPECT_EQ(read_all(third).size(), 0U);
  EXPECT_NE(third.end().text().find("version 9.0"), std::string::npos) << third.end().text();
}

TEST(CaptureFile, RefusesOtherFilesByName) {
  const auto refusal = [](std::string_view content) -> std::string {
    const Bytes bytes(content.begin(), content.end());
    try {
      CaptureFile file = CaptureFile::from_bytes(bytes, "f");
    } catch (const UsageError& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_EQ(refusal(""), "f: empty, so not a capture file");
  EXPECT_NE(refusal("\xD4\xC3\xB2\xA1xx").find("6 of 24 bytes"), std::string::npos);
  EXPECT_NE(refusal(std::string_view("snoop\0\0\0 and so on", 18)).find("snoop file"),
            std::string::npos);
  EXPECT_NE(refusal("BZh91AY&SY and so on").find("bzip2"), std::string::npos);
  EXPECT_EQ(refusal("GET / HTTP/1.0 and so on, longer"), "f: neither a pcap nor a pcapng file");
  Bytes old = pcap_bytes(0xA1B2C3D4, false);
  old[4] = 1;
  EXPECT_NE(refusal({reinterpret_cast<const char*>(old.data()), old.size()}).find("version 1.4"),
            std::string::npos);
}

TEST(CaptureFile, OpensFilesByPathAndTellsALockedOne) {
  const test::TempDir dir;
  EXPECT_THROW(CaptureFile::open(dir.path() / "none"), UsageError);
  EXPECT_THROW(CaptureFile::open(dir.path()), UsageError);
  const std::string path = dir.write("x.pcapng", varied_pcapng());
  CaptureFile plain = CaptureFile::open(path);
  EXPECT_EQ(read_all(plain), kVaried);
  EXPECT_TRUE(plain.packets_stay_valid());
  EXPECT_FALSE(plain.being_written());
  EXPECT_EQ(plain.size_bytes(), varied_pcapng().size());
  const UniqueFd recorder(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_EQ(::flock(recorder.get(), LOCK_EX), 0);
  CaptureFile locked = CaptureFile::open(path);
  EXPECT_TRUE(locked.being_written());
  EXPECT_FALSE(locked.packets_stay_valid());
  EXPECT_EQ(read_all(locked), kVaried);
}

Bytes gzip(const Bytes& bytes) {
  z_stream state{};
  EXPECT_EQ(::deflateInit2(&state, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  Bytes packed(bytes.size() + 1024);
  Bytes copy = bytes;
  state.next_in = copy.data();
  state.avail_in = static_cast<uInt>(copy.size());
  state.next_out = packed.data();
  state.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(::deflate(&state, Z_FINISH), Z_STREAM_END);
  packed.resize(state.total_out);
  ::deflateEnd(&state);
  return packed;
}

Bytes zstd(const Bytes& bytes) {
  Bytes packed(::ZSTD_compressBound(bytes.size()));
  packed.resize(::ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), 3));
  return packed;
}

// Who watches a pipe sees what came before anything else comes: the one that writes into it here
// writes only when it is asked to, and gives up the end when it has nothing more.
TEST(CaptureFile, SaysWhenAPipeHasNothingForTheMoment) {
  const test::TempDir dir;
  const std::string path = dir.path() / "fifo";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const Bytes all = pcap_bytes(0xA1B2C3D4, true);
  const std::size_t half = all.size() / 2;
  UniqueFd writer(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_GE(writer.get(), 0);
  ASSERT_EQ(::write(writer.get(), all.data(), half), static_cast<ssize_t>(half));
  std::size_t seen = 0;
  std::vector<std::size_t> seen_when_idle;
  CaptureFile file = CaptureFile::open(path, ReadManner::kOrdinary, nullptr, [&] {
    seen_when_idle.push_back(seen);
    const std::size_t more = seen_when_idle.size() == 1 ? all.size() - half : 0;
    if (more != 0) {
      ASSERT_EQ(::write(writer.get(), all.data() + half, more), static_cast<ssize_t>(more));
    } else {
      writer.reset();
    }
  });
  PacketView packet;
  while (file.next(packet)) ++seen;
  EXPECT_TRUE(file.end().clean()) << file.end().text();
  ASSERT_EQ(seen_when_idle.size(), 2U);
  EXPECT_GT(seen_when_idle[0], 0U);
  EXPECT_LT(seen_when_idle[0], seen);
  EXPECT_EQ(seen_when_idle[1], seen);
}

TEST(CaptureFile, ReadsCompressedFilesWhateverTheirNameAndMembers) {
  const test::TempDir dir;
  const Bytes whole = varied_pcapng();
  const auto half = whole.begin() + static_cast<std::ptrdiff_t>(whole.size() / 2);
  for (const auto pack : {gzip, zstd}) {
    Bytes members = pack(Bytes(whole.begin(), half));
    PcapngBuilder::append(members, pack(Bytes(half, whole.end())));
    for (const Bytes& packed : {pack(whole), members}) {
      CaptureFile file = CaptureFile::open(dir.write("packed", packed));
      EXPECT_EQ(read_all(file), kVaried);
      EXPECT_TRUE(file.end().clean()) << file.end().text();
      EXPECT_NE(file.format().compression, Compression::kNone);
    }
    PcapngBuilder large;  // several zstd blocks, so that some come out before the cut
    large.section();
    large.nanosecond_interface();
    for (std::uint32_t i = 0; i < 1'000; ++i) {
      large.packet(0, i, pattern_bytes(1'000, static_cast<std::uint8_t>(i * i >> 8)), 1'000);
    }
    Bytes cut = pack(large.bytes);
    cut.resize(cut.size() - 5);
    CaptureFile file = CaptureFile::open(dir.write("cut", cut));
    EXPECT_GT(read_all(file).size(), 500U);
    EXPECT_EQ(file.end().kind, FileEnd::Kind::kFailed);
    EXPECT_NE(file.end().text().find("cut short"), std::string::npos) << file.end().text();
  }
}

TEST(CaptureFile, ADamagedGzipBodyIsNamedAndPaddingBehindItIsNot) {
  const test::TempDir dir;
  Bytes packed = gzip(varied_pcapng());
  Bytes padded = packed;
  padded.resize(padded.size() + 512);
  CaptureFile fine = CaptureFile::open(dir.write("padded", padded));
  EXPECT_EQ(read_all(fine), kVaried);
  EXPECT_TRUE(fine.end().clean()) << fine.end().text();
  packed[packed.size() - 6] ^= 0xFF;  // the check sum
  CaptureFile damaged = CaptureFile::open(dir.write("damaged", packed));
  read_all(damaged);
  EXPECT_EQ(damaged.end().kind, FileEnd::Kind::kFailed) << damaged.end().text();
}

TEST(TimestampScale, ScalesEveryResolutionWithoutOverflow) {
  constexpr std::uint64_t kMax = ~std::uint64_t{0};
  EXPECT_EQ(TimestampScale(6, 0).to_ns(1'234'567), 1'234'567'000U);
  EXPECT_TRUE(TimestampScale(9, 0).is_nanoseconds());
  EXPECT_EQ(TimestampScale(9, 0).to_ns(kMax), kMax);
  EXPECT_EQ(TimestampScale(0, 0).to_ns(17), 17'000'000'000U);
  EXPECT_EQ(TimestampScale(0, 0).to_ns(kMax), kMax) << "saturates";
  EXPECT_EQ(TimestampScale(12, 0).to_ns(1'999), 1U);
  EXPECT_EQ(TimestampScale(127, 0).to_ns(kMax), 0U);
  EXPECT_EQ(TimestampScale(0x80, 0).to_ns(3), 3'000'000'000U);
  EXPECT_EQ(TimestampScale(0x80 | 32, 0).to_ns(std::uint64_t{3} << 31), 1'500'000'000U);
  EXPECT_EQ(TimestampScale(0xFF, 0).to_ns(kMax), 0U);
  EXPECT_EQ(TimestampScale(9, 2).to_ns(5), 2'000'000'005U);
  EXPECT_EQ(TimestampScale(9, -2).to_ns(5), 0U) << "before 1970 saturates";
  EXPECT_EQ(TimestampScale(9, INT64_MAX).to_ns(5), kMax);
  EXPECT_EQ(TimestampScale(9, INT64_MIN).to_ns(5), 0U);
}

TEST(LinkTypeNames, KnowsTheNumbersAndNamesTheRest) {
  EXPECT_STREQ(find_link_type(1)->name, "ETHERNET");
  EXPECT_EQ(link_type_text(276), "Linux cooked v2");
  EXPECT_EQ(find_link_type(9'999), nullptr);
  EXPECT_EQ(canonical_link_type(12), link_type::kRaw);
  EXPECT_EQ(canonical_link_type(113), 113);
  EXPECT_EQ(link_type_text(9'999), "link type 9999");
}

}  // namespace
}  // namespace capstan
