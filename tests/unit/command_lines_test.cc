// The order in which people type: options, files and the filter, as tcpdump, dumpcap and tshark
// take them.
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "engine/core/errors.h"
#include "tests/support/temp_dir.h"
#include "tools/audit/audit_cli.h"
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
    std::string help;
    return parse_show_options(static_cast<int>(argv.size()), argv.data(), help);
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

}  // namespace
}  // namespace capstan::tools
