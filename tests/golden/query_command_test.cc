// `capstan query`, `merge` and `flows` as a user runs them, beside libpcap, tcpdump and tshark on
// the same files.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <pcap/pcap.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <sstream>
#include <string>

#include "engine/index/file_indexer.h"
#include "tests/support/index_traffic.h"
#include "tests/support/process.h"
#include "tests/support/random_filter.h"
#include "tests/support/stored_packet.h"
#include "tests/support/temp_dir.h"

namespace capstan {
namespace {

namespace fs = std::filesystem;
using test::PcapngBuilder;
using test::ProcessResult;
using test::StoredPacket;
using test::TempDir;
using Bytes = std::vector<std::uint8_t>;

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kBase = 1'700'000'000 * kSecond;

ProcessResult capstan(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), CAPSTAN_COMMAND);
  return test::run(std::move(arguments));
}

// A directory of recordings one after another, as a rotating recorder leaves them; every third is
// pcap.
std::vector<std::string> make_directory(const TempDir& dir, std::uint32_t seed, int files,
                                        int packets) {
  test::IndexTraffic traffic(seed);
  std::vector<std::string> paths;
  std::uint64_t time = kBase;
  for (int i = 0; i < files; ++i) {
    PcapngBuilder file;
    file.section();
    file.nanosecond_interface();
    Bytes pcap;
    const auto put = [&](std::uint32_t value) {
      const auto* at = reinterpret_cast<const std::uint8_t*>(&value);
      pcap.insert(pcap.end(), at, at + 4);
    };
    for (const std::uint32_t word : {0xA1B23C4DU, 0x00040002U, 0U, 0U, 262144U, 1U}) put(word);
    for (int n = 0; n < packets; ++n) {
      time += 1 + traffic.draw(1'000'000);
      const Bytes packet = traffic.next();
      const auto size = static_cast<std::uint32_t>(packet.size());
      file.packet(0, time, packet, size);
      put(static_cast<std::uint32_t>(time / kSecond));
      put(static_cast<std::uint32_t>(time % kSecond));
      put(size);
      put(size);
      pcap.insert(pcap.end(), packet.begin(), packet.end());
    }
    const std::string name = "r_" + std::to_string(10000 + i) + (i % 3 == 2 ? ".pcap" : ".pcapng");
    paths.push_back(dir.write(name, i % 3 == 2 ? pcap : file.bytes));
  }
  return paths;
}

void make_indexes(const TempDir& dir, const std::vector<std::string>& paths) {
  const IndexRecordingOptions options;
  for (const std::string& path : paths) {
    const IndexedRecording index = index_recording(path, options);
    ASSERT_FALSE(index.bytes.empty()) << index.refusal;
    dir.write(fs::path(index_path_of(path)).filename().string(), index.bytes);
  }
}

// What `tcpdump -r` takes of each file: libpcap, compiled against that file. Nothing when libpcap
// refuses the filter.
std::optional<std::vector<StoredPacket>> by_libpcap(const std::vector<std::string>& paths,
                                                    const std::string& filter) {
  std::vector<StoredPacket> packets;
  for (const std::string& path : paths) {
    char error[PCAP_ERRBUF_SIZE] = {};
    const std::unique_ptr<pcap_t, test::PcapClose> handle(
        ::pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO, error));
    if (!handle) throw std::runtime_error(error);
    bpf_program program{};
    if (::pcap_compile(handle.get(), &program, filter.c_str(), 1, 0xffffffff) != 0) return {};
    ::pcap_setfilter(handle.get(), &program);
    ::pcap_freecode(&program);
    pcap_pkthdr* head = nullptr;
    const std::uint8_t* data = nullptr;
    while (::pcap_next_ex(handle.get(), &head, &data) == 1) {
      packets.push_back({static_cast<std::uint64_t>(head->ts.tv_sec) * kSecond +
                             static_cast<std::uint64_t>(head->ts.tv_usec),
                         head->len,
                         {data, data + head->caplen}});
    }
  }
  return packets;
}

