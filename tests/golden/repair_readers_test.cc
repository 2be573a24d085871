// Recordings cut at every byte of a range, repaired, and then read by capinfos, tshark and libpcap:
// no complaint, and every packet that was complete.
#include <gtest/gtest.h>
#include <pcap/pcap.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/captures.h"
#include "tests/support/pcapng_builder.h"
#include "tests/support/temp_dir.h"
#include "writers/repair/repair.h"

namespace capstan {
namespace {

using test::pattern_bytes;
using test::PcapngBuilder;
using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kPacketSizes[] = {60, 1, 333, 64, 0, 1514, 61};

struct Sample {
  Bytes bytes;
  std::vector<std::size_t> packet_ends;  // ascending
  const char* extension;
};

Sample pcapng_sample() {
  PcapngBuilder file;
  Sample sample{{}, {}, "pcapng"};
  file.section({PcapngBuilder::text(4, "a test")});
  file.nanosecond_interface();
  for (const std::size_t size : kPacketSizes) {
    file.block(pcapng::kCapstanPadding, Bytes(20));
    file.packet(0, 1'700'000'000'000'000'000 + size, pattern_bytes(size, 1),
                static_cast<std::uint32_t>(size), {{2, file.field32(1)}});
    sample.packet_ends.push_back(file.bytes.size());
  }
  sample.bytes = file.bytes;
  return sample;
}

Sample pcap_sample() {
  const PcapngBuilder order;
  Sample sample{order.field32(0xA1B23C4D), {}, "pcap"};
  Bytes& bytes = sample.bytes;
  for (const std::uint32_t word : {0x00040002U, 0U, 0U, 65535U, 1U}) {
    PcapngBuilder::append(bytes, order.field32(word));
  }
  for (const std::size_t size : kPacketSizes) {
    const auto length = static_cast<std::uint32_t>(size);
    for (const std::uint32_t word : {1'700'000'000U, 9U, length, length}) {
      PcapngBuilder::append(bytes, order.field32(word));
    }
    PcapngBuilder::append(bytes, pattern_bytes(size, 2));
    sample.packet_ends.push_back(bytes.size());
  }
  return sample;
}

int libpcap_packets(const std::string& path) {
  char error[PCAP_ERRBUF_SIZE] = {};
  pcap_t* file = pcap_open_offline(path.c_str(), error);
  EXPECT_NE(file, nullptr) << path << ": " << error;
  if (file == nullptr) return -1;
  pcap_pkthdr* head = nullptr;
  const std::uint8_t* data = nullptr;
  int packets = 0;
  int result = 0;
  while ((result = pcap_next_ex(file, &head, &data)) == 1) ++packets;
  EXPECT_EQ(result, PCAP_ERROR_BREAK) << path << ": " << pcap_geterr(file);
  pcap_close(file);
  return packets;
}

// The output of a command, which must end with status 0 and print nothing on stderr.
std::string quiet_output(const std::string& command, const std::filesystem::path& scratch) {
  const std::string complaints = scratch / "complaints";
  std::FILE* pipe = ::popen((command + " 2>'" + complaints + "'").c_str(), "r");
  std::string output;
  std::array<char, 4096> buffer{};
  std::size_t count = 0;
  while ((count = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0) {
    output.append(buffer.data(), count);
  }
  EXPECT_EQ(::pclose(pipe), 0) << command.substr(0, 60);
  std::ifstream in(complaints);
  for (std::string line; std::getline(in, line);) {
    if (line.find("Running as user") == std::string::npos) ADD_FAILURE() << line;
  }
  return output;
}

// File name to packet count, by one capinfos for all.
std::map<std::string, int> capinfos_packets(const std::vector<std::string>& files,
                                            const std::filesystem::path& scratch) {
  std::string command = "capinfos -T -r -M -c";
  for (const std::string& file : files) command += " '" + file + "'";
  std::istringstream rows(quiet_output(command, scratch));
  std::map<std::string, int> packets;
  std::string name;
  int count = 0;
  while (std::getline(rows, name, '\t') && rows >> count) {
    packets[name] = count;
    rows.ignore();
  }
  return packets;
}

void expect_repaired_everywhere(const Sample& sample) {
  const test::TempDir dir;
  std::map<std::string, int> expected;
  std::vector<std::string> repaired;
  const std::size_t first = sample.extension == std::string("pcap") ? 24 : 76;  // behind the head
  for (std::size_t size = first; size <= sample.bytes.size(); ++size) {
    // Every byte of the first 400, then around the ends of records and now and then between.
    if (size > 400 && size + 40 < sample.bytes.size() && size % 61 != 0) continue;
    const Bytes cut(sample.bytes.begin(), sample.bytes.begin() + static_cast<std::ptrdiff_t>(size));
    const std::string name = std::to_string(size) + "." + sample.extension;
    const RepairReport report = repair_recording(dir.write(name, cut), {});
    ASSERT_EQ(report.result_path, dir.path() / name) << size;
    const auto complete = std::count_if(sample.packet_ends.begin(), sample.packet_ends.end(),
                                        [&](std::size_t end) { return end <= size; });
    expected[report.result_path] = static_cast<int>(complete);
    repaired.push_back(report.result_path);
    EXPECT_EQ(report.kept_packets, static_cast<std::uint64_t>(complete)) << size;
    EXPECT_EQ(libpcap_packets(report.result_path), complete) << size;
  }
  EXPECT_GT(repaired.size(), 350U);
  EXPECT_EQ(capinfos_packets(repaired, dir.path()), expected);
  for (std::size_t i = 0; i < repaired.size(); i += repaired.size() / 4) {
    std::istringstream frames(
        quiet_output("tshark -n -r '" + repaired[i] + "' -T fields -e frame.number", dir.path()));
    int count = 0;
    for (std::string line; std::getline(frames, line);) ++count;
    EXPECT_EQ(count, expected[repaired[i]]) << repaired[i];
  }
}

TEST(RepairGolden, EveryCutPcapngReadsEverywhere) { expect_repaired_everywhere(pcapng_sample()); }

TEST(RepairGolden, EveryCutPcapReadsEverywhere) { expect_repaired_everywhere(pcap_sample()); }

TEST(RepairGolden, EveryPartFileReadsEverywhere) {
  for (Sample sample : {pcapng_sample(), pcap_sample()}) {
    const test::TempDir dir;
    for (std::size_t i = 0; i < sample.packet_ends.size(); ++i) {
      Bytes bytes(sample.bytes.begin(),
                  sample.bytes.begin() + static_cast<std::ptrdiff_t>(sample.packet_ends[i]));
      bytes.resize(bytes.size() + 8192);
      const std::string name = std::to_string(i) + "." + sample.extension;
      const RepairReport report = repair_recording(dir.write("." + name + ".part", bytes), {});
      EXPECT_EQ(report.kept_bytes, sample.packet_ends[i]);
      EXPECT_EQ(libpcap_packets(report.result_path), static_cast<int>(i) + 1);
    }
  }
}

TEST(RepairGolden, CutCapturesReadWithoutComplaint) {
  const std::filesystem::path root = test::captures();
  const test::TempDir dir;
  std::map<std::string, int> expected;
  std::vector<std::string> repaired;
  for (const std::filesystem::path& path : test::capture_files()) {
    if (path.parent_path() != root / "core") continue;
    std::ifstream in(path, std::ios::binary);
    Bytes bytes{std::istreambuf_iterator<char>(in), {}};
    if (bytes.size() < 400) continue;
    bytes.resize(bytes.size() * 2 / 3);
    const RepairReport report = repair_recording(dir.write(path.filename(), bytes), {});
    if (report.outcome == RepairReport::Outcome::kEmpty) continue;
    expected[report.path] = static_cast<int>(report.kept_packets);
    repaired.push_back(report.path);
  }
  EXPECT_GT(repaired.size(), 50U);
  EXPECT_EQ(capinfos_packets(repaired, dir.path()), expected);
}

}  // namespace
}  // namespace capstan
