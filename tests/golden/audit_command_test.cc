// `capstan audit` as a user runs it on files: exit statuses, directories, files that are cut, and
// what the report, the page and the JSON say of what was looked at and what was not.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/packet_builder.h"
#include "tests/support/pcapng_builder.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace capstan::test {
namespace {

constexpr int kFindings = 4;
constexpr int kNotAll = 5;
constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kStart = 1'700'000'000 * kSecond;

// A POP3 login on the client's side, a packet a second from `first_ns` on.
class Login {
 public:
  Login(std::uint16_t port, std::uint64_t first_ns) : now_ns_(first_ns) {
    spec_.source_port = port;
    spec_.sequence = 1000;
  }
  void syn(PcapngBuilder& file) {
    spec_.flags = tcp_flag::kSyn;
    put(file);
    ++spec_.sequence;
    spec_.flags = tcp_flag::kAck;
  }
  void say(PcapngBuilder& file, const std::string& words) {
    spec_.payload = words;
    put(file);
    spec_.sequence += static_cast<std::uint32_t>(words.size());
    spec_.payload.clear();
  }

 private:
  void put(PcapngBuilder& file) {
    const std::vector<std::uint8_t> packet = build_packet(spec_);
    file.packet(0, now_ns_, packet, static_cast<std::uint32_t>(packet.size()));
    now_ns_ += kSecond;
  }
  PacketSpec spec_;
  std::uint64_t now_ns_;
};

PcapngBuilder begun_file() {
  PcapngBuilder file;
  file.section();
  file.nanosecond_interface();
  return file;
}

class AuditCommand : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return directory_.path() / name; }
  void write(const std::string& name, const std::vector<std::uint8_t>& bytes) const {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    std::ofstream out(path(name), std::ios::binary);
    out.write(reinterpret_cast<const char*>(bytes.data()),
              static_cast<std::streamsize>(bytes.size()));
  }
  ProcessResult audit(std::vector<std::string> words) const {
    words.insert(words.begin(), {"env", "TZ=UTC", CAPSTAN_COMMAND, "audit", "--json",
                                 path("events.json"), "--html", path("page.html")});
    return run(words);
  }
  std::string contents(const std::string& name) const { return read_text(path(name)); }
  nlohmann::json summary() const {
    std::istringstream lines(contents("events.json"));
    std::string last;
    for (std::string line; std::getline(lines, line);) last = line;
    return nlohmann::json::parse(last)["stats"]["audit"];
  }
  // One session over two files: its name in the first, its password in the second.
  void write_halves(const std::string& first, const std::string& second) const {
    Login login(40000, kStart);
    PcapngBuilder one = begun_file();
    login.syn(one);
    login.say(one, "USER alice\r\n");
    write(first, one.bytes);
    PcapngBuilder two = begun_file();
    login.say(two, "PASS Tr0ub4dor&3\r\n");
    login.say(two, "QUIT\r\n");
    write(second, two.bytes);
  }
  void expect_one_login_of_alice(const ProcessResult& result) const {
    EXPECT_EQ(result.status, kFindings) << result.err;
    const std::string text = contents("events.json");
    EXPECT_NE(text.find(R"("user":"alice")"), std::string::npos) << text;
    EXPECT_EQ(summary()["sessions"], 1) << text;
    EXPECT_EQ(summary()["cleartext_logins"], 1);
    EXPECT_EQ((text + result.out + contents("page.html")).find("Tr0ub4dor"), std::string::npos);
  }

  TempDir directory_;
};