void damage_at_random(const std::vector<std::string>& paths, std::mt19937& random) {
  for (const std::string& path : paths) {
    const std::string index = index_path_of(path);
    const auto size = fs::file_size(index);
    switch (random() % 5) {
      case 0:
        fs::remove(index);
        break;
      case 1:
        fs::resize_file(index, random() % size);
        break;
      case 2: {  // of another file
        const std::string other = index_path_of(paths[random() % paths.size()]);
        if (other == index || !fs::exists(other)) break;
        fs::copy_file(other, index, fs::copy_options::overwrite_existing);
        break;
      }
      default: {
        std::fstream file(index, std::ios::in | std::ios::out | std::ios::binary);
        const auto at = static_cast<std::streamoff>(random() % size);
        file.seekg(at);
        const char flipped = static_cast<char>(file.get() ^ (1 << random() % 8));
        file.seekp(at);
        file.put(flipped);
        break;
      }
    }
  }
}

class QueryGolden : public ::testing::Test {
 protected:
  void compare(const std::string& filter, const char* what) {
    const auto expected = by_libpcap(paths_, filter);
    const std::string out = dir_.path() / "answer" / "out.pcapng";
    const ProcessResult result =
        capstan({"query", "-r", (dir_.path() / "in").string(), "-w", out, filter});
    if (!expected) {
      EXPECT_EQ(result.status, 2) << filter << result.err;
      return;
    }
    ASSERT_EQ(result.status, 0) << filter << ": " << result.err;
    const std::vector<StoredPacket> found = test::read_with_libpcap(out);
    ASSERT_EQ(found.size(), expected->size()) << what << ": " << filter;
    ASSERT_TRUE(found == *expected) << what << ": " << filter;
    compared_ += 1;
    packets_ += found.size();
  }

  TempDir dir_;
  std::vector<std::string> paths_;
  int compared_ = 0;
  std::size_t packets_ = 0;
};

TEST_F(QueryGolden, AHundredRandomFiltersGiveWhatLibpcapGives) {
  const char* const wanted = std::getenv("CAPSTAN_QUERY_SEED");
  const char* const many = std::getenv("CAPSTAN_QUERY_FILTERS");
  const std::uint32_t seed =
      wanted != nullptr ? static_cast<std::uint32_t>(std::stoul(wanted)) : std::random_device{}();
  const int filters_wanted = many != nullptr ? std::stoi(many) : 100;
  std::printf("seed %u (CAPSTAN_QUERY_SEED repeats it)\n", seed);
  fs::create_directory(dir_.path() / "in");
  fs::create_directory(dir_.path() / "answer");
  for (const std::string& path : make_directory(dir_, seed, 6, 800)) {
    paths_.push_back(dir_.path() / "in" / fs::path(path).filename());
    fs::rename(path, paths_.back());
  }
  IndexRecordingOptions options;
  options.block_bytes = 4096;
  const auto index_all = [&] {
    for (const std::string& path : paths_) {
      const IndexedRecording index = index_recording(path, options);
      ASSERT_FALSE(index.bytes.empty()) << index.refusal;
      dir_.write("in/" + fs::path(index_path_of(path)).filename().string(), index.bytes);
    }
  };
  std::mt19937 random(seed);
  test::RandomFilter filters(seed);
  for (int i = 0; i < filters_wanted; ++i) {
    const std::string filter = filters.next();
    ASSERT_NO_FATAL_FAILURE(index_all());
    ASSERT_NO_FATAL_FAILURE(compare(filter, "with indexes"));
    damage_at_random(paths_, random);
    ASSERT_NO_FATAL_FAILURE(compare(filter, "with damaged indexes"));
  }
  EXPECT_GT(compared_, filters_wanted);
  EXPECT_GT(packets_, 0U);
}

TEST(QueryCommand, PrintsTheLinesOfShowAndCounts) {
  const TempDir dir;
  const std::vector<std::string> paths = make_directory(dir, 3, 1, 300);
  for (const char* filter : {"tcp port 80", "host 10.0.0.5", "vlan", "not ip"}) {
    const ProcessResult query = capstan({"query", "-r", paths[0], "-n", "-e", filter});
    const ProcessResult show = capstan({"show", "-r", paths[0], "-n", "-e", filter});
    EXPECT_EQ(query.status, 0) << query.err;
    EXPECT_EQ(query.out, show.out) << filter;
    const ProcessResult count = capstan({"query", "-r", paths[0], "--count", filter});
    EXPECT_EQ(count.out, std::to_string(by_libpcap(paths, filter)->size()) + " packets\n");
  }
}

