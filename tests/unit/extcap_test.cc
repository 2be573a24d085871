// The parts of `capstan extcap` that need no Wireshark: its command line, sentences and messages.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "engine/core/errors.h"
#include "tests/support/temp_dir.h"
#include "tools/extcap/control_pipe.h"
#include "tools/extcap/extcap_cli.h"
#include "tools/extcap/extcap_sentences.h"
#include "tools/extcap/kept_stderr.h"

namespace capstan::tools {
namespace {

ExtcapCommandLine parse(std::vector<std::string> words) {
  words.insert(words.begin(), "extcap");
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  const auto line = parse_extcap_command_line(static_cast<int>(pointers.size()), pointers.data());
  if (!line) throw std::runtime_error("help was printed");
  return *line;
}

TEST(ExtcapCommandLine, CallsOfWireshark4) {
  EXPECT_EQ(parse({"--extcap-interfaces", "--extcap-version=4.0"}).wish, ExtcapWish::kInterfaces);
  EXPECT_EQ(parse({"--extcap-dlts", "--extcap-interface", "capstan-lo"}).wish, ExtcapWish::kDlts);
  EXPECT_EQ(parse({"--extcap-config", "--extcap-interface", "capstan-lo"}).wish,
            ExtcapWish::kConfig);
  EXPECT_EQ(parse({"--extcap-interface", "capstan-lo", "--extcap-capture-filter", ""}).wish,
            ExtcapWish::kCheckFilter);
  EXPECT_EQ(
      parse({"--extcap-config", "--extcap-interface", "x", "--extcap-reload-option", "since"}).wish,
      ExtcapWish::kReloadOption);
  const ExtcapCommandLine capture =
      parse({"--capture", "--extcap-capture-filter", "udp port 5", "--extcap-interface",
             "capstan.recordings", "--fifo", "/tmp/f", "--extcap-control-in", "/tmp/in",
             "--extcap-control-out", "/tmp/out", "--since", "", "--inner"});
  EXPECT_EQ(capture.wish, ExtcapWish::kCapture);
  EXPECT_EQ(capture.fifo, "/tmp/f");
  EXPECT_EQ(capture.filter, "udp port 5");
  EXPECT_EQ(capture.since, "");
  EXPECT_TRUE(capture.inner);
}

TEST(ExtcapCommandLine, NonsenseIsRefused) {
  const std::vector<std::vector<std::string>> nonsense = {
      {},
      {"--extcap-version=4.0"},
      {"--capture"},
      {"--capture", "--extcap-interface", "capstan-lo"},
      {"--capture", "--extcap-dlts", "--extcap-interface", "capstan-lo", "--fifo", "f"},
      {"--extcap-dlts"},
      {"--extcap-config", "--extcap-config-too"},
      {"--fifo", "f"},
      {"--capture", "--extcap-interface", "capstan-lo", "--fifo", "f", "--fifo", "g"},
      {"--extcap-interface", "capstan-lo", "words", "more"},
  };
  for (const auto& words : nonsense) EXPECT_THROW(parse(words), UsageError);
}

TEST(ExtcapCommandLine, WhatIsWiresharksCall) {
  EXPECT_TRUE(is_extcap_call("--extcap-interfaces"));
  EXPECT_TRUE(is_extcap_call("--capture"));
  EXPECT_FALSE(is_extcap_call("--help"));
  EXPECT_FALSE(is_extcap_call("extcap"));
  EXPECT_FALSE(is_extcap_call("record"));
}

TEST(ExtcapSentences, EveryLineIsASentence) {
  const std::string all = interfaces_text() + dlts_text("capstan.recordings") +
                          config_text("capstan.recordings") + config_text("capstan-eth0");
  std::size_t at = 0;
  while (at < all.size()) {
    const std::string line = all.substr(at, all.find('\n', at) - at);
    at += line.size() + 1;
    const std::string kind = line.substr(0, line.find(' '));
    EXPECT_TRUE(kind == "extcap" || kind == "interface" || kind == "control" || kind == "dlt" ||
                kind == "arg")
        << line;
    // {key=value} without a break, no brace inside.
    std::size_t open = line.find('{');
    while (open != std::string::npos) {
      const std::size_t close = line.find('}', open);
      ASSERT_NE(close, std::string::npos) << line;
      const std::string pair = line.substr(open + 1, close - open - 1);
      EXPECT_NE(pair.find('='), std::string::npos) << line;
      EXPECT_EQ(pair.find('{'), std::string::npos) << line;
      EXPECT_TRUE(close + 1 == line.size() || line[close + 1] == '{') << line;
      open = line.find('{', close);
    }
  }
  EXPECT_NE(all.find("interface {value=capstan-lo}"), std::string::npos) << all;
}

TEST(ExtcapSentences, NamesOfOthersAreRefused) {
  EXPECT_EQ(link_of("capstan-eth0"), "eth0");
  EXPECT_EQ(link_of("capstan.recordings"), "");
  for (const char* name : {"", "eth0", "capstan-", "sshdump", "capstan.others"}) {
    EXPECT_THROW(link_of(name), UsageError) << name;
  }
}

TEST(ExtcapSentences, FiltersAreChecked) {
  EXPECT_EQ(filter_complaint("capstan.recordings", ""), "");
  EXPECT_EQ(filter_complaint("capstan.recordings", "tcp port 110 and not host 192.0.2.1"), "");
  EXPECT_NE(filter_complaint("capstan.recordings", "tcp prt 110"), "");
  EXPECT_NE(filter_complaint("capstan-lo", "tcp prt 110"), "");
  EXPECT_EQ(filter_complaint("capstan-lo", "tcp port 110"), "");
  EXPECT_NE(filter_complaint("capstan-nothere0", "tcp"), "");
}

// Wireshark's doc/extcap.adoc: 'T', 3 bytes of length, control, command, payload.
TEST(ControlPipe, MessagesAsWiresharkReadsThem) {
  const std::string message = control_message(0, ControlCommand::kStatusLine, "abc");
  EXPECT_EQ(message, std::string("T\0\0\5\0\6abc", 9));
  const std::string long_one = control_message(3, ControlCommand::kAdd, std::string(300, 'x'));
  EXPECT_EQ(long_one.substr(0, 6), std::string("T\0\1\x2e\3\2", 6));
}

TEST(ControlPipe, AToolbarThatDoesNotReadMissesWholeMessages) {
  const test::TempDir directory;
  const std::string in = directory.path() / "in";
  const std::string out = directory.path() / "out";
  ASSERT_EQ(::mkfifo(in.c_str(), 0600), 0);
  ASSERT_EQ(::mkfifo(out.c_str(), 0600), 0);
  ControlPipe control(in, out);
  const UniqueFd reader(::open(out.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  ASSERT_GE(reader.get(), 0);
  for (int i = 0; i < 200; ++i) control.log(std::string(1000, 'x'));  // more than a pipe holds
  std::string got;
  char bytes[4096];
  ssize_t count = 0;
  while ((count = ::read(reader.get(), bytes, sizeof(bytes))) > 0) {
    got.append(bytes, static_cast<std::size_t>(count));
  }
  ASSERT_GT(got.size(), 0U);
  EXPECT_EQ(got.size() % 1006, 0U);
  EXPECT_LT(got.size() / 1006, 200U);
  control.show_status("again");
  EXPECT_EQ(::read(reader.get(), bytes, sizeof(bytes)), 11);
}

TEST(ControlPipe, FilesAreNoPipes) {
  const test::TempDir directory;
  const std::string file = directory.write("file", {});
  EXPECT_THROW(ControlPipe("", file), UsageError);
  EXPECT_THROW(ControlPipe("", directory.path() / "none"), UsageError);
  EXPECT_FALSE(std::filesystem::exists(directory.path() / "none"));
}

TEST(KeptStderr, IsGivenOutOnlyWhenLetGo) {
  const test::TempDir directory;
  const std::string file = directory.write("err", {});
  const UniqueFd before(::dup(STDERR_FILENO));
  const UniqueFd target(::open(file.c_str(), O_RDWR | O_CLOEXEC | O_APPEND));
  ASSERT_EQ(::dup2(target.get(), STDERR_FILENO), STDERR_FILENO);
  {
    KeptStderr kept;
    EXPECT_EQ(::write(STDERR_FILENO, "one\n", 4), 4);
    EXPECT_EQ(kept.take_new(), "one\n");
    EXPECT_EQ(kept.take_new(), "");
    EXPECT_EQ(::write(STDERR_FILENO, "two\n", 4), 4);
    EXPECT_EQ(std::filesystem::file_size(file), 0U);
    kept.let_go();
    EXPECT_EQ(kept.take_new(), "two\n");
  }
  EXPECT_EQ(::write(STDERR_FILENO, "three\n", 6), 6);
  ASSERT_EQ(::dup2(before.get(), STDERR_FILENO), STDERR_FILENO);
  EXPECT_EQ(std::filesystem::file_size(file), 14U);
}

}  // namespace
}  // namespace capstan::tools
