// The audit against captures whose truth is known: at least 99.5 % of the verdicts right, no login
// in the clear missed, none invented; also with clocks that jump and with packets out of order.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <sstream>

#include "engine/audit/auditor.h"
#include "engine/flow/packet_sorter.h"
#include "engine/reader/capture_file.h"
#include "tests/support/captures.h"

namespace capstan::audit {
namespace {

struct Row {
  std::string file;
  std::string stream;
  std::string verdict;
};

std::vector<Row> read_truth(const std::filesystem::path& path) {
  std::vector<Row> rows;
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);  // the heading
  while (std::getline(in, line)) {
    std::vector<std::string> fields;
    std::istringstream words(line);
    for (std::string field; std::getline(words, field, '\t');) fields.push_back(field);
    if (fields.size() < 5) continue;
    rows.push_back({fields[0], fields[1] + " " + fields[2], fields[4]});
  }
  return rows;
}

// Sessions where we and truth.tsv differ for a reason: see docs/audit.md, "Where we differ".
const std::set<std::string>& known_differences() {
  static const std::set<std::string> kKnown = {
      // The 32 bytes the client sends after AuthSwitchRequest are a caching_sha2_password response.
      "logins/zeek__mysql_caching_sha2_password-after-auth-switch.pcapng",
      // A weather station's password in the query of each report: RFC 3986, and whoever listens can
      // use it.
      "logins/sanders__weather_working.pcapng",
  };
  return kKnown;
}

class Verdicts final : public AuditSink {
 public:
  void on_session(const SessionReport& report) override {
    if (!report.has_payload) return;
    const FlowEnds& ends = report.ends;
    const std::string key =
        address_text(ends.source, ends.ip_version) + ":" + std::to_string(ends.source_port) +
        " > " + address_text(ends.destination, ends.ip_version) + ":" +
        std::to_string(ends.destination_port) + (ends.protocol == kProtocolTcp ? " tcp" : " udp");
    found.emplace(key, std::string(verdict_name(report.verdict)));
  }
  std::multimap<std::string, std::string> found;
};

// What is done to the packets' times, or to their order, in front of the audit.
enum class Disturbance : std::uint8_t { kNone, kJumps, kDisorder };

// Jumps: one packet in twenty is dated anywhere within forty years, and once in fifty the clock is
// set to another day for good. Disorder: each packet comes up to a tenth of a second late.
void disturb(Disturbance how, std::vector<PacketView>& packets) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  std::mt19937_64 random(20261128);
  const auto within = [&random](std::int64_t bound) {
    return std::uniform_int_distribution<std::int64_t>(-bound, bound)(random);
  };
  if (how == Disturbance::kJumps) {
    std::int64_t set_by = 0;
    for (PacketView& packet : packets) {
      if (random() % 50 == 0) set_by = within(1'000'000 * kSecond);
      const std::int64_t stray = random() % 20 == 0 ? within(1'200'000'000 * kSecond) : 0;
      const auto time_ns = static_cast<std::int64_t>(packet.timestamp_ns) + set_by + stray;
      packet.timestamp_ns = static_cast<std::uint64_t>(std::max<std::int64_t>(time_ns, 1));
    }
  } else if (how == Disturbance::kDisorder) {
    std::vector<std::pair<std::uint64_t, PacketView>> late;
    for (const PacketView& packet : packets) {
      late.emplace_back(packet.timestamp_ns + random() % 100'000'000, packet);
    }
    std::stable_sort(late.begin(), late.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (std::size_t i = 0; i < packets.size(); ++i) packets[i] = late[i].second;
  }
}

Verdicts audit_file(const std::filesystem::path& path, Disturbance how = Disturbance::kNone) {
  Verdicts sink;
  AuditOptions options;
  options.flows.max_flows = 65536;
  Auditor auditor(options, sink);
  CaptureFile file = CaptureFile::open(path);
  PacketView packet;
  if (!file.packets_stay_valid()) {
    while (file.next(packet)) auditor.on_packet(packet);
  } else {
    std::vector<PacketView> packets;
    while (file.next(packet)) packets.push_back(packet);
    disturb(how, packets);
    PacketSorter sorter(false);
    const auto emit = [&auditor](std::span<const PacketView> due) { auditor.on_packets(due); };
    for (const PacketView& one : packets) sorter.add(one, emit);
    sorter.flush(emit);
  }
  auditor.finish();
  return sink;
}

bool said(std::multimap<std::string, std::string>::const_iterator begin,
          std::multimap<std::string, std::string>::const_iterator end, const std::string& verdict) {
  return std::any_of(begin, end, [&verdict](const auto& one) { return one.second == verdict; });
}

class AuditTruthOfTimes : public testing::TestWithParam<Disturbance> {};
INSTANTIATE_TEST_SUITE_P(Times, AuditTruthOfTimes,
                         testing::Values(Disturbance::kNone, Disturbance::kJumps,
                                         Disturbance::kDisorder));

TEST_P(AuditTruthOfTimes, VerdictsOfTheCaptures) {
  const std::filesystem::path root = test::captures();
  std::map<std::string, std::vector<Row>> files;
  for (Row& row : read_truth(root / "truth.tsv")) files[row.file].push_back(std::move(row));
  std::uint64_t known = 0;
  std::uint64_t right = 0;
  std::uint64_t missed = 0;
  std::uint64_t invented = 0;
  const std::string login = "cleartext-credentials";
  for (const auto& [name, rows] : files) {
    const Verdicts got = audit_file(root / name, GetParam());
    for (const auto& [stream, verdict] : got.found) {
      const bool in_truth = std::any_of(rows.begin(), rows.end(),
                                        [&s = stream](const Row& row) { return row.stream == s; });
      if (verdict == login && !in_truth) {
        std::printf("beyond the truth: %s %s\n", name.c_str(), stream.c_str());
      }
    }
    for (const Row& row : rows) {
      if (row.stream.starts_with("- ")) continue;
      const auto [begin, end] = got.found.equal_range(row.stream);
      // A row for each of several sessions between the same ends: any of them may be the one.
      bool match = said(begin, end, row.verdict);
      const bool said_login = said(begin, end, login);
      bool login_is_true = row.verdict == login;
      bool one_of_them_matches = match;
      for (const Row& other : rows) {
        if (other.stream != row.stream) continue;
        login_is_true = login_is_true || other.verdict == login;
        one_of_them_matches = one_of_them_matches || said(begin, end, other.verdict);
      }
      // Several rows, and one session in the audit: the rows are its parts (SNMPv3's discovery and
      // what follows). Its verdict is that of one of them, and where one is a login it is that one.
      const bool parts = begin != end && std::next(begin) == end && one_of_them_matches &&
                         (!login_is_true || said_login);
      if (said_login && !login_is_true && known_differences().count(name) == 0) {
        ++invented;
        ADD_FAILURE() << "login invented: " << name << " " << row.stream;
      }
      if (row.verdict == "unknown") continue;
      ++known;
      match = match || parts;
      right += match ? 1U : 0U;
      if (!match) {
        std::printf("differs: %s %s: %s, we say %s\n", name.c_str(), row.stream.c_str(),
                    row.verdict.c_str(), begin == end ? "nothing" : begin->second.c_str());
      }
      if (row.verdict == login && !match) {
        ++missed;
        ADD_FAILURE() << "login missed: " << name << " " << row.stream;
      }
    }
  }
  std::printf("%llu of %llu verdicts right (%.2f %%), %llu logins missed, %llu invented\n",
              static_cast<unsigned long long>(right), static_cast<unsigned long long>(known),
              100.0 * static_cast<double>(right) / static_cast<double>(known),
              static_cast<unsigned long long>(missed), static_cast<unsigned long long>(invented));
  ASSERT_GT(known, 0U);
  // The captures of the tree are some of the whole set (CAPSTAN_CAPTURES).
  EXPECT_GE(right * 1000, known * (known > 1000 ? 995 : 990));
  EXPECT_EQ(missed, 0U);
  EXPECT_EQ(invented, 0U);
}

// Every capture there is, the malformed ones too: nothing crashes, and all memory comes back.
TEST(AuditTruth, EveryCaptureIsSurvived) {
  const std::vector<std::filesystem::path> paths = test::capture_files();
  ASSERT_FALSE(paths.empty());
  std::uint64_t sessions = 0;
  for (const std::filesystem::path& path : paths) {
    try {
      sessions += audit_file(path).found.size();
    } catch (const std::exception&) {
      // No capture file: named so by the reader.
    }
  }
  EXPECT_GT(sessions, 700U);
}

}  // namespace
}  // namespace capstan::audit