TEST(QueryCommand, TimeNarrowsAndLimitsEndIt) {
  const TempDir dir;
  PcapngBuilder file;
  file.section();
  file.nanosecond_interface();
  for (std::uint64_t i = 0; i < 10; ++i) {
    file.packet(0, kBase + i * kSecond, test::pattern_bytes(100, 1), 100);
  }
  const std::string path = dir.write("a.pcapng", file.bytes);
  const auto count = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"query", "-r", path, "--count"});
    return capstan(arguments).out;
  };
  EXPECT_EQ(count({"--since", "@1700000003"}), "7 packets\n");
  EXPECT_EQ(count({"--since", "@1700000003", "--until", "@1700000005"}), "2 packets\n");
  EXPECT_EQ(count({"--until", "2023-11-14T22:13:21Z"}), "1 packet\n");
  EXPECT_EQ(count({"--last", "10m"}), "0 packets\n");
  EXPECT_EQ(count({"-c", "4"}), "4 packets\n");
  EXPECT_EQ(count({"--max-bytes", "350"}), "3 packets\n");
  EXPECT_EQ(capstan({"query", "-r", path, "--since", "@5", "--until", "@5"}).status, 2);
  EXPECT_EQ(capstan({"query", "-r", path, "--since", "@6", "--until", "@5"}).status, 2);
  EXPECT_EQ(capstan({"query", "-r", path, "--since", "whenever"}).status, 2);
}

TEST(QueryCommand, BadInputIsNamed) {
  const TempDir dir;
  const std::vector<std::string> paths = make_directory(dir, 4, 1, 50);
  const std::string out = dir.path() / "out.pcapng";
  ProcessResult result = capstan({"query", "-r", paths[0], "-w", out, "prot", "80"});
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("prot 80"), std::string::npos) << result.err;
  EXPECT_FALSE(fs::exists(out));  // nothing is begun for a filter that is none
  result = capstan({"query", "-r", dir.path() / "none"});
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("none"), std::string::npos);
  EXPECT_EQ(capstan({"query", "-r", paths[0], "-w", paths[0]}).status, 2);
  EXPECT_EQ(capstan({"query", "-r", paths[0], "-w", "/nowhere/out"}).status, 1);
  EXPECT_EQ(capstan({"query", "-r", paths[0], "-c", "0"}).status, 2);
  EXPECT_EQ(capstan({"query", "-r", paths[0], "-F", "erf", "-w", out}).status, 2);
  // On a full disk: the first error, and status 1.
  result = capstan({"query", "-r", paths[0], "-w", "/dev/full"});
  EXPECT_EQ(result.status, 1);
  EXPECT_NE(result.err.find("No space left"), std::string::npos) << result.err;
}

TEST(QueryCommand, AnEmptyAnswerIsAFileThatOthersRead) {
  const TempDir dir;
  const std::vector<std::string> paths = make_directory(dir, 5, 1, 50);
  for (const char* format : {"pcapng", "pcap", "pcap-ns"}) {
    const std::string out = dir.path() / "none.out";
    EXPECT_EQ(
        capstan({"query", "-r", paths[0], "-F", format, "-w", out, "host 203.0.113.9"}).status, 0);
    EXPECT_EQ(test::run({"tcpdump", "-r", out}).status, 0) << format;
    EXPECT_EQ(test::run({"capinfos", out}).status, 0) << format;
  }
}

TEST(QueryCommand, SaysWhetherTheAnswerIsWhole) {
  const TempDir dir;
  const std::vector<std::string> paths = make_directory(dir, 6, 1, 50);
  const std::string out = dir.path() / "out.pcapng";
  const std::string stats = dir.path() / "stats.json";
  ProcessResult result =
      capstan({"query", "-r", paths[0], "-w", out, "--stats-json", stats, "--fail-on-loss"});
  EXPECT_EQ(result.status, 3);  // a file without counts says nothing
  std::ifstream text(stats);
  const auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json["packets"], 50);
  EXPECT_EQ(json["completeness"]["complete"], false);
  EXPECT_EQ(json["completeness"]["without_loss_counts"].size(), 1U);
  const ProcessResult info = test::run({"capinfos", out});
  EXPECT_NE(info.out.find("not known to be complete"), std::string::npos) << info.out;
  EXPECT_NE(info.out.find("capstan query"), std::string::npos);
  // Cut short: what is there is given, and where it ends is said.
  fs::resize_file(paths[0], fs::file_size(paths[0]) - 7);
  result = capstan({"query", "-r", paths[0], "--count"});
  EXPECT_EQ(result.out, "49 packets\n");
  EXPECT_EQ(result.status, 0);
  EXPECT_NE(result.err.find("cut short at byte"), std::string::npos) << result.err;
}

