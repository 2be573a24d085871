// The order in which people type: options, files and the filter, as tcpdump, dumpcap and tshark
// take them.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "engine/core/errors.h"
#include "tests/support/temp_dir.h"
#include "tools/audit/audit_cli.h"
#include "tools/common/outputs.h"
#include "tools/common/packet_format.h"
#include "tools/record/record_cli.h"
#include "tools/show/show_cli.h"

namespace capstan::tools {
namespace {

using Words = std::vector<std::string>;

class CommandLines : public ::testing::Test {
 protected:
  CommandLines() {
    for (const char* name : {"a.pcapng", "b.pcap", "night"}) std::ofstream(path(name)) << "x";
  }
  std::string path(const std::string& name) const { return directory_.path() / name; }

  static std::vector<char*> argv_of(Words& words) {
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    return argv;
  }
  static AuditCommandLine audit(Words words) {
    words.insert(words.begin(), "capstan audit");
    const std::vector<char*> argv = argv_of(words);
    return *parse_audit_command_line(static_cast<int>(argv.size()), argv.data());
  }
  static RecordOptions record(Words words) {
    words.insert(words.begin(), "capstan record");
    std::vector<char*> argv = argv_of(words);
    return parse_record_command_line(static_cast<int>(argv.size()), argv.data())->options;
  }
  static ShowOptions show(Words words) {
    words.insert(words.begin(), "capstan show");
    std::vector<char*> argv = argv_of(words);
    return *parse_show_options(static_cast<int>(argv.size()), argv.data());
  }
  static std::string refusal_of(const std::function<void()>& parse) {
    try {
      parse();
    } catch (const UsageError& error) {
      return error.what();
    }
    return "taken";
  }

