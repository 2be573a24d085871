// `capstan extcap` as Wireshark calls it: by tshark, and by hand where a moment has to be met.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/record_run.h"
#include "tests/support/sandbox.h"
#include "tests/support/wire.h"

namespace capstan::test {
namespace {

constexpr std::uint32_t kMarker = 1'000'000;  // the number of frames that only look whether it runs

class Extcap : public Sandbox {
 protected:
  // Wireshark's folder of capture programs, with ours alone in it. As root it heeds no variable.
  void SetUp() override {
    Sandbox::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    const ProcessResult folders = run({"tshark", "-G", "folders"});
    const std::size_t at = folders.out.find("Extcap path:");
    ASSERT_NE(at, std::string::npos) << folders.out << folders.err;
    const std::size_t begin = folders.out.find('/', at);
    const std::string folder = folders.out.substr(begin, folders.out.find('\n', begin) - begin);
    shell("mkdir -p '" + folder + "' && mount -t tmpfs extcap '" + folder + "' && ln -s '" +
          capstan_binary() + "' '" + folder + "/capstan'");
  }

  std::vector<std::string> tshark(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"env", "HOME=" + directory(), "tshark"});
    return arguments;
  }
  static std::vector<std::string> extcap(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), capstan_binary());
    return arguments;
  }
  std::vector<std::string> capture(const std::string& fifo,
                                   std::vector<std::string> more = {}) const {
    std::vector<std::string> all = extcap(
        {"--capture", "--extcap-interface", "capstan-v1", "--fifo", fifo, "--buffer-size", "8"});
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  std::string make_fifo(const std::string& name) const {
    const std::string path = file(name);
    EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
    return path;
  }
  static void send(std::uint16_t port, std::uint32_t first, std::uint32_t count) {
    const FrameSender sender("v0");
    for (std::uint32_t i = 0; i < count; ++i) sender.send(make_udp_frame(port, first + i));
  }
  // Numbers of the packets to `port` in a file that may still grow, without markers.
  static std::vector<std::uint32_t> numbers(const std::string& path, std::uint16_t port) {
    std::vector<std::uint32_t> found;
    if (!std::filesystem::exists(path)) return found;
    for (const RecordedPacket& packet : read_recording(path).packets) {
      if (port_of(packet.bytes) == port && number_of(packet.bytes) != kMarker) {
        found.push_back(number_of(packet.bytes));
      }
    }
    return found;
  }
  // Sends markers until one has come through: what is sent from now on is taken.
  static bool wait_through(const std::string& path, std::uint16_t port) {
    return wait_until([&] {
      send(port, kMarker, 1);
      return std::filesystem::exists(path) && !read_recording(path).packets.empty();
    });
  }
  static std::vector<std::uint32_t> counting(std::uint32_t count) {
    std::vector<std::uint32_t> all(count);
    for (std::uint32_t i = 0; i < count; ++i) all[i] = i;
    return all;
  }
  // A capture by hand, whose reader copies to a file.
  struct ByHand {
    std::string fifo;
    std::string target;
    std::unique_ptr<Process> reader;
    std::unique_ptr<Process> program;
  };
  ByHand by_hand(const std::string& name, std::vector<std::string> more = {}) const {
    ByHand hand;
    hand.fifo = make_fifo(name);
    hand.target = file(name + ".pcapng");
    const UniqueFd out(::open(hand.target.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    ProcessOptions to_file;
    to_file.stdout_fd = out.get();
    hand.reader = std::make_unique<Process>(std::vector<std::string>{"cat", hand.fifo}, to_file);
    hand.program = std::make_unique<Process>(capture(hand.fifo, std::move(more)));
    return hand;
  }
};

TEST_F(Extcap, TsharkListsLinksAndRecordings) {
  const ProcessResult list = run(tshark({"-D"}));
  EXPECT_EQ(list.status, 0) << list.err;
  for (const char* line : {" capstan-lo (Capstan: lo)\n", " capstan-v1 (Capstan: v1)\n",
                           " capstan-any (Capstan: all interfaces)\n",
                           " capstan.recordings (Capstan: recordings on this machine)\n"}) {
    EXPECT_NE(list.out.find(line), std::string::npos) << list.out;
  }
  const ProcessResult types = run(tshark({"-i", "capstan-v1", "-L"}));
  EXPECT_EQ(types.status, 0) << types.err;
  EXPECT_NE((types.out + types.err).find("EN10MB (Ethernet)"), std::string::npos) << types.out;
}

TEST_F(Extcap, TsharkCapturesALinkWithAFilterAndStopsWithoutAWord) {
  const std::string target = file("live.pcapng");
  Process shark(tshark({"-i", "capstan-v1", "-f", "udp port 5000", "-w", target}));
  ASSERT_TRUE(wait_through(target, 5000)) << shark.err();
  for (std::uint32_t i = 0; i < 300; ++i) {
    send(5000, i, 1);
    send(5001, i, 1);
  }
  ASSERT_TRUE(wait_until([&] { return numbers(target, 5000).size() >= 300; })) << shark.err();
  shark.signal(SIGINT);
  EXPECT_EQ(shark.wait(), 0) << shark.err();
  EXPECT_EQ(numbers(target, 5000), counting(300));
  EXPECT_TRUE(numbers(target, 5001).empty());
  // What tshark says of a capture program is "Error by extcap pipe: ...".
  for (const char* word : {"rror", "capstan extcap", "arning"}) {
    EXPECT_EQ(shark.err().find(word), std::string::npos) << shark.err();
  }
}

TEST_F(Extcap, TsharkEndsItselfAfterItsCount) {
  Process shark(tshark({"-i", "capstan-v1", "-c", "5", "-w", file("five.pcapng")}));
  EXPECT_TRUE(wait_until([&] {
    send(5000, kMarker, 1);
    return !shark.is_running();
  })) << shark.err();
  EXPECT_EQ(shark.wait(), 0) << shark.err();
  EXPECT_EQ(read_recording(file("five.pcapng")).packets.size(), 5U);
  EXPECT_EQ(shark.err().find("rror"), std::string::npos) << shark.err();
}

TEST_F(Extcap, TsharkTellsWhatIsWrongWithAFilter) {
  const ProcessResult result = run(tshark({"-i", "capstan-v1", "-f", "udp prt 5000", "-c", "1"}));
  EXPECT_NE(result.status, 0);
  EXPECT_NE(result.err.find("can't parse filter expression"), std::string::npos) << result.err;
}

TEST_F(Extcap, TsharkReadsARecordingDirectory) {
  const std::string recordings = file("captures");
  std::filesystem::create_directory(recordings);
  RecordRun record({"-i", "v1", "-B", "16", "-w", recordings + "/r.pcapng"});
  ASSERT_TRUE(record.wait_started()) << record.err();
  send(5000, 0, 500);
  send(5001, 0, 500);
  ASSERT_TRUE(record.wait_received(1000));
  ASSERT_EQ(record.stop(), 0) << record.err();
  const std::string target = file("asked.pcapng");
  const ProcessResult shark = run(
      tshark({"-i", "capstan.recordings", "-o", "extcap.capstan_recordings.directory:" + recordings,
              "-f", "udp port 5000", "-w", target}));
  EXPECT_EQ(shark.status, 0) << shark.err;
  EXPECT_EQ(shark.err.find("rror"), std::string::npos) << shark.err;
  EXPECT_EQ(numbers(target, 5000), counting(500));
  EXPECT_TRUE(numbers(target, 5001).empty());
  // A directory that is none is an error, which tshark shows.
  const ProcessResult none =
      run(tshark({"-i", "capstan.recordings", "-o",
                  "extcap.capstan_recordings.directory:" + file("none"), "-w", file("n.pcapng")}));
  EXPECT_NE(none.err.find(file("none")), std::string::npos) << none.err;
}

TEST_F(Extcap, ASignalEndsItWithoutAWord) {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    ByHand hand = by_hand("fifo" + std::to_string(signal));
    ASSERT_TRUE(wait_through(hand.target, 5000)) << hand.program->err();
    hand.program->signal(signal);
    EXPECT_EQ(hand.program->wait(), 0);
    EXPECT_EQ(hand.program->err(), "");
    EXPECT_EQ(hand.reader->wait(), 0);
  }
}

TEST_F(Extcap, AReaderThatGoesEndsItOnASilentLinkToo) {
  for (const bool traffic : {false, true}) {
    ByHand hand = by_hand(traffic ? "busy" : "silent");
    ASSERT_TRUE(wait_through(hand.target, 5000)) << hand.program->err();
    hand.reader->signal(SIGKILL);
    hand.reader->wait();
    EXPECT_TRUE(wait_until([&] {
      if (traffic) send(5000, 0, 10);
      return !hand.program->is_running();
    }));
    EXPECT_EQ(hand.program->wait(), 0);
    EXPECT_EQ(hand.program->err(), "");
  }
}

TEST_F(Extcap, APipeThatVanishesEndsIt) {
  const std::string fifo = make_fifo("fifo");
  for (const char* interface : {"capstan-v1", "capstan.recordings"}) {
    if (!std::filesystem::exists(fifo)) {
      ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    }
    Process program(extcap({"--capture", "--extcap-interface", interface, "--fifo", fifo,
                            "--directory", directory()}));
    // It waits for a reader: its looks show as the time the pipe was last asked for.
    ASSERT_TRUE(wait_until([&] {
      std::ifstream status("/proc/" + std::to_string(program.pid()) + "/syscall");
      std::string line;
      std::getline(status, line);
      return line.starts_with("230 ");  // clock_nanosleep
    }));
    ::unlink(fifo.c_str());
    EXPECT_EQ(program.wait(), 0);
    EXPECT_EQ(program.err(), "");
  }
  Process waits(
      extcap({"--capture", "--extcap-interface", "capstan-v1", "--fifo", make_fifo("never-read")}));
  ASSERT_TRUE(wait_until([&] {
    std::ifstream status("/proc/" + std::to_string(waits.pid()) + "/syscall");
    std::string line;
    std::getline(status, line);
    return line.starts_with("230 ");
  }));
  waits.signal(SIGTERM);
  EXPECT_EQ(waits.wait(), 0);
  EXPECT_EQ(waits.err(), "");
}

TEST_F(Extcap, WhatIsNoPipeIsRefusedAndLeft) {
  const std::string plain = file("plain");
  std::ofstream(plain) << "keep me";
  const ProcessResult on_plain = run(capture(plain));
  EXPECT_EQ(on_plain.status, 2);
  EXPECT_NE(on_plain.err.find("is no named pipe"), std::string::npos) << on_plain.err;
  EXPECT_EQ(std::filesystem::file_size(plain), 7U);
  const ProcessResult on_none = run(capture(file("none")));
  EXPECT_EQ(on_none.status, 2);
  EXPECT_FALSE(std::filesystem::exists(file("none")));
  const ProcessResult unknown = run(
      extcap({"--capture", "--extcap-interface", "capstan-none0", "--fifo", make_fifo("fifo")}));
  EXPECT_EQ(unknown.status, 2) << unknown.err;
}

TEST_F(Extcap, TwoAtOnceAndOneAfterAKill) {
  ByHand one = by_hand("one");
  ByHand two = by_hand("two");
  ASSERT_TRUE(wait_through(one.target, 5000)) << one.program->err();
  ASSERT_TRUE(wait_through(two.target, 5000)) << two.program->err();
  send(5000, 0, 200);
  for (ByHand* hand : {&one, &two}) {
    EXPECT_TRUE(wait_until([&] { return numbers(hand->target, 5000).size() >= 200; }));
    EXPECT_EQ(numbers(hand->target, 5000), counting(200));
  }
  one.program->signal(SIGKILL);
  one.program->wait();
  EXPECT_EQ(one.reader->wait(), 0);
  ByHand three = by_hand("three");
  ASSERT_TRUE(wait_through(three.target, 5000)) << three.program->err();
  for (ByHand* hand : {&two, &three}) {
    hand->program->signal(SIGTERM);
    EXPECT_EQ(hand->program->wait(), 0);
    EXPECT_EQ(hand->program->err(), "");
  }
}

// What Wireshark's window shows: packets and losses, of a ring that overflows behind a stuck
// reader.
TEST_F(Extcap, TheStatusLineCountsPacketsAndLosses) {
  const std::string out = make_fifo("control-out");
  const std::string in = make_fifo("control-in");
  const UniqueFd reader(::open(out.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  std::string messages;
  const auto shown = [&](const std::string& text) {
    char bytes[65536];
    ssize_t got = 0;
    while ((got = ::read(reader.get(), bytes, sizeof(bytes))) > 0) {
      messages.append(bytes, static_cast<std::size_t>(got));
    }
    return messages.find(text) != std::string::npos;
  };
  ByHand hand = by_hand("fifo", {"--extcap-control-in", in, "--extcap-control-out", out});
  ASSERT_TRUE(wait_through(hand.target, 5000)) << hand.program->err();
  EXPECT_TRUE(wait_until([&] { return shown(" packets, 0 lost so far"); })) << messages;
  hand.reader->signal(SIGSTOP);
  EXPECT_TRUE(wait_until([&] {
    send(5000, 0, 2000);
    shown("");
    const std::size_t at = messages.rfind(" lost so far");
    return at != std::string::npos && messages[at - 1] != '0';
  })) << messages;
  hand.reader->signal(SIGCONT);
  hand.program->signal(SIGTERM);
  EXPECT_EQ(hand.program->wait(), 0);
  EXPECT_EQ(hand.program->err(), "");
  EXPECT_TRUE(shown("dropped by the kernel")) << messages;  // the recorder's own words, in the log
}

}  // namespace
}  // namespace capstan::test
