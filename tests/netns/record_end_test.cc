// How a recording ends: by signals, by kill -9 and repair, by what happens to the link. What was
// recorded stays valid.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>

#include "engine/core/unique_fd.h"
#include "tests/support/record_run.h"
#include "tests/support/sandbox.h"
#include "tests/support/wire.h"

namespace capstan::test {
namespace {

// Sooner, a second signal is the first one again.
constexpr useconds_t kImpatienceUs = 1'100'000;

class RecordEnd : public Sandbox {
 protected:
  static void send_numbers(std::uint32_t from, std::uint32_t to, std::size_t size = 100,
                           const std::string& interface = "v0") {
    const FrameSender sender(interface);
    for (std::uint32_t number = from; number < to; ++number) {
      sender.send(make_udp_frame(5000, number, size));
    }
  }

  // A link that came up takes a moment until it sends.
  static void wait_for_carrier(const std::string& interface) {
    EXPECT_TRUE(wait_until([&interface] {
      std::ifstream state("/sys/class/net/" + interface + "/operstate");
      std::string text;
      return state >> text && text == "up";
    }));
  }

  // The packets are numbers 0 to count - 1 in order. Returns libpcap's complaint.
  static std::string expect_prefix(const std::string& path, std::uint32_t at_least,
                                   std::uint32_t at_most) {
    const ReadRecording recording = read_recording(path);
    EXPECT_GE(recording.packets.size(), at_least);
    EXPECT_LE(recording.packets.size(), at_most);
    for (std::uint32_t i = 0; i < recording.packets.size(); ++i) {
      const std::uint32_t number = number_of(recording.packets[i].bytes);
      if (number != i) {
        ADD_FAILURE() << "packet " << i << " has number " << number;
        break;
      }
    }
    return recording.complaint;
  }
};

// The retire timeout is long, so the block is handed over because of the stop or not at all.
TEST_F(RecordEnd, SignalsDrainThePartFilledBlock) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    for (const char* layout : {"in-place", "packed"}) {
      SCOPED_TRACE(std::string(layout) + " signal " + std::to_string(signal));
      const std::string target = file(layout);
      RecordRun record(
          {"-i", "v1", "-B", "8", "--retire-ms", "700", "--layout", layout, "-w", target});
      ASSERT_TRUE(record.wait_started()) << record.err();
      send_numbers(0, 37);
      ASSERT_TRUE(record.wait_received(37));
      EXPECT_EQ(record.stop(signal), 0) << record.err();
      expect_reconciled(record.statistics());
      EXPECT_EQ(expect_prefix(target, 37, 37), "");
      EXPECT_FALSE(std::filesystem::exists(file(std::string(".") + layout + ".part")));
    }
  }
}

TEST_F(RecordEnd, ALongRetireTimeoutLosesNothingAtTheEnd) {
  const std::string target = file("late.pcapng");
  RecordRun record({"-i", "v1", "-B", "8", "--retire-ms", "6000", "-w", target});
  ASSERT_TRUE(record.wait_started()) << record.err();
  send_numbers(0, 5);
  ASSERT_TRUE(record.wait_received(5));
  EXPECT_EQ(record.stop(), 0) << record.err();
  expect_reconciled(record.statistics());
  EXPECT_EQ(record.statistics().number("/packets_written"), 5U) << record.statistics().all();
  EXPECT_EQ(expect_prefix(target, 5, 5), "");
}

TEST_F(RecordEnd, FanoutGroupsDrainToo) {
  const std::string target = file("rings.pcapng");
  RecordRun record({"-i", "v1", "-B", "8", "--rings", "2", "--fanout", "lb", "--retire-ms", "1000",
                    "--layout", "packed", "-w", target});
  ASSERT_TRUE(record.wait_started()) << record.err();
  send_numbers(0, 50);
  ASSERT_TRUE(record.wait_received(50));
  EXPECT_EQ(record.stop(), 0) << record.err();
  expect_reconciled(record.statistics());
  EXPECT_EQ(expect_prefix(target, 50, 50), "");
}