  test::TempDir directory_;
};

TEST_F(CommandLines, TheFilterStandsWhereverItIsTyped) {
  const Words wanted = {"lo"};
  for (const Words& line : std::vector<Words>{{"-i", "lo", "tcp", "port", "110", "-w", "x"},
                                              {"-i", "lo", "-w", "x", "tcp", "port", "110"},
                                              {"-w", "x", "-i", "lo", "tcp", "port", "110"},
                                              {"-ilo", "tcp port 110", "-wx"},
                                              {"tcp", "port", "110", "-i", "lo", "-w", "x"},
                                              {"-i", "lo", "tcp", "-w", "x", "port", "110"}}) {
    const RecordOptions parsed = record(line);
    EXPECT_EQ(parsed.capture.interfaces, wanted) << line[0] << ' ' << line[2];
    EXPECT_EQ(parsed.capture.filter, "tcp port 110");
    EXPECT_EQ(parsed.files, Words{"x"});
  }
  EXPECT_EQ(record({"-i", "lo", "-i", "eth0", "-w", "x"}).capture.interfaces,
            (Words{"lo", "eth0"}));
  for (const Words& line : std::vector<Words>{{"-i", "lo", "port", "110"},
                                              {"-i", "lo", "port 110"},
                                              {"-q", "-i", "lo", "port", "110"},
                                              {"-i", "lo", "port", "-q", "110"}}) {
    EXPECT_EQ(audit(line).interfaces, wanted);
    EXPECT_EQ(audit(line).filter, "port 110");
    EXPECT_EQ(audit(line).files, Words{});
  }
  EXPECT_EQ(show({"-i", "lo", "-nn", "port", "110"}).filter, "port 110");
  EXPECT_EQ(show({"-ni", "lo", "port", "110", "-c", "2"}).filter, "port 110");
}

TEST_F(CommandLines, FilesAndThenTheFilter) {
  const std::string a = path("a.pcapng");
  const std::string b = path("b.pcap");
  const std::string night = path("night");  // no ending, but it is there
  for (const Words& line : std::vector<Words>{{"-r", a, "port", "110"},
                                              {"-r", a, "-q", "port", "110"},
                                              {"port", "110", "-r", a},
                                              {"-r", a, "--json", "port 110"}}) {
    EXPECT_EQ(audit(line).files, Words{a}) << line[2];
    EXPECT_EQ(audit(line).filter, "port 110");
  }
  EXPECT_EQ(*audit({"-r", a, "--json", "port 110"}).json, "-");
  const AuditCommandLine globbed = audit({"-r", a, b, night, "net", "10.0.0.0/8"});
  EXPECT_EQ(globbed.files, (Words{a, b, night}));
  EXPECT_EQ(globbed.filter, "net 10.0.0.0/8");
  EXPECT_EQ(audit({"-r", a, "-r", b}).files, (Words{a, b}));
  // Mistyped: not found, and no filter.
  EXPECT_EQ(audit({"-r", a, path("c.pcap")}).files, (Words{a, path("c.pcap")}));
}

TEST_F(CommandLines, AFileWithoutItsOptionIsToldWhatToWrite) {
  const std::string a = path("a.pcapng");
  const std::string b = path("b.pcap");
  EXPECT_EQ(refusal_of([&] { audit({a}); }), "'" + a + "' is a file: -r " + a + " audits it");
  EXPECT_NE(refusal_of([&] { show({a}); }).find("as in 'capstan show -r " + a + "'"),
            std::string::npos);
  EXPECT_NE(refusal_of([&] {
              show({"-r", a, b});
            }).find("as in 'capstan show -r " + a + " -r " + b + "'"),
            std::string::npos);
}

TEST_F(CommandLines, AFlagThatIsNotThereSaysWhyOrWhatIs) {
  EXPECT_NE(refusal_of([&] {
              show({"-r", "x", "-E", "k"});
            }).find("tshark and Wireshark decrypt"),
            std::string::npos);
  EXPECT_NE(refusal_of([&] {
              show({"-r", "x", "-T", "fields"});
            }).find("--json"),
            std::string::npos);
  EXPECT_NE(refusal_of([&] {
              show({"-r", "x", "--collumns"});
            }).find("is --columns meant?"),
            std::string::npos);
  EXPECT_NE(refusal_of([&] {
              audit({"-i", "lo", "--evidnce", "d"});
            }).find("is --evidence meant?"),
            std::string::npos);
  EXPECT_EQ(refusal_of([&] { show({"-r", "x", "--zzz"}); }).find("meant?"), std::string::npos);
}

TEST_F(CommandLines, SizesHaveUnitsAndWithoutOneTheyKeepTheirMeaning) {
  EXPECT_EQ(show({"-i", "lo", "-B", "4096"}).buffer_bytes, 4096U << 10);
  EXPECT_EQ(show({"-i", "lo", "-B", "64M"}).buffer_bytes, 64U << 20);
  EXPECT_EQ(show({"-i", "lo", "-B", "1G"}).buffer_bytes, 1U << 30);
  EXPECT_EQ(audit({"-i", "lo", "-B", "8"}).ring_bytes, 8U << 20);
  EXPECT_EQ(audit({"-i", "lo", "--memory", "1.5GiB"}).memory_bytes, 3ULL << 29);
  for (const char* wrong : {"-1", "0", "64Q", "M", "2T"}) {
    EXPECT_NE(refusal_of([&] { show({"-i", "lo", "-B", wrong}); }), "taken") << wrong;
    EXPECT_NE(refusal_of([&] { audit({"-i", "lo", "-B", wrong}); }), "taken") << wrong;
  }
}

TEST_F(CommandLines, TheEndingDecidesTheFormatUnlessItIsSaid) {
  using Format = PacketFileFormat;
  EXPECT_EQ(choose_packet_format("", "x.pcap").format, Format::kPcap);
  EXPECT_EQ(choose_packet_format("", "x.pcapng").format, Format::kPcapng);
  EXPECT_EQ(choose_packet_format("", "x.pcap.gz").format, Format::kPcap);
  EXPECT_EQ(choose_packet_format("", "x.pcap.gz").compression, Compression::kGzip);
  EXPECT_EQ(choose_packet_format("", "x.pcapng.zst").compression, Compression::kZstd);
  EXPECT_EQ(choose_packet_format("pcap-ns", "x.pcapng").format, Format::kPcapNanoseconds);
  EXPECT_EQ(choose_packet_format("", "x", Format::kPcap).format, Format::kPcap);
  EXPECT_EQ(choose_packet_format("", "x").format, Format::kPcapng);
  EXPECT_FALSE(file_ending("pcap").format) << "a name, not an ending";
}

TEST_F(CommandLines, AnOutputThatIsAnotherFileToo) {
  const std::string a = path("a.pcapng");
  std::filesystem::create_hard_link(a, path("other"));
  const std::string dotted = path("./") + "a.pcapng";
  for (const std::string& same : {a, path("other"), dotted}) {
    const NamedOutput outputs[] = {{"--json", a}, {"--html", same}};
    EXPECT_EQ(output_problems(outputs).size(), 1U) << same;
    EXPECT_NE(refusal_of([&] { show({"-r", a, "-w", same}); }), "taken") << same;
  }
  const NamedOutput fresh[] = {{"-w", path("new")}, {"--stats-json", path("./new")}};
  EXPECT_EQ(output_problems(fresh).size(), 1U) << "not there yet";
  const NamedOutput apart[] = {{"-w", "/dev/null"}, {"--json", "/dev/null"}, {"--html", ""}};
  EXPECT_EQ(output_problems(apart).size(), 0U);
  EXPECT_NE(refusal_of([] {
              record({"-i", "lo", "-w", "x", "-b", "files:2", "-b", "filesize:1000", "-b",
                      "printname:stdout", "--stats-json", "-"});
            }),
            "taken");
  const NamedOutput twice[] = {{"-w", "-"}, {"--json", "-"}};
  EXPECT_EQ(output_problems(twice).size(), 1U);
}

TEST_F(CommandLines, RecordKnowsTheFlagsOfTcpdumpAndDumpcap) {
  const RecordOptions quiet = record({"-i", "lo", "-nnvvXSs", "1514", "-U", "-l", "-e", "-t", "-g",
                                      "-N", "100", "-w", "x", "tcp"});
  EXPECT_EQ(quiet.capture.filter, "tcp") << "-N's number is no word of the filter";
  EXPECT_EQ(quiet.capture.snaplen, 1514U);
  EXPECT_EQ(record({"-i", "lo", "-w", "x", "-f", "udp port 53"}).capture.filter, "udp port 53");
  EXPECT_EQ(record({"-i", "lo", "-w", "x", "-Q", "in", "udp"}).capture.filter, "inbound and (udp)");
  EXPECT_EQ(record({"-i", "lo", "-w", "x", "-P"}).format, FileFormat::kPcapMicroseconds);
  EXPECT_EQ(
      record({"-i", "lo", "-w", "x", "--capture-comment", "a", "--capture-comment", "b"}).comments,
      (Words{"a", "b"}));
  EXPECT_TRUE(
      record({"-i", "lo", "-w", "x", "-j", "adapter_unsynced"}).capture.hardware_timestamps);
  for (const Words& wrong : std::vector<Words>{{"-i", "lo", "-w", "x", "-f", "udp", "tcp"},
                                               {"-i", "lo", "-w", "x", "-Q", "sideways"},
                                               {"-i", "lo", "-w", "x", "-j", "sundial"},
                                               {"-i", "lo", "-w", "x", "-c", "-1"},
                                               {"-i", "lo", "-w", "x", "-k", "2412"}}) {
    EXPECT_NE(refusal_of([&] { record(wrong); }), "taken") << wrong[4];
  }
  EXPECT_EQ(record({"-i", "lo", "-s", "96", "-d", "tcp"}).capture.snaplen, 96U) << "what -d prints";
  EXPECT_NE(refusal_of([] { record({"-i", "lo", "-Q", "sideways", "-d", "tcp"}); }), "taken");
}

TEST_F(CommandLines, ARecordingsNameDecidesItsFormatUnlessItIsSaid) {
  EXPECT_EQ(record({"-i", "lo", "-w", "x.pcap"}).format, FileFormat::kPcapMicroseconds);
  EXPECT_EQ(record({"-i", "lo", "-w", "x.pcapng"}).format, FileFormat::kPcapng);
  EXPECT_EQ(record({"-i", "lo", "-w", "x"}).format, FileFormat::kPcapng);
  EXPECT_EQ(record({"-i", "lo", "-w", "x.pcap", "-F", "pcapng"}).format, FileFormat::kPcapng);
  EXPECT_NE(refusal_of([&] {
              record({"-i", "lo", "-w", "a.pcap", "-w", "b.pcapng"});
            }).find("-F says which"),
            std::string::npos);
  EXPECT_NE(refusal_of([&] {
              record({"-i", "lo", "-w", "x.pcap.gz"});
            }).find("-w x.pcap -z gzip"),
            std::string::npos);
}

TEST_F(CommandLines, SizesOfFilesHaveUnits) {
  EXPECT_EQ(record({"-i", "lo", "-w", "x", "-C", "1"}).rotation.size_bytes, 1'000'000U);
  EXPECT_EQ(record({"-i", "lo", "-w", "x", "-C", "1M"}).rotation.size_bytes, 1U << 20);
  EXPECT_EQ(record({"-i", "lo", "-w", "x", "-b", "filesize:5"}).rotation.size_bytes, 5000U);
  EXPECT_EQ(record({"-i", "lo", "-w", "x", "-b", "filesize:1GB"}).rotation.size_bytes,
            1'000'000'000U);
  EXPECT_EQ(record({"-i", "lo", "-w", "x", "-a", "filesize:64M"}).size_limit_bytes, 64U << 20);
}

}  // namespace
}  // namespace capstan::tools