TEST_F(AuditCommand, AFileCutInTheMiddleIsFiveWithItsReason) {
  PcapngBuilder file = begun_file();
  Login login(40000, kStart);
  login.syn(file);
  login.say(file, "USER alice\r\n");
  const std::size_t whole = file.bytes.size();
  login.say(file, "PASS Tr0ub4dor&3\r\n");
  file.bytes.resize(whole + 40);
  write("cut.pcapng", file.bytes);
  const ProcessResult result = audit({"-r", path("cut.pcapng")});
  EXPECT_EQ(result.status, kNotAll) << result.err;
  EXPECT_NE(result.out.find("What was not looked at"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("what follows was not read"), std::string::npos) << result.out;
  const nlohmann::json said = summary();
  EXPECT_FALSE(said["everything_looked_at"]);
  EXPECT_FALSE(said["inputs"][0]["read_to_end"]);
  EXPECT_FALSE(said["inputs"][0]["damage"].is_null());
  ASSERT_FALSE(said["left_out"].empty());
  EXPECT_EQ(said["left_out"][0]["what"], "file-damaged");
  EXPECT_NE(contents("page.html").find("Not certain."), std::string::npos);
  EXPECT_NE(contents("page.html").find("what follows was not read"), std::string::npos);
}

TEST_F(AuditCommand, APageAnswersItsOwnQuestion) {
  write_halves("a.pcapng", "b.pcapng");
  audit({"-r", path("a.pcapng")});
  EXPECT_NE(contents("page.html").find("<b>Yes.</b>"), std::string::npos);
  audit({"-r", path("a.pcapng"), path("b.pcapng")});
  EXPECT_NE(contents("page.html").find("<b>No.</b>One session showed a login"), std::string::npos);
  audit({"-r", path("a.pcapng"), "port 9"});
  EXPECT_NE(contents("page.html").find("<b>Nothing to tell.</b>"), std::string::npos);
}

TEST_F(AuditCommand, ASessionGoesOnInTheNextFile) {
  write_halves("a.pcapng", "b.pcapng");
  expect_one_login_of_alice(audit({"-r", path("a.pcapng"), path("b.pcapng")}));
}

TEST_F(AuditCommand, FilesInAnotherOrderAreMergedByTime) {
  write_halves("z.pcapng", "a.pcapng");
  expect_one_login_of_alice(audit({"-r", path("z.pcapng"), "-r", path("a.pcapng")}));
}

TEST_F(AuditCommand, ADirectoryIsItsRecordings) {
  write_halves("set/mon/z.pcapng", "set/tue/a.pcapng");
  write("set/notes.txt", {'h', 'e', 'l', 'l', 'o'});
  const ProcessResult result = audit({"-r", path("set")});
  expect_one_login_of_alice(result);
  const nlohmann::json said = summary();
  ASSERT_EQ(said["inputs"].size(), 2U) << said;
  EXPECT_EQ(said["inputs"][0]["packets"], 2);
  EXPECT_EQ(said["inputs"][1]["packets"], 2);
  EXPECT_TRUE(said["everything_looked_at"]) << said;
  EXPECT_NE(result.out.find("z.pcapng: 2 packets, 2023-11-14 22:13:20 +0000 to "),
            std::string::npos)
      << result.out;
}

TEST_F(AuditCommand, AFilterAndALimitAreForAllFilesTogether) {
  write_halves("set/a.pcapng", "set/b.pcapng");
  const ProcessResult filtered = audit({"-r", path("set"), "port 9"});
  EXPECT_EQ(filtered.status, 0);
  EXPECT_EQ(summary()["inputs"][1]["packets_filtered"], 2);
  EXPECT_EQ(summary()["filter"], "port 9");
  const ProcessResult limited = audit({"-r", path("set"), "-c", "3"});
  EXPECT_EQ(limited.status, kFindings);
  EXPECT_EQ(summary()["packets"], 3);
  EXPECT_FALSE(summary()["inputs"][1]["read_to_end"]);
}

TEST_F(AuditCommand, ACutFileInADirectoryIsNamed) {
  write_halves("set/a.pcapng", "set/b.pcapng");
  PcapngBuilder file = begun_file();
  Login(41000, kStart).syn(file);
  file.bytes.resize(file.bytes.size() - 7);
  write("set/c.pcapng", file.bytes);
  const ProcessResult result = audit({"-r", path("set"), "not port 40000"});
  EXPECT_EQ(result.status, kNotAll) << result.out;
  EXPECT_NE(result.out.find("c.pcapng is cut"), std::string::npos) << result.out;
}

TEST_F(AuditCommand, WhatAFilterCanSayNothingAboutWasNotLookedAt) {
  PcapngBuilder file = begun_file();
  file.nanosecond_interface(227);  // CAN
  Login login(40000, kStart);
  login.syn(file);
  login.say(file, "USER alice\r\n");
  file.packet(1, kStart, std::vector<std::uint8_t>(16), 16);
  write("mixed.pcapng", file.bytes);
  const ProcessResult result = audit({"-r", path("mixed.pcapng"), "tcp port 110"});
  EXPECT_EQ(result.status, kNotAll) << result.out;
  EXPECT_EQ(summary()["left_out"][0]["what"], "filter-without-meaning") << summary();
  EXPECT_NE(result.out.find("the filter could say nothing about 1 packet"), std::string::npos)
      << result.out;
}

TEST_F(AuditCommand, WhatStandsForNothingIsRefused) {
  const ProcessResult result = audit({"-r", path("no-such.pcapng")});
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("no-such.pcapng"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace capstan::test