// The ring holds all that is sent: what is missing would be missing because of the interrupt.
TEST_F(RecordEnd, SecondInterruptLeavesAValidFile) {
  for (const char* layout : {"in-place", "packed", "pcap"}) {
    SCOPED_TRACE(layout);
    const bool is_pcap = std::string(layout) == "pcap";
    const std::string target = file(layout);
    RecordRun record({"-i", "v1", "-B", "64", "--retire-ms", "3000", is_pcap ? "-F" : "--layout",
                      layout, "-w", target});
    ASSERT_TRUE(record.wait_started()) << record.err();
    send_numbers(0, 20'000, 1000);
    ASSERT_TRUE(record.wait_received(20'000));
    record.process().signal(SIGINT);
    ::usleep(kImpatienceUs);
    record.stop(SIGINT);
    EXPECT_EQ(expect_prefix(target, 0, 20'000), "") << record.err();
    expect_reconciled(record.statistics(), LeftBehind::kAfterSecondInterrupt);
  }
}

// timeout(1) and supervisors signal a process and its group; a closing terminal signals a job
// itself and through its shell. The block in the ring is handed over long after the last of them.
TEST_F(RecordEnd, SignalsWithinASecondAreOne) {
  const std::vector<std::vector<int>> bursts = {{SIGTERM, SIGTERM},
                                                {SIGINT, SIGINT, SIGINT},
                                                {SIGHUP, SIGHUP},
                                                {SIGTERM, SIGINT, SIGHUP, SIGTERM}};
  for (const std::vector<int>& burst : bursts) {
    const std::string target = file("burst.pcapng");
    RecordRun record({"-i", "v1", "-B", "8", "--retire-ms", "500", "-w", target});
    ASSERT_TRUE(record.wait_started()) << record.err();
    send_numbers(0, 200);
    ASSERT_TRUE(record.wait_received(200));
    for (const int signal : burst) {
      record.process().signal(signal);
      ::usleep(20'000);  // two of one signal at once are one to the kernel already
    }
    EXPECT_EQ(record.wait(), 0) << record.err();
    expect_reconciled(record.statistics());
    EXPECT_EQ(expect_prefix(target, 200, 200), "");
    std::filesystem::remove(target);
  }
}

// However late and often: only who sits there and presses Ctrl+C again is impatient.
TEST_F(RecordEnd, OnlyInterruptsAreImpatient) {
  const std::string target = file("patient.pcapng");
  RecordRun record({"-i", "v1", "-B", "8", "--retire-ms", "2500", "-w", target});
  ASSERT_TRUE(record.wait_started()) << record.err();
  send_numbers(0, 200);
  ASSERT_TRUE(record.wait_received(200));
  record.process().signal(SIGTERM);
  ::usleep(kImpatienceUs);
  record.process().signal(SIGTERM);
  record.process().signal(SIGHUP);
  EXPECT_EQ(record.wait(), 0) << record.err();
  expect_reconciled(record.statistics());
  EXPECT_EQ(expect_prefix(target, 200, 200), "");
}

TEST_F(RecordEnd, TimeoutLosesNothing) {
  const FrameSender sender("v0");
  for (const char* signal : {"TERM", "INT"}) {
    const std::string target = file("timeout.pcapng");
    Process timed({"timeout", "-s", signal, "1", capstan_binary(), "record", "-i", "v1", "-B", "8",
                   "--retire-ms", "400", "-w", target, "--stats-json", file("stats")});
    for (std::uint32_t number = 0; timed.is_running(); ++number) {
      sender.send(make_udp_frame(5000, number, 100));
      ::usleep(500);
    }
    EXPECT_EQ(timed.wait(), 124) << timed.err();
    std::ifstream in(file("stats"));
    std::string last;
    for (std::string line; std::getline(in, line);) last = line;
    expect_reconciled(Statistics(last));
    std::filesystem::remove(target);
  }
}

// A dropped ssh session, a killed tmux: the terminal hangs up, the recording goes on.
TEST_F(RecordEnd, ATerminalThatGoesAwayEndsNothing) {
  for (const bool in_time : {true, false}) {
    const UniqueFd master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    ASSERT_TRUE(master);
    ASSERT_EQ(::grantpt(master.get()), 0);
    ASSERT_EQ(::unlockpt(master.get()), 0);
    char name[64] = {};
    ASSERT_EQ(::ptsname_r(master.get(), name, sizeof(name)), 0);
    ProcessOptions options;
    options.in_child = [&name] {
      ::setsid();
      ::dup2(::open(name, O_RDWR), STDIN_FILENO);  // the session's terminal from now on
    };
    const std::string target = file("hangup.pcapng");
    RecordRun record({"-i", "v1", "-B", "8", "--retire-ms", "10", "-w", target}, options);
    ASSERT_TRUE(record.wait_started()) << record.err();
    send_numbers(0, 100);
    ASSERT_TRUE(record.wait_written(100));
    if (in_time) {
      // Asked by hand while the terminal is there: the user's wish.
      EXPECT_EQ(record.stop(SIGHUP), 0) << record.err();
    } else {
      ::close(const_cast<UniqueFd&>(master).release());
      ASSERT_TRUE(wait_until([&] {
        return record.err().find("the terminal is gone") != std::string::npos ||
               !record.process().is_running();
      })) << record.err();
      record.process().signal(SIGHUP);  // the shell's, to its jobs
      send_numbers(100, 200);
      ASSERT_TRUE(record.wait_written(200)) << record.err();
      EXPECT_EQ(record.stop(SIGTERM), 0) << record.err();
    }
    expect_reconciled(record.statistics());
    EXPECT_EQ(expect_prefix(target, in_time ? 100 : 200, in_time ? 100 : 200), "");
    std::filesystem::remove(target);
  }
}

// libpcap's compiler takes minutes for such a filter; nothing is there yet that must be put in
// order.
TEST_F(RecordEnd, SignalsEndAStartThatTakesLong) {
  std::string filter;
  for (int host = 0; host < 4000; ++host) {
    filter += (host == 0 ? "host 10." : " or host 10.") + std::to_string(host / 250) + "." +
              std::to_string(host % 250) + ".1";
  }
  const auto cpu_ticks = [](pid_t pid) {
    std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
    std::string word;
    for (int field = 0; field < 14; ++field) in >> word;
    return word.empty() ? 0UL : std::stoul(word);
  };
  const std::vector<std::vector<std::string>> commands = {
      {"record", "-i", "v1", "-w", file("never.pcapng"), filter},
      {"show", "-i", "v1", filter},
      {"audit", "-i", "v1", "-q", filter}};
  for (const std::vector<std::string>& command : commands) {
    for (const int signal : {SIGINT, SIGTERM}) {
      std::vector<std::string> words = {capstan_binary()};
      words.insert(words.end(), command.begin(), command.end());
      Process process(words);
      ASSERT_TRUE(wait_until([&] { return cpu_ticks(process.pid()) >= 20; })) << process.err();
      process.signal(signal);
      EXPECT_EQ(process.wait(), 128 + signal) << command[0];
      EXPECT_FALSE(std::filesystem::exists(file(".never.pcapng.part")));
    }
  }
}

TEST_F(RecordEnd, NohupIsHonoured) {
  const std::string target = file("nohup.pcapng");
  ProcessOptions options;
  options.in_child = [] { ::signal(SIGHUP, SIG_IGN); };
  RecordRun record({"-i", "v1", "-B", "8", "--retire-ms", "10", "-w", target}, options);
  ASSERT_TRUE(record.wait_started()) << record.err();
  record.process().signal(SIGHUP);
  ASSERT_TRUE(wait_until([&] {
    return record.err().find("SIGHUP is ignored") != std::string::npos ||
           !record.process().is_running();
  })) << record.err();
  send_numbers(0, 100);
  ASSERT_TRUE(record.wait_written(100)) << record.err();
  EXPECT_EQ(record.stop(SIGTERM), 0) << record.err();
  expect_reconciled(record.statistics());
  EXPECT_EQ(expect_prefix(target, 100, 100), "");
}

TEST_F(RecordEnd, SecondInterruptLeavesABlockedReader) {
  const std::string fifo = file("fifo");
  const std::string target = file("part.pcapng");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const UniqueFd out(::open(target.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  ProcessOptions to_file;
  to_file.stdout_fd = out.get();
  Process reader({"cat", fifo}, to_file);
  RecordRun record({"-i", "v1", "-B", "4", "-w", fifo});
  ASSERT_TRUE(record.wait_started()) << record.err();
  reader.signal(SIGSTOP);
  send_numbers(0, 3000, 1000);
  ASSERT_TRUE(record.wait_received(3000));
  record.process().signal(SIGINT);
  ::usleep(kImpatienceUs);
  EXPECT_TRUE(record.process().is_running());  // it waits for its reader
  record.process().signal(SIGINT);
  const int status = record.wait();
  EXPECT_LT(status, 128) << "killed: it would not leave";
  expect_reconciled(record.statistics(), LeftBehind::kAfterSecondInterrupt);
  EXPECT_EQ(record.err().find("bug"), std::string::npos) << record.err();
  reader.signal(SIGCONT);
  reader.wait();
  // A pipe takes what it takes: the last packet may be cut, none in front of it.
  const std::string complaint = expect_prefix(target, 1, 3000);
  EXPECT_TRUE(complaint.empty() || complaint.find("truncated") != std::string::npos) << complaint;
}

// Nobody has opened the FIFO for reading yet: that is waited for, and an interrupt ends the wait.
TEST_F(RecordEnd, InterruptWhileAFifoHasNoReader) {
  const std::string fifo = file("fifo");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  Process record({capstan_binary(), "record", "-i", "v1", "-B", "4", "-w", fifo});
  // Inside: when its socket is there.
  ASSERT_TRUE(wait_until([&] {
    return run({"sh", "-c", "grep -q . /proc/" + std::to_string(record.pid()) + "/task/*/comm"})
                   .status == 0 &&
           run({"sh", "-c", "cat /proc/" + std::to_string(record.pid()) + "/task/*/comm"})
                   .out.find("writer-0") != std::string::npos;
  }));
  record.signal(SIGINT);
  EXPECT_LT(record.wait(), 128) << "it had to be killed";
}

// Traffic first, reader later: what was received meanwhile is kept in the ring or counted.
TEST_F(RecordEnd, KilledAtAnyMomentIsRepairedToAPrefix) {
  const unsigned seed = std::random_device{}();
  std::printf("seed %u\n", seed);
  std::mt19937 random(seed);
  std::uniform_int_distribution<unsigned> delays(0, 900'000);
  const std::vector<std::vector<std::string>> variants = {
      {"--layout", "in-place"}, {"--layout", "packed"}, {}, {"-F", "pcap"}};
  std::size_t kept_in_all = 0;
  for (std::size_t attempt = 0; attempt < 20; ++attempt) {
    const unsigned delay_us = delays(random);
    SCOPED_TRACE("seed " + std::to_string(seed) + ", attempt " + std::to_string(attempt) + ", " +
                 std::to_string(delay_us) + " us");
    const std::string target = file("killed" + std::to_string(attempt));
    const std::string part = file(".killed" + std::to_string(attempt) + ".part");
    std::vector<std::string> options = {"-i",  "v1",          "-B", "16", "--block-size",
                                        "64K", "--retire-ms", "5",  "-w", target};
    const std::vector<std::string>& variant = variants[attempt % variants.size()];
    options.insert(options.end(), variant.begin(), variant.end());
    RecordRun record(options);
    ASSERT_TRUE(record.wait_started()) << record.err();
    Process traffic({capstan_binary(), "blast", "-i", "v0", "--engine", "ring", "-s", "60-400",
                     "--pps", "30k", "-d", "20"});
    ::usleep(delay_us);
    EXPECT_EQ(record.stop(SIGKILL), 128 + SIGKILL);
    ASSERT_TRUE(std::filesystem::exists(part));
    ASSERT_FALSE(std::filesystem::exists(target));
    const ProcessResult repair = run_capstan({"repair", part});
    ASSERT_EQ(repair.status, 0) << repair.out << repair.err;
    ASSERT_TRUE(std::filesystem::exists(target)) << repair.out;
    EXPECT_FALSE(std::filesystem::exists(part));
    const ReadRecording recording = read_recording(target);
    EXPECT_EQ(recording.complaint, "");
    kept_in_all += recording.packets.size();
    if (!recording.packets.empty()) {
      const ProcessResult verified = run_capstan(
          {"verify", "--json", "--expect", std::to_string(recording.packets.size()), target});
      EXPECT_EQ(verified.status, 0) << verified.out;  // 0 to N - 1, each once, in order
      EXPECT_EQ(Statistics(verified.out).number("/streams/0/reordered"), 0U);
    }
    if (attempt % 8 == 0) expect_readable(target, recording.packets.size());
    std::filesystem::remove(target);
  }
  EXPECT_GT(kept_in_all, 1000U);
}

TEST_F(RecordEnd, GoesOnWhenTheLinkReturns) {
  for (const char* rings : {"1", "2"}) {
    SCOPED_TRACE(rings);
    const std::string target = file(std::string("updown") + rings);
    RecordRun record({"-i", "v1", "-B", "8", "--rings", rings, "--layout", "packed", "-w", target});
    ASSERT_TRUE(record.wait_started()) << record.err();
    send_numbers(0, 500);
    ASSERT_TRUE(record.wait_received(500));
    shell("ip link set v1 down");
    ASSERT_TRUE(wait_until([&] { return record.err().find("v1 went down") != std::string::npos; }));
    shell("ip link set v1 up");
    ASSERT_TRUE(wait_until([&] { return record.err().find("v1 is up") != std::string::npos; }));
    wait_for_carrier("v0");
    send_numbers(500, 1000);
    ASSERT_TRUE(record.wait_received(1000));
    EXPECT_EQ(record.stop(), 0) << record.err();
    expect_reconciled(record.statistics());
    EXPECT_EQ(expect_prefix(target, 1000, 1000), "");
  }
}

TEST_F(RecordEnd, EndsWhenTheInterfaceVanishes) {
  for (const char* rings : {"1", "2"}) {
    SCOPED_TRACE(rings);
    make_pair("w0", "w1");
    const std::string target = file(std::string("vanish") + rings);
    RecordRun record({"-i", "w1", "-B", "8", "--rings", rings, "--layout", "packed", "-w", target});
    ASSERT_TRUE(record.wait_started()) << record.err();
    send_numbers(0, 500, 100, "w0");
    ASSERT_TRUE(record.wait_received(500));
    shell("ip link del w1");
    EXPECT_EQ(record.wait(), 1) << record.err();
    EXPECT_NE(record.err().find("w1 has vanished"), std::string::npos) << record.err();
    expect_reconciled(record.statistics());
    EXPECT_EQ(expect_prefix(target, 500, 500), "");
    EXPECT_EQ(read_recording(target).packets.size(), 500U);
  }
}

TEST_F(RecordEnd, OneOfTwoInterfacesVanishesAndTheOtherGoesOn) {
  make_pair("w0", "w1");
  const std::string target = file("one.pcapng");
  RecordRun record({"-i", "v1", "-i", "w1", "-B", "8", "-w", target});
  ASSERT_TRUE(record.wait_started()) << record.err();
  send_numbers(0, 100, 100, "w0");
  ASSERT_TRUE(record.wait_received(100));
  shell("ip link del w1");
  ASSERT_TRUE(
      wait_until([&] { return record.err().find("w1 has vanished") != std::string::npos; }));
  send_numbers(100, 300);
  ASSERT_TRUE(record.wait_received(300));
  EXPECT_EQ(record.stop(), 0) << record.err();
  expect_reconciled(record.statistics());
  EXPECT_EQ(expect_prefix(target, 300, 300), "");
}

TEST_F(RecordEnd, GoesOnUnderANewName) {
  const std::string target = file("renamed.pcapng");
  RecordRun record({"-i", "v1", "-B", "8", "-w", target});
  ASSERT_TRUE(record.wait_started()) << record.err();
  send_numbers(0, 300);
  ASSERT_TRUE(record.wait_received(300));
  shell("ip link set v1 down; ip link set v1 name renamed; ip link set renamed up");
  ASSERT_TRUE(
      wait_until([&] { return record.err().find("now called renamed") != std::string::npos; }));
  ASSERT_TRUE(wait_until([&] { return record.err().find("up again") != std::string::npos; }));
  wait_for_carrier("v0");
  send_numbers(300, 600);
  ASSERT_TRUE(record.wait_received(600));
  EXPECT_EQ(record.stop(), 0) << record.err();
  expect_reconciled(record.statistics());
  EXPECT_EQ(expect_prefix(target, 600, 600), "");
}

}  // namespace
}  // namespace capstan::test