TEST(QueryCommand, AClosedPipeIsQuietAndASignalLeavesAValidFile) {
  const TempDir dir;
  make_directory(dir, 7, 4, 2000);
  const ProcessResult piped = test::run(
      {"bash", "-o", "pipefail", "-c",
       std::string(CAPSTAN_COMMAND) + " query -r " + dir.path().string() + " -n | head -1"});
  EXPECT_EQ(std::count(piped.out.begin(), piped.out.end(), '\n'), 1);
  EXPECT_EQ(piped.err.find("pipe"), std::string::npos) << piped.err;
  // A stream that never ends of itself: standard input stays open.
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  PcapngBuilder file;
  file.section();
  file.nanosecond_interface();
  for (std::uint64_t i = 0; i < 20; ++i) {
    file.packet(0, kBase + i, test::pattern_bytes(100, 1), 100);
  }
  const std::string out = dir.path() / "cut.pcapng";
  test::ProcessOptions options;
  const int in = ends[0];
  options.in_child = [in] { ::dup2(in, 0); };
  test::Process query({CAPSTAN_COMMAND, "query", "-r", "-", "-w", out}, options);
  ASSERT_EQ(::write(ends[1], file.bytes.data(), file.bytes.size()),
            static_cast<ssize_t>(file.bytes.size()));
  ASSERT_TRUE(test::wait_until([&] {
    int waiting = 0;
    return ::ioctl(ends[1], FIONREAD, &waiting) == 0 && waiting == 0;
  }));
  query.signal(SIGINT);
  EXPECT_EQ(query.wait(), 0) << query.err();
  ::close(ends[0]);
  ::close(ends[1]);
  EXPECT_NE(query.err().find("interrupted"), std::string::npos) << query.err();
  EXPECT_EQ(test::read_with_libpcap(out).size(), 20U);
}

TEST(MergeCommand, IsOneInOrderOfTimeAndConverts) {
  const TempDir dir;
  const std::vector<std::string> paths = make_directory(dir, 8, 3, 200);
  std::vector<StoredPacket> expected;
  for (const std::string& path : paths) {
    const auto some = test::read_with_libpcap(path);
    expected.insert(expected.end(), some.begin(), some.end());
  }
  std::stable_sort(expected.begin(), expected.end(),
                   [](const auto& a, const auto& b) { return a.timestamp_ns < b.timestamp_ns; });
  for (const char* format : {"pcapng", "pcap-ns"}) {
    const std::string out = dir.path() / "merged.out";
    // The order on the command line does not matter.
    const ProcessResult result =
        capstan({"merge", "-F", format, "-w", out, paths[2], paths[0], paths[1]});
    ASSERT_EQ(result.status, 0) << result.err;
    EXPECT_TRUE(test::read_with_libpcap(out) == expected) << format;
    EXPECT_EQ(test::run({"tshark", "-r", out, "-T", "fields", "-e", "frame.number"}).status, 0);
  }
  const std::string packed = dir.path() / "merged.pcapng.zst";
  ASSERT_EQ(capstan({"merge", "-z", "-w", packed, paths[0]}).status, 0);
  EXPECT_EQ(capstan({"query", "-r", packed, "--count"}).out, "200 packets\n");
  EXPECT_EQ(test::run({"zstd", "-t", "-q", packed}).status, 0);
}

