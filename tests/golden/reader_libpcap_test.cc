// CaptureFile against libpcap, packet by packet, on every capture of tests/data/captures: the same
// packets, with the same time, lengths and bytes, and the same opinion on where a file ends. Where
// they differ on purpose the reason is listed here.
#include <gtest/gtest.h>
#include <pcap/pcap.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "engine/reader/capture_file.h"
#include "tests/support/captures.h"

namespace capstan {
namespace {

// libpcap's errors on files that Capstan reads to the end, by what the message begins with.
constexpr const char* kLibpcapLimits[] = {
    // One pcap_t has one link type and one snap length; a pcapng file may have several.
    "an interface has a type ",
    "an interface has a snapshot length ",
    "the file has sections with different byte orders",
};

struct Tally {
  std::size_t files = 0;
  std::size_t packets = 0;
  std::size_t refused_by_both = 0;
  std::map<std::string, std::size_t> libpcap_limits;
};

bool is_libpcap_limit(const std::string& message, Tally& tally) {
  for (const char* limit : kLibpcapLimits) {
    if (message.rfind(limit, 0) != 0) continue;
    ++tally.libpcap_limits[limit];
    return true;
  }
  return false;
}

void expect_same_packet(const pcap_pkthdr& theirs, const std::uint8_t* data, const PacketView& ours,
                        const std::string& where) {
  const auto theirs_ns = static_cast<std::uint64_t>(theirs.ts.tv_sec) * kNanosecondsPerSecond +
                         static_cast<std::uint64_t>(theirs.ts.tv_usec);
  // libpcap takes the 32-bit seconds for signed, so 2038 becomes 1901, and hands a fraction of a
  // second or more on as it is; Capstan reads to 2106 and carries it into the seconds.
  const bool valid = theirs.ts.tv_sec >= 0 && theirs.ts.tv_usec >= 0 &&
                     static_cast<std::uint64_t>(theirs.ts.tv_usec) < kNanosecondsPerSecond;
  if (valid) {
    EXPECT_EQ(ours.timestamp_ns, theirs_ns) << where;
  }
  ASSERT_EQ(ours.caplen, theirs.caplen) << where;
  // A length on the wire below the bytes present cannot be: PacketView never has one.
  EXPECT_EQ(ours.wirelen, std::max(theirs.len, theirs.caplen)) << where;
  EXPECT_EQ(std::memcmp(ours.data, data, ours.caplen), 0) << where;
}

void compare(const std::filesystem::path& path, Tally& tally) {
  char error[PCAP_ERRBUF_SIZE] = {};
  const std::string name = path.parent_path().filename() / path.filename();
  pcap_t* theirs =
      pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO, error);
  std::optional<CaptureFile> ours;
  std::string our_error;
  try {
    ours.emplace(CaptureFile::open(path));
  } catch (const UsageError& refused) {
    our_error = refused.what();
  }
  ++tally.files;
  if (theirs == nullptr) {
    if (!ours) {
      ++tally.refused_by_both;
      return;
    }
    PacketView packet;
    while (ours->next(packet)) {
    }
    EXPECT_FALSE(ours->end().clean()) << name << ": libpcap refuses it: " << error;
    return;
  }
  ASSERT_TRUE(ours) << name << ": libpcap opens it: " << our_error;
  pcap_pkthdr* head = nullptr;
  const std::uint8_t* data = nullptr;
  PacketView packet;
  std::size_t count = 0;
  int result = 0;
  while ((result = pcap_next_ex(theirs, &head, &data)) == 1) {
    const std::string where = name + " packet " + std::to_string(++count);
    ASSERT_TRUE(ours->next(packet)) << where << ": " << ours->end().text();
    expect_same_packet(*head, data, packet, where);
  }
  tally.packets += count;
  const std::string message = pcap_geterr(theirs);
  const bool more = ours->next(packet);
  if (result == PCAP_ERROR_BREAK) {
    EXPECT_FALSE(more) << name << ": libpcap ends after packet " << count;
    EXPECT_TRUE(ours->end().clean()) << name << ": " << ours->end().text();
  } else if (!is_libpcap_limit(message, tally)) {
    EXPECT_FALSE(more) << name << " packet " << count + 1 << ": libpcap: " << message;
    EXPECT_FALSE(ours->end().clean()) << name << ": libpcap: " << message;
  }
  pcap_close(theirs);
}

TEST(ReaderGolden, SamePacketsAsLibpcapOnEveryCapture) {
  const std::vector<std::filesystem::path> files = test::capture_files();
  ASSERT_FALSE(files.empty());
  Tally tally;
  for (const std::filesystem::path& file : files) compare(file, tally);
  std::printf("%zu files, %zu packets compared, %zu files refused by both\n", tally.files,
              tally.packets, tally.refused_by_both);
  for (const auto& [limit, count] : tally.libpcap_limits) {
    std::printf("%zu files libpcap gives up on: %s...\n", count, limit.c_str());
  }
  EXPECT_GT(tally.packets, 7'000U);
}

}  // namespace
}  // namespace capstan
