// A recording that becomes shorter while it is read through a mapping: what is left of it is read,
// its end says so, and the process lives on.
#include "engine/core/mapped_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "engine/reader/capture_file.h"
#include "tests/support/pcapng_builder.h"
#include "tests/support/temp_dir.h"

namespace capstan {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::uint32_t kPacketBytes = 400;
constexpr std::size_t kPackets = 2000;

Bytes pcapng_file() {
  test::PcapngBuilder file;
  file.section();
  file.nanosecond_interface();
  for (std::uint64_t i = 1; i <= kPackets; ++i) {
    file.packet(0, i * 1'000'000'000, test::pattern_bytes(kPacketBytes, 1), kPacketBytes);
  }
  return file.bytes;
}

void put32(Bytes& bytes, std::uint32_t value) {
  for (unsigned shift = 0; shift < 32; shift += 8) {
    bytes.push_back(static_cast<std::uint8_t>(value >> shift));
  }
}

Bytes pcap_file() {
  Bytes bytes;
  for (const std::uint32_t word : {0xA1B2C3D4U, 0x00040002U, 0U, 0U, 65535U, 1U}) {
    put32(bytes, word);
  }
  const Bytes packet = test::pattern_bytes(kPacketBytes, 1);
  for (std::uint32_t i = 1; i <= kPackets; ++i) {
    for (const std::uint32_t word : {i, 0U, kPacketBytes, kPacketBytes}) put32(bytes, word);
    bytes.insert(bytes.end(), packet.begin(), packet.end());
  }
  return bytes;
}

class MappedFiles : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { survive_lost_pages(); }
  test::TempDir dir_;
};

// Reads `first` packets, cuts the file to `size` bytes, and reads on.
FileEnd cut_while_read(const std::string& path, std::size_t first, std::size_t size,
                       std::size_t& packets) {
  CaptureFile file = CaptureFile::open(path);
  EXPECT_TRUE(file.packets_stay_valid()) << "it is mapped";
  PacketView packet;
  packets = 0;
  while (packets < first && file.next(packet)) ++packets;
  EXPECT_EQ(::truncate(path.c_str(), static_cast<off_t>(size)), 0);
  while (file.next(packet)) {
    ++packets;
    EXPECT_NE(packet.timestamp_ns, 0U) << "zeros are no packet";
  }
  return file.end();
}

TEST_F(MappedFiles, ARecordingThatBecomesShorterEndsThere) {
  for (const Bytes& bytes : {pcapng_file(), pcap_file()}) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{40'960}, std::size_t{50'001},
                                   bytes.size() - 700, bytes.size() - 1}) {
      const std::string path = dir_.write("x", bytes);
      std::size_t packets = 0;
      const FileEnd end = cut_while_read(path, 10, size, packets);
      EXPECT_EQ(end.kind, FileEnd::Kind::kDamaged) << size << ": " << end.text();
      EXPECT_NE(end.text().find("it became shorter while it was read"), std::string::npos)
          << end.text();
      EXPECT_LE(end.offset, size);
      EXPECT_LE(packets, size / kPacketBytes + 11) << "and no packet of zeros";
    }
  }
}

TEST_F(MappedFiles, OneThatStaysOrGrowsEndsCleanly) {
  const Bytes bytes = pcapng_file();
  const std::string path = dir_.write("x", bytes);
  std::size_t packets = 0;
  EXPECT_TRUE(cut_while_read(path, 10, bytes.size(), packets).clean());
  EXPECT_EQ(packets, kPackets);
  EXPECT_TRUE(cut_while_read(path, 10, bytes.size() + 4096, packets).clean());
  EXPECT_EQ(packets, kPackets);
}

TEST_F(MappedFiles, EveryMappingHasItsOwnLoss) {
  const std::string cut = dir_.write("cut", Bytes(1U << 16, 7));
  const std::string whole = dir_.write("whole", Bytes(1U << 16, 9));
  const auto map = [](const std::string& path) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    return MappedFile::map(fd.get(), 1U << 16);
  };
  MappedFile one = map(cut);
  const MappedFile other = map(whole);
  ASSERT_EQ(::truncate(cut.c_str(), 8192), 0);
  MappedFile moved = std::move(one);
  const volatile std::uint8_t* const bytes = moved.data();
  EXPECT_EQ(bytes[8191], 7);
  EXPECT_EQ(bytes[40'000], 0);
  EXPECT_EQ(bytes[8192], 0);
  ASSERT_TRUE(moved.lost());
  EXPECT_EQ(moved.lost()->offset, 8192U);
  EXPECT_TRUE(moved.lost()->shorter);
  ASSERT_EQ(::truncate(cut.c_str(), 1U << 16), 0);
  ASSERT_TRUE(moved.lost()) << "it is long again, but zeros were read";
  EXPECT_EQ(moved.lost()->offset, 8192U);
  EXPECT_FALSE(other.lost());
  EXPECT_EQ(other.data()[40'000], 9);
}

TEST_F(MappedFiles, AnyOtherSigbusEndsTheProcess) {
  ::testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_EXIT(
      {
        survive_lost_pages();
        const std::string path = dir_.write("y", Bytes(8192, 1));
        const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        const volatile auto* const bytes =
            static_cast<std::uint8_t*>(::mmap(nullptr, 8192, PROT_READ, MAP_PRIVATE, fd.get(), 0));
        if (::truncate(path.c_str(), 0) == 0) static_cast<void>(bytes[5000]);
        ::_exit(0);
      },
      ::testing::KilledBySignal(SIGBUS), "");
  EXPECT_EXIT(
      {
        survive_lost_pages();
        ::raise(SIGBUS);
        ::_exit(0);
      },
      ::testing::KilledBySignal(SIGBUS), "");
}

}  // namespace
}  // namespace capstan
