// `capstan show -i -w`: the recording engine writes the file, and --print prints what the output
// takes, at no cost to the recording.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "engine/core/errors.h"
#include "tests/support/process.h"
#include "tests/support/record_run.h"
#include "tests/support/sandbox.h"
#include "tests/support/wire.h"

namespace capstan::test {
namespace {

constexpr std::uint32_t kBurst = 1000;
constexpr unsigned kPauseUs = 10'000;  // a ring of 16 MiB then takes what comes in 160 ms
constexpr std::uint16_t kPort = 5000;

// What `show` says at its end.
struct Summary {
  std::uint64_t captured = 0;
  std::uint64_t received = 0;
  std::uint64_t dropped = 0;
  std::uint64_t printed = 0;
  std::uint64_t not_printed = 0;
  std::uint64_t skipped_blocks = 0;
};

// The number in front of `words`; 0 when they are not there.
std::uint64_t number_before(const std::string& text, const std::string& words) {
  const std::size_t at = text.find(words);
  if (at == std::string::npos) return 0;
  std::size_t begin = at;
  while (begin > 0 && std::isdigit(static_cast<unsigned char>(text[begin - 1])) != 0) --begin;
  return begin == at ? 0 : std::stoull(text.substr(begin, at - begin));
}

Summary summary_of(const std::string& err) {
  return {number_before(err, " packets captured"), number_before(err, " packets received"),
          number_before(err, " packets dropped"),  number_before(err, " packets printed"),
          number_before(err, " not: the output"),  number_before(err, " blocks skipped")};
}

class ShowRecord : public Sandbox {
 protected:
  static std::vector<std::string> show(std::vector<std::string> words) {
    words.insert(words.begin(), {capstan_binary(), "show", "-nn", "-t"});
    return words;
  }
  // Said when it captures: what is sent from then on is in it.
  static bool wait_listening(const Process& process) {
    return wait_until([&] { return process.err().find("listening on") != std::string::npos; });
  }
  // Numbered frames, in bursts so that a small ring is enough. The destination address ends in the
  // number (make_udp_frame), so that lines tell it.
  static void send(std::uint32_t first, std::uint32_t count, const std::string& from = "v0") {
    const FrameSender sender(from);
    for (std::uint32_t number = first; number < first + count; ++number) {
      sender.send(make_udp_frame(kPort, number, 1000));
      if (number % kBurst == kBurst - 1) ::usleep(kPauseUs);
    }
  }
  static int number_of_line(const std::string& line) {
    int high = -1;
    int low = -1;
    EXPECT_EQ(std::sscanf(line.c_str(), "IP 198.18.0.0.40000 > 198.19.%d.%d.", &high, &low), 2)
        << line;
    return high * 256 + low;
  }
  static std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::size_t at = 0;
    for (std::size_t end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
      lines.push_back(text.substr(at, end - at));
    }
    return lines;
  }
  static void expect_all_recorded(const std::string& target, std::uint32_t count) {
    const ReadRecording recording = read_recording(target);
    EXPECT_EQ(recording.complaint, "");
    ASSERT_EQ(recording.packets.size(), count);
    for (std::uint32_t i = 0; i < count; ++i) ASSERT_EQ(number_of(recording.packets[i].bytes), i);
  }
};

struct Pipe {
  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw_errno("pipe");
    read = UniqueFd(ends[0]);
    write = UniqueFd(ends[1]);
  }
  UniqueFd read;
  UniqueFd write;
};

TEST_F(ShowRecord, PrintsEverythingWhenTheOutputKeepsUp) {
  const std::string target = file("all.pcap");
  Process process(show({"-i", "v1", "-w", target, "--print", "-c", "3000"}));
  ASSERT_TRUE(wait_listening(process)) << process.err();
  send(0, 3000);
  ASSERT_EQ(process.wait(), 0) << process.err();
  const Summary said = summary_of(process.err());
  EXPECT_EQ(said.captured, 3000U) << process.err();
  EXPECT_EQ(said.printed, 3000U);
  EXPECT_EQ(said.not_printed, 0U);
  EXPECT_EQ(run({"tcpdump", "-nn", "-t", "-r", target}).out, process.out());
  expect_all_recorded(target, 3000);
}