TEST(MergeCommand, SplitsCutsAndFilters) {
  const TempDir dir;
  const std::vector<std::string> paths = make_directory(dir, 9, 1, 100);
  ASSERT_EQ(capstan({"merge", "--split", "packets:30", "-w", dir.path() / "part.pcapng", paths[0]})
                .status,
            0);
  std::size_t packets = 0;
  for (int i = 1; i <= 4; ++i) {
    packets +=
        test::read_with_libpcap(dir.path() / ("part_0000" + std::to_string(i) + ".pcapng")).size();
  }
  EXPECT_EQ(packets, 100U);
  const std::string cut = dir.path() / "cut.pcap";
  ASSERT_EQ(capstan({"merge", "-s", "20", "-F", "pcap", "-w", cut, paths[0]}).status, 0);
  for (const StoredPacket& packet : test::read_with_libpcap(cut)) {
    EXPECT_LE(packet.data.size(), 20U);
  }
  const std::string tcp = dir.path() / "tcp.pcapng";
  ASSERT_EQ(capstan({"merge", "-f", "tcp", "-w", tcp, paths[0]}).status, 0);
  EXPECT_EQ(test::read_with_libpcap(tcp).size(), by_libpcap(paths, "tcp")->size());
  EXPECT_EQ(capstan({"merge", "--split", "colour:red", "-w", tcp, paths[0]}).status, 2);
  EXPECT_EQ(capstan({"merge", "-w", paths[0], paths[0]}).status, 2);
}

TEST(MergeCommand, TakesTunnelsOffAsTsharkSeesThem) {
  const TempDir dir;
  const std::vector<std::string> paths = make_directory(dir, 10, 1, 600);
  const std::string out = dir.path() / "inside.pcapng";
  const ProcessResult result = capstan({"merge", "--decap", "-w", out, paths[0]});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.err.find("taken out of tunnels"), std::string::npos);
  const ProcessResult comments =
      test::run({"tshark", "-r", out, "-Y", "frame.comment contains \"VXLAN VNI\"", "-T", "fields",
                 "-e", "frame.number"});
  const ProcessResult tunnels = test::run(
      {"tshark", "-r", paths[0], "-Y", "vxlan.vni", "-T", "fields", "-e", "frame.number"});
  EXPECT_EQ(comments.status, 0) << comments.err;
  EXPECT_EQ(comments.out, tunnels.out);
}

TEST(FlowsCommand, SumsAreThoseOfThePackets) {
  const TempDir dir;
  const std::vector<std::string> paths = make_directory(dir, 11, 3, 500);
  make_indexes(dir, paths);
  const std::string root = dir.path();
  const ProcessResult with = capstan({"flows", "-r", root, "--json", "--by", "start"});
  ASSERT_EQ(with.status, 0) << with.err;
  EXPECT_NE(with.err.find("from 3 indexes\n"), std::string::npos) << with.err;
  std::uint64_t packets = 0;
  std::istringstream lines(with.out);
  std::vector<std::string> objects;
  for (std::string line; std::getline(lines, line);) {
    const auto json = nlohmann::json::parse(line);
    EXPECT_EQ(json["event_type"], "flow");
    packets += json["flow"]["pkts_toserver"].get<std::uint64_t>() +
               json["flow"]["pkts_toclient"].get<std::uint64_t>();
    objects.push_back(line);
  }
  EXPECT_EQ(packets, 1500U);
  for (const std::string& path : paths) fs::remove(index_path_of(path));
  const ProcessResult without = capstan({"flows", "-r", root, "--json", "--by", "start"});
  std::istringstream other(without.out);
  std::vector<std::string> others;
  for (std::string line; std::getline(other, line);) others.push_back(line);
  std::sort(objects.begin(), objects.end());
  std::sort(others.begin(), others.end());
  EXPECT_EQ(objects, others);
  EXPECT_EQ(capstan({"flows", "-r", root, "--top", "3", "--csv"}).status, 0);
  for (const char* kind : {"host", "service", "pair"}) {
    const ProcessResult talkers = capstan({"flows", "-r", root, "--talkers", kind, "--top", "5"});
    EXPECT_EQ(talkers.status, 0) << talkers.err;
    EXPECT_EQ(std::count(talkers.out.begin(), talkers.out.end(), '\n'), 6) << talkers.out;
  }
}

TEST(ShowCommand, ReadsADirectoryAsOneStream) {
  const TempDir dir;
  const std::vector<std::string> paths = make_directory(dir, 12, 4, 100);
  std::string expected;
  for (const std::string& path : paths) expected += capstan({"show", "-n", "-r", path, "tcp"}).out;
  const ProcessResult result = capstan({"show", "-n", "-r", dir.path(), "tcp"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'),
            std::count(expected.begin(), expected.end(), '\n'));
}

}  // namespace
}  // namespace capstan
