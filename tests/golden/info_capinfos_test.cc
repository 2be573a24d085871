// The numbers of `capstan info` against capinfos of Wireshark, on every capture of
// tests/data/captures that capinfos reads to the end.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "engine/core/errors.h"
#include "engine/reader/recording_summary.h"
#include "tests/support/captures.h"

namespace capstan::tools {
namespace {

struct CapinfosLine {
  std::uint64_t packets = 0;
  std::uint64_t wire_bytes = 0;
  std::string first;  // seconds since 1970, as printed
  std::string last;
};

constexpr const char* kWireLength =
    "a length on the wire below the bytes present: capinfos adds it up, Capstan never has one";
constexpr const char* kFraction =
    "a fraction of a second or more: Capstan carries it into the seconds, capinfos overflows";

// The differences that are meant, by file name.
const std::map<std::string, const char*> kExplained = {
    {"tcpdump__atm-heapoverflow.pcap", kWireLength},
    {"tcpdump__icmp-icmp_print-oobr-2.pcap", kWireLength},
    {"tcpdump__pim_header_asan-2.pcap", kWireLength},
    {"tcpdump__rsvp-rsvp_obj_print-oobr.pcap", kWireLength},
    {"tcpdump__bgp_vpn_rt-oobr.pcap", kFraction},
    {"tcpdump__olsr-oobr-2.pcap", kFraction},
    {"tcpdump__rx_serviceid_oobr.pcap", kFraction},
    {"tcpdump__timestamp_invalid_micro.pcap", kFraction},
    {"tcpdump__timestamp_invalid_nano.pcap", kFraction},
    {"tcpflow__bug8.pcap", kFraction},
    {"libpcap__pcap-invalid-version-2.pcap",
     "version 2.5: refused, as by libpcap and so by tcpdump"},
    {"pcpp__solaris.snoop", "snoop: named and refused"},
    {"pcpp__dns_over_tcp.pcapng",
     "packets at time 0: capinfos begins in 1970, Capstan leaves out what has no time"},
};

std::string run(const std::string& command, int& status) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(::popen(command.c_str(), "r"), nullptr);
  std::string output;
  std::array<char, 4096> buffer{};
  std::size_t count = 0;
  while ((count = std::fread(buffer.data(), 1, buffer.size(), pipe.get())) > 0) {
    output.append(buffer.data(), count);
  }
  status = ::pclose(pipe.release());
  return output;
}

// capinfos on many files at once: one line for each that it reads.
std::map<std::string, CapinfosLine> capinfos(const std::vector<std::filesystem::path>& files) {
  std::string command = "capinfos -T -r -M -c -d -a -e -S";
  for (const std::filesystem::path& file : files) command += " '" + file.string() + "'";
  int status = 0;
  std::istringstream output(run(command + " 2>/dev/null", status));
  std::map<std::string, CapinfosLine> lines;
  for (std::string row; std::getline(output, row);) {
    std::istringstream columns(row);
    std::string name;
    std::string packets;
    std::string bytes;
    CapinfosLine line;
    std::getline(columns, name, '\t');
    std::getline(columns, packets, '\t');
    std::getline(columns, bytes, '\t');
    std::getline(columns, line.first, '\t');
    std::getline(columns, line.last, '\t');
    line.packets = std::stoull(packets);
    line.wire_bytes = std::stoull(bytes);
    lines.emplace(name, line);
  }
  return lines;
}

// capinfos prints as many digits as the file has; so many are compared.
std::string seconds_like(std::uint64_t timestamp_ns, const std::string& theirs) {
  const std::size_t point = theirs.find('.');
  const std::size_t digits = point == std::string::npos ? 0 : theirs.size() - point - 1;
  std::string fraction = std::to_string(1'000'000'000 + timestamp_ns % 1'000'000'000).substr(1);
  const std::string seconds = std::to_string(timestamp_ns / 1'000'000'000);
  return digits == 0 ? seconds : seconds + "." + fraction.substr(0, digits);
}

void expect_same(const std::filesystem::path& path, const CapinfosLine& theirs) {
  CaptureFile file = CaptureFile::open(path);
  const RecordingSummary ours = summarize(file);
  const std::string name = path.parent_path().filename() / path.filename();
  EXPECT_EQ(ours.packets, theirs.packets) << name;
  EXPECT_EQ(ours.wire_bytes, theirs.wire_bytes) << name;
  // "n/a" is what capinfos says when one packet has no time.
  if (!ours.first_ns || theirs.first == "n/a") return;
  EXPECT_EQ(seconds_like(*ours.first_ns, theirs.first), theirs.first) << name;
  EXPECT_EQ(seconds_like(*ours.last_ns, theirs.last), theirs.last) << name;
}

TEST(InfoGolden, SameNumbersAsCapinfosOnEveryCapture) {
  const std::vector<std::filesystem::path> files = test::capture_files();
  ASSERT_FALSE(files.empty());
  const std::map<std::string, CapinfosLine> theirs = capinfos(files);
  ASSERT_GT(theirs.size(), files.size() / 2) << "is capinfos (wireshark-common) installed?";
  std::size_t compared = 0;
  for (const std::filesystem::path& file : files) {
    const auto found = theirs.find(file.string());
    if (found == theirs.end() || kExplained.contains(file.filename())) continue;
    expect_same(file, found->second);
    ++compared;
  }
  std::printf("%zu of %zu files compared\n", compared, files.size());
  for (const auto& [name, reason] : kExplained) std::printf("not: %s: %s\n", name.c_str(), reason);
}

}  // namespace
}  // namespace capstan::tools