// Nobody reads the lines while 60 MB pass a ring of 16 MiB: the recording has every packet. Then
// somebody does: what was printed is whole, in order, and with what was skipped it is everything.
TEST_F(ShowRecord, AFullPipeCostsTheRecordingNothing) {
  constexpr std::uint32_t kFrames = 60'000;
  const std::string target = file("stuck.pcap");
  // The ring holds all of them, also where the writer has no turn meanwhile.
  Pipe pipe;
  ProcessOptions options;
  options.stdout_fd = pipe.write.get();
  Process process(show({"-i", "v1", "-B", "131072", "-w", target, "--print", "udp"}), options);
  ASSERT_TRUE(wait_listening(process)) << process.err();
  send(0, kFrames);
  pipe.write.reset();
  std::string text;
  std::thread reader([&] {
    char buffer[65536];
    ssize_t count = 0;
    while ((count = ::read(pipe.read.get(), buffer, sizeof(buffer))) > 0) {
      text.append(buffer, static_cast<std::size_t>(count));
    }
  });
  process.signal(SIGINT);
  EXPECT_EQ(process.wait(), 0) << process.err();
  reader.join();
  const Summary said = summary_of(process.err());
  EXPECT_EQ(said.captured, kFrames) << process.err();
  EXPECT_EQ(said.received, kFrames);
  EXPECT_EQ(said.dropped, 0U);
  EXPECT_GT(said.skipped_blocks, 0U);
  EXPECT_EQ(said.printed + said.not_printed, kFrames);
  expect_all_recorded(target, kFrames);
  const std::vector<std::string> lines = lines_of(text);
  EXPECT_EQ(lines.size(), said.printed);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    ASSERT_LT(number_of_line(lines[i - 1]), number_of_line(lines[i])) << "line " << i;
  }
}

// The reader never comes: the file is finished all the same, and the program ends.
TEST_F(ShowRecord, EndsAlthoughNobodyEverReads) {
  constexpr std::uint32_t kFrames = 40'000;
  const std::string target = file("alone.pcap");
  const Pipe pipe;
  ProcessOptions options;
  options.stdout_fd = pipe.write.get();
  Process process(show({"-i", "v1", "-B", "131072", "-w", target, "--print"}), options);
  ASSERT_TRUE(wait_listening(process)) << process.err();
  send(0, kFrames);
  process.signal(SIGINT);
  EXPECT_EQ(process.wait(), 0) << process.err();
  const Summary said = summary_of(process.err());
  EXPECT_EQ(said.captured, kFrames) << process.err();
  EXPECT_EQ(said.dropped, 0U);
  EXPECT_GT(said.not_printed, 0U);
  EXPECT_EQ(said.printed + said.not_printed, kFrames);
  expect_all_recorded(target, kFrames);
}

TEST_F(ShowRecord, DirectionAndNanosecondsReachTheFile) {
  const std::string target = file("inbound.pcap");
  Process process(show({"-i", "v1", "-Q", "in", "--nano", "-w", target}));
  ASSERT_TRUE(wait_listening(process)) << process.err();
  send(0, 500, "v1");
  send(0, 500, "v0");
  process.signal(SIGINT);
  EXPECT_EQ(process.wait(), 0) << process.err();
  EXPECT_EQ(process.out(), "");
  EXPECT_EQ(summary_of(process.err()).captured, 500U) << process.err();
  expect_all_recorded(target, 500);
  EXPECT_NE(run({"capinfos", "-t", target}).out.find("nanosecond"), std::string::npos);
}

}  // namespace
}  // namespace capstan::test
