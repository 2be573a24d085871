// `capstan show` as a user runs it on files: flags that act, and flags that are refused by name.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "tests/support/pcapng_builder.h"
#include "tests/support/run_command.h"
#include "tests/support/temp_dir.h"

namespace capstan {
namespace {

struct Outcome {
  int status = -1;
  std::string text;  // stdout and stderr
};

Outcome run(const std::string& arguments) {
  const test::Ran ran = test::run_command("'" CAPSTAN_COMMAND "' show " + arguments + " 2>&1");
  return {ran.status, ran.out};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class ShowCommand : public ::testing::Test {
 protected:
  ShowCommand() {
    test::PcapngBuilder file;
    file.section();
    file.nanosecond_interface();
    for (std::uint64_t i = 1; i <= 3; ++i) {
      file.packet(0, i * 1'000'000'000, test::pattern_bytes(60, 1), 60);
    }
    std::ofstream(path_, std::ios::binary)
        .write(reinterpret_cast<const char*>(file.bytes.data()),
               static_cast<std::streamsize>(file.bytes.size()));
  }

  const test::TempDir dir_;
  const std::string path_ = dir_.path() / "three.pcapng";
};

TEST_F(ShowCommand, WrittenFileHoldsThePacketsThatMatch) {
  const std::string copy = dir_.path() / "copy.pcap";
  EXPECT_EQ(run("-r " + path_ + " -c 2 -w " + copy).status, 0);
  EXPECT_TRUE(contains(run("--count -r " + copy).text, "2 packets"));
  EXPECT_EQ(run("-r " + path_ + " -w " + copy + " less 10").status, 0);
  EXPECT_TRUE(contains(run("--count -r " + copy).text, "0 packets"));
}

// However a file came to be read: it is not emptied to write its own packets into it.
TEST_F(ShowCommand, WhatIsReadIsNotOverwritten) {
  const std::uintmax_t whole = std::filesystem::file_size(path_);
  std::ofstream(dir_.path() / "list") << path_ << '\n';
  std::filesystem::create_symlink(path_, dir_.path() / "link");
  const std::string directory = dir_.path();
  for (const std::string& input : {"-r " + path_, "-V " + directory + "/list", "-r " + directory}) {
    for (const char* name : {"/three.pcapng", "/link"}) {
      const Outcome refused = run(input + " -w " + directory + name);
      EXPECT_EQ(refused.status, 2) << input << refused.text;
      EXPECT_TRUE(contains(refused.text, "one of the files to be read")) << refused.text;
      EXPECT_EQ(std::filesystem::file_size(path_), whole) << input;
    }
  }
}

TEST_F(ShowCommand, FilesAndFilterCanBeNamedInFiles) {
  std::ofstream(dir_.path() / "list") << path_ << '\n' << path_ << '\n';
  std::ofstream(dir_.path() / "filter") << "greater 60\n";
  const std::string list = dir_.path() / "list";
  const std::string filter = dir_.path() / "filter";
  EXPECT_TRUE(contains(run("--count -V " + list + " -F " + filter).text, "6 packets"));
}

TEST_F(ShowCommand, SaysWhatItReads) {
  EXPECT_TRUE(contains(run("-r " + path_).text,
                       "reading from file " + path_ + ", link-type EN10MB (Ethernet), snapshot"));
}

TEST_F(ShowCommand, FlagsOfTcpdumpThatAreMissingAreRefusedByName) {
  for (const char* flag : {"-E x", "-M x", "-H", "-I", "-Y tcp"}) {
    const Outcome outcome = run("-r " + path_ + " " + flag);
    EXPECT_EQ(outcome.status, 2) << flag;
    EXPECT_TRUE(contains(outcome.text, "not supported by 'capstan show'")) << outcome.text;
  }
}

TEST_F(ShowCommand, JsonIsOneObjectAPacket) {
  const Outcome outcome = run("--json -r " + path_ + " 2>/dev/null | cat");
  std::istringstream lines(outcome.text);
  std::string line;
  int number = 0;
  while (std::getline(lines, line)) {
    if (line.empty() || line[0] != '{') continue;
    const nlohmann::json packet = nlohmann::json::parse(line);
    EXPECT_EQ(packet["number"], ++number);
    EXPECT_EQ(packet["caplen"], 60);
    EXPECT_EQ(packet["wirelen"], 60);
    EXPECT_EQ(packet["link_type"], "ETHERNET");
    EXPECT_FALSE(packet["info"].get<std::string>().empty());
  }
  EXPECT_EQ(number, 3);
}

TEST_F(ShowCommand, ColourAndColumns) {
  EXPECT_TRUE(contains(run("--color always -r " + path_).text, "\033[33m"));
  EXPECT_FALSE(contains(run("-r " + path_).text, "\033[")) << "a pipe gets no colours";
  EXPECT_TRUE(contains(run("--columns -r " + path_).text, "     3  "));
}

// The same code as the installed tcpdump compiles, in its three forms.
TEST_F(ShowCommand, DumpedFiltersAreTcpdumps) {
  for (const char* filter : {"port 110", "ip6 and tcp port 995", "arp or vlan 5"}) {
    for (const char* flag : {"-d", "-dd", "-ddd"}) {
      const std::string compare = std::string("-y EN10MB ") + flag + " '" + filter + "' > " +
                                  std::string(dir_.path() / "ours") + "; tcpdump -y EN10MB " +
                                  flag + " '" + filter + "' 2>/dev/null | cmp - " +
                                  std::string(dir_.path() / "ours") + " && echo same";
      EXPECT_TRUE(contains(run(compare).text, "same")) << flag << ' ' << filter;
    }
  }
}

// mergecap makes such files, and so does record -i eth0 -i tun0.
TEST_F(ShowCommand, AFilterWithoutMeaningForSomePacketsIsAskedAboutTheOthers) {
  test::PcapngBuilder file;
  file.section();
  file.nanosecond_interface();
  file.nanosecond_interface(227);
  std::vector<std::uint8_t> udp(60, 0);
  udp[12] = 0x08;
  udp[14] = 0x45;
  udp[17] = 46;
  udp[23] = 17;
  for (std::uint64_t i = 1; i <= 6; ++i) {
    const bool can = i % 2 == 0;
    file.packet(can ? 1 : 0, i * 1'000'000'000, can ? std::vector<std::uint8_t>(16, 0) : udp,
                can ? 16 : 60);
  }
  const std::string mixed = dir_.write("mixed.pcapng", file.bytes);
  const Outcome some = run("-r " + mixed + " --count udp");
  EXPECT_EQ(some.status, 0);
  EXPECT_TRUE(contains(some.text, "3 packets\n")) << some.text;
  EXPECT_TRUE(contains(some.text, "no meaning for 3 packets of link type CAN_SOCKETCAN"))
      << some.text;
  EXPECT_EQ(some.text.find("no meaning"), some.text.rfind("no meaning")) << some.text;

  const Outcome none = run("-r " + path_ + " inbound");  // its packets do not say
  EXPECT_EQ(none.status, 2);
  EXPECT_TRUE(contains(none.text, "3 packets do not say")) << none.text;
  EXPECT_EQ(run("-r " + path_ + " ifindex 5").status, 2);
}

// 2262 is 1990 in the 32 bits of classic pcap.
TEST_F(ShowCommand, TimesThatPcapDoesNotHaveAreItsLastAndAreCounted) {
  test::PcapngBuilder file;
  file.section();
  file.nanosecond_interface();
  for (const std::uint64_t seconds :
       {std::uint64_t{4'294'967'295}, std::uint64_t{4'294'967'296}, std::uint64_t{9'223'372'036}}) {
    file.packet(0, seconds * 1'000'000'000, test::pattern_bytes(60, 1), 60);
  }
  const std::string late = dir_.write("late.pcapng", file.bytes);
  const std::string copy = dir_.path() / "late.pcap";
  const Outcome written = run("-r " + late + " -w " + copy);
  EXPECT_EQ(written.status, 0);
  EXPECT_TRUE(contains(written.text, "2 packets are later than 2106-02-07")) << written.text;
  const Outcome times = run("-tt -r " + copy + " 2>/dev/null | grep -o '^4[0-9.]*'");
  EXPECT_EQ(times.text, "4294967295.000000\n4294967295.999999\n4294967295.999999\n");
}

TEST_F(ShowCommand, NameThatDoesNotResolveIsNamed) {
  const Outcome outcome = run("-r " + path_ + " host nosuch.invalid");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_TRUE(contains(outcome.text, "nosuch.invalid"));
}

}  // namespace
}  // namespace capstan
