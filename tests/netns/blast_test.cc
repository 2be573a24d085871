// blast over a real veth pair: everything offered arrives, numbered, in order and intact.
//
// Needs root: each test makes a network namespace of its own in a thread of its own, with a pair v0
// (sends) and v1 (receives), and it is gone with the thread.
#include "tools/traffic/blast.h"

#include <gtest/gtest.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/core/cpu.h"
#include "engine/core/errors.h"
#include "engine/core/unique_fd.h"
#include "tests/support/temp_dir.h"
#include "tools/traffic/link.h"
#include "tools/traffic/netns.h"
#include "tools/traffic/verify.h"

namespace capstan::traffic {
namespace {

void shell(const std::string& command) {
  ASSERT_EQ(std::system(command.c_str()), 0) << command;  // NOLINT(concurrency-mt-unsafe)
}

// A plain packet socket that sees what an interface receives. Large enough a buffer for every test.
class Receiver {
 public:
  explicit Receiver(const char* interface) {
    // Protocol 0 until bound: nothing of another interface.
    socket_.reset(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
    if (!socket_) throw_errno("socket(AF_PACKET)");
    const int size = 512 << 20;
    if (::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) != 0) {
      throw_errno("SO_RCVBUFFORCE");
    }
    const int on = 1;
    ::setsockopt(socket_.get(), SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on));
    sockaddr_ll where{};
    where.sll_family = AF_PACKET;
    where.sll_protocol = __builtin_bswap16(ETH_P_ALL);
    where.sll_ifindex = static_cast<int>(::if_nametoindex(interface));
    if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&where), sizeof(where)) != 0) {
      throw_errno("bind");
    }
  }

  // Everything received, once all that is expected is here.
  VerifyReport report(const std::vector<ExpectedStream>& expected) {
    std::uint64_t wanted = 0;
    for (const ExpectedStream& stream : expected) {
      wanted += stream.range.last - stream.range.first + 1;
    }
    return report(expected, wanted);
  }

  // The same, once `wanted` of them are here; never when they do not come.
  VerifyReport report(const std::vector<ExpectedStream>& expected, std::uint64_t wanted) {
    VerifyReport so_far;
    for (int patience = 0; patience < 100; ++patience) {
      receive_until_silent();
      so_far = verifier_.finish(expected);
      if (so_far.intact >= wanted) break;
    }
    return so_far;
  }

  // What has come, until 100 ms pass without more.
  void receive_until_silent() {
    std::vector<std::uint8_t> buffer(70000);
    pollfd waiter{socket_.get(), POLLIN, 0};
    while (::poll(&waiter, 1, 100) > 0) {
      sockaddr_ll from{};
      socklen_t from_size = sizeof(from);
      const ssize_t size = ::recvfrom(socket_.get(), buffer.data(), buffer.size(), MSG_TRUNC,
                                      reinterpret_cast<sockaddr*>(&from), &from_size);
      if (size < 0 && errno == ENETDOWN) continue;  // said once, when the interface goes down
      if (size < 0) throw_errno("recvfrom");
      if (from.sll_pkttype == PACKET_OUTGOING) continue;
      PacketView packet;
      packet.data = buffer.data();
      packet.caplen = packet.wirelen = static_cast<std::uint32_t>(size);
      verifier_.add(packet);
    }
  }

 private:
  UniqueFd socket_;
  Verifier verifier_;
};

class Blast : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to make network namespaces";
  }

  // Runs `body` in a fresh namespace with a veth pair of this MTU.
  static void in_namespace(int mtu, const std::function<void()>& body) {
    std::thread thread([mtu, &body] {
      ASSERT_EQ(::unshare(CLONE_NEWNET), 0) << std::strerror(errno);
      const std::string set = " mtu " + std::to_string(mtu) + " up";
      shell(
          "ip link set lo up && ip link add v0 type veth peer name v1 && "
          "sysctl -qw net.ipv6.conf.v0.disable_ipv6=1 net.ipv6.conf.v1.disable_ipv6=1 && "
          "ip link set v0" +
          set + " && ip link set v1" + set);
      if (!HasFatalFailure()) body();
    });
    thread.join();
  }

  static BlastOptions options_for(EngineChoice engine, const char* sizes, std::uint64_t count) {
    BlastOptions options;
    options.interface = "v0";
    options.engine = engine;
    options.frames.sizes = parse_size_mix(sizes);
    options.frames.stream = 5;
    options.count = count;
    // A sender that changes its CPU in mid-run leaves packets in the receive queues of both, which
    // are emptied in no order (netif_rx, net/core/dev.c).
    options.cpu = allowed_cpus().front();
    return options;
  }

  struct Sent {
    BlastResult result;
    VerifyReport report;
  };

  // Sends, and expects what left at the receiving end. A machine that is busy with other things may
  // let the queue of that end become full, and what finds it full is refused and counted
  // (veth_xdp_xmit, drivers/net/veth.c): then it is sent anew.
  static Sent send_unrefused(const BlastOptions& options, const char* receiver = "v1") {
    constexpr int kMostRuns = 20;
    const ExpectedStream expected{
        options.frames.stream,
        {options.first_sequence, options.first_sequence + options.count - 1}};
    for (int run = 1;; ++run) {
      Receiver end(receiver);
      Sent sent;
      sent.result = run_blast(options, never_);
      EXPECT_EQ(sent.result.frames, options.count);
      EXPECT_EQ(sent.result.vanished, 0U);
      sent.report = end.report({expected}, sent.result.sent());
      EXPECT_EQ(sent.report.intact, sent.result.sent()) << sent.result.engine;
      if (sent.result.refused == 0 || run == kMostRuns || HasFailure()) return sent;
    }
  }

  // Sends and expects every frame at the receiving end.
  static BlastResult expect_all_arrive(const BlastOptions& options, const char* receiver = "v1") {
    const auto [result, report] = send_unrefused(options, receiver);
    EXPECT_EQ(result.refused, 0U);
    EXPECT_EQ(result.next_sequence, options.first_sequence + options.count);
    EXPECT_EQ(report.intact, options.count);
    EXPECT_EQ(report.other, 0U);
    EXPECT_EQ(report.streams.size(), 1U);
    EXPECT_TRUE(report.is_complete());
    return result;
  }

  static inline const std::atomic<bool> never_{false};
};

constexpr EngineChoice kEngines[] = {EngineChoice::kXdp, EngineChoice::kRing};

TEST_F(Blast, EverySizeArrives) {
  in_namespace(1500, [] {
    for (const EngineChoice engine : kEngines) {
      const BlastResult result = expect_all_arrive(options_for(engine, "14-1514", 3000));
      EXPECT_EQ(result.engine, engine == EngineChoice::kXdp ? "xdp" : "ring");
    }
  });
}

TEST_F(Blast, MixFlowsTagsAndIpv6Arrive) {
  in_namespace(1504, [] {
    for (const EngineChoice engine : kEngines) {
      for (const bool ipv6 : {false, true}) {
        for (const std::vector<std::uint16_t>& vlans :
             {std::vector<std::uint16_t>{}, {5}, {6, 7}}) {
          BlastOptions options = options_for(engine, "imix", 2400);
          options.frames.flows = 100;
          options.frames.ipv6 = ipv6;
          options.frames.vlans = vlans;
          options.first_sequence = 0xffffff00;
          expect_all_arrive(options);
        }
      }
    }
  });
}

TEST_F(Blast, ManyFramesArriveInOrder) {
  in_namespace(1500, [] {
    for (const EngineChoice engine : kEngines) {
      const auto [result, report] = send_unrefused(options_for(engine, "64", 100'000));
      EXPECT_EQ(result.refused, 0U) << result.engine;
      EXPECT_TRUE(report.is_complete()) << result.engine;
      ASSERT_EQ(report.streams.size(), 1U);
      EXPECT_EQ(report.streams[0].reordered, 0U) << result.engine;
    }
  });
}

TEST_F(Blast, GoesIntoAnInterfacesOwnReceivePath) {
  in_namespace(1500, [] {
    BlastOptions options = options_for(EngineChoice::kXdp, "imix", 1000);
    options.direction = XdpDirection::kIn;
    options.frames.sizes.back().size = 1514;
    expect_all_arrive(options, "v0");
    options.interface = "lo";
    expect_all_arrive(options, "lo");
  });
}

TEST_F(Blast, FallsBackToTheRingAndSaysWhy) {
  in_namespace(9000, [] {
    const BlastResult result = expect_all_arrive(options_for(EngineChoice::kAuto, "9014,64", 500));
    EXPECT_EQ(result.engine, "ring");
    ASSERT_FALSE(result.notes.empty());
    EXPECT_NE(result.notes[0].find("do not fit a page"), std::string::npos) << result.notes[0];
    EXPECT_THROW(run_blast(options_for(EngineChoice::kXdp, "9014", 5), never_), std::runtime_error);
  });
}

TEST_F(Blast, PacedFramesAndBurstsArrive) {
  in_namespace(1500, [] {
    for (const EngineChoice engine : kEngines) {
      BlastOptions options = options_for(engine, "64", 5000);
      options.pace.packets_per_second = 100'000;
      expect_all_arrive(options);
      options.pace.burst_on_ns = 2 * kNanosecondsPerMillisecond;
      options.pace.burst_off_ns = 3 * kNanosecondsPerMillisecond;
      expect_all_arrive(options);
    }
  });
}

TEST_F(Blast, ADurationEndsTheRunAndTheCountIsWhatArrived) {
  in_namespace(1500, [] {
    for (const EngineChoice engine : kEngines) {
      BlastOptions options = options_for(engine, "64", 0);
      options.duration_ns = 100 * kNanosecondsPerMillisecond;
      options.pace.packets_per_second = 50'000;
      Receiver end("v1");
      const BlastResult result = run_blast(options, never_);
      EXPECT_GT(result.frames, 0U);
      const VerifyReport report = end.report({{5, {0, result.frames - 1}}});
      EXPECT_TRUE(report.is_complete());
      EXPECT_EQ(report.intact, result.frames);
    }
  });
}

TEST_F(Blast, StopEndsTheRun) {
  in_namespace(1500, [] {
    const std::atomic<bool> stop{true};
    for (const EngineChoice engine : kEngines) {
      const BlastResult result = run_blast(options_for(engine, "64", 1'000'000'000), stop);
      EXPECT_TRUE(result.interrupted);
      EXPECT_LT(result.frames, 1'000'000'000U);
    }
  });
}

TEST_F(Blast, TheKernelProgramMakesTheSameBytesAsThePlan) {
  in_namespace(1500, [] {
    for (const bool ipv6 : {false, true}) {
      for (const char* sizes : {"64", "22-140,1514", "imix"}) {
        FrameOptions frames;
        frames.sizes = parse_size_mix(sizes);
        frames.ipv6 = ipv6;
        frames.flows = 50;
        frames.stream = 0x01020304;
        if (std::strcmp(sizes, "64") != 0) frames.vlans = {9};
        const FramePlan plan(frames);
        const XdpProgram program(plan, PaceOptions{}, XdpDirection::kIn, 1);
        std::vector<std::uint8_t> input(plan.buffer_size());
        FramePlan::write_filler(input);
        std::vector<std::uint8_t> made(plan.buffer_size());
        std::vector<std::uint8_t> planned(input);
        for (const std::uint64_t base :
             {std::uint64_t{0}, std::uint64_t{0xfffffff0}, ~std::uint64_t{0} - 999}) {
          program.state().next_sequence = base;
          program.state().end_sequence = ~std::uint64_t{0};
          program.state().end_ns = ~std::uint64_t{0};
          for (std::uint64_t sequence = base; sequence < base + 300; ++sequence) {
            std::size_t size = 0;
            ASSERT_EQ(run_once(program.fd(), input, made, size), std::uint32_t{XDP_PASS});
            ASSERT_EQ(size, plan.write_frame(sequence, planned.data()));
            ASSERT_EQ(std::memcmp(made.data(), planned.data(), size), 0) << sequence;
          }
        }
      }
    }
  });
}

TEST_F(Blast, ReplaysARecordingAsItIs) {
  in_namespace(1500, [] {
    const test::TempDir folder;
    const std::string first = folder.path() / "first.pcap";
    const std::string second = folder.path() / "second.pcap";
    const auto record = [](const std::string& file, const BlastOptions& options) {
      const std::string go = file + ".go";
      // tcpdump says "listening" when it is ready; -c ends it at the last packet.
      // Ours only: a neighbour's greeting would take the place of one.
      // It counts before it has written the rest of its file: only its end says that all is there.
      shell("(tcpdump -i v1 -B 16384 -c 500 -w " + file + " udp >" + go + " 2>&1; echo ended >>" +
            go +
            ") & "
            "i=0; until grep -q listening " +
            go +
            " || [ $i -gt 600 ]; do sleep 0.1; "
            "i=$((i+1)); done; grep -q listening " +
            go);
      const BlastResult result = run_blast(options, never_);
      shell("i=0; until grep -q ended " + go +
            " || [ $i -gt 600 ]; do sleep 0.1; "
            "i=$((i+1)); done; grep -q '^500 packets captured' " +
            go);
      return result;
    };
    record(first, options_for(EngineChoice::kXdp, "imix", 500));
    BlastOptions replay = options_for(EngineChoice::kAuto, "64", 0);
    replay.replay.path = first;
    replay.replay.speed = 0;
    EXPECT_EQ(record(second, replay).frames, 500U);
    for (const std::string& file : {first, second}) {
      VerifyOptions check;
      check.files = {file};
      check.expected = {{5, {0, 499}}};
      EXPECT_TRUE(verify(check).is_complete()) << file;
      // An independent opinion of the checksums: tcpdump computes them too.
      shell("test $(tcpdump -nnvvr " + file + " 2>/dev/null | grep -c 'udp sum ok') = 500");
      shell("test $(tcpdump -nnvvr " + file + " 2>/dev/null | grep -c 'bad cksum') = 0");
    }
  });
}

// Frames other than blast's own, out of the interface all the time: 60 bytes of EtherType 0x88b6.
class Neighbour {
 public:
  explicit Neighbour(const char* interface)
      : netns_(open_current_netns()), thread_([this, interface] { talk(interface); }) {}
  ~Neighbour() {
    ending_ = true;
    thread_.join();
  }
  Neighbour(const Neighbour&) = delete;
  Neighbour& operator=(const Neighbour&) = delete;

  void wait_for_packets(std::uint64_t count) const {
    while (sent_ < count) std::this_thread::yield();
  }

 private:
  void talk(const char* interface) {
    enter_netns(netns_);
    const UniqueFd socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
    sockaddr_ll where{};
    where.sll_family = AF_PACKET;
    where.sll_ifindex = static_cast<int>(::if_nametoindex(interface));
    std::vector<std::uint8_t> frame(60, 0xff);
    frame[12] = 0x88;
    frame[13] = 0xb6;
    // Bounded: a test that hangs must not send for ever.
    while (!ending_ && sent_ < 2'000'000) {
      ::sendto(socket.get(), frame.data(), frame.size(), 0,
               reinterpret_cast<const sockaddr*>(&where), sizeof(where));
      ++sent_;
      ::usleep(20);  // leaves the generator some of the CPU
    }
  }

  UniqueFd netns_;
  std::atomic<bool> ending_{false};
  std::atomic<std::uint64_t> sent_{0};
  std::thread thread_;
};

// A neighbour's packets, and IPv6's router solicitations, move the interface's counters too: they
// are no proof that XDP frames leave.
TEST_F(Blast, OtherTrafficIsNotTakenForItsOwn) {
  in_namespace(1500, [] {
    shell("sysctl -qw net.ipv6.conf.v0.disable_ipv6=0 net.ipv6.conf.v1.disable_ipv6=0");
    for (const EngineChoice engine : {EngineChoice::kAuto, EngineChoice::kXdp}) {
      Receiver end("v1");
      std::optional<Neighbour> neighbour("v0");
      neighbour->wait_for_packets(100);
      const BlastResult result = run_blast(options_for(engine, "imix", 20'000), never_);
      neighbour.reset();
      EXPECT_EQ(result.engine, "xdp");
      EXPECT_EQ(result.frames, 20'000U);
      EXPECT_EQ(result.vanished, 0U);
      // The two share the other end's 256 places: how much of it gets through is the machine's.
      EXPECT_GT(result.sent(), 0U);
      EXPECT_EQ(end.report({{5, {0, 19'999}}}, result.sent()).intact, result.sent());
    }
  });
}

// The other end goes down in mid-run: from then on XDP frames vanish without a counter of the
// kernel's.
TEST_F(Blast, WhatDoesNotLeaveIsCountedAndNamed) {
  in_namespace(1500, [] {
    BlastOptions options = options_for(EngineChoice::kXdp, "64", 60'000);
    options.pace.packets_per_second = 20'000;
    const UniqueFd netns = open_current_netns();
    Receiver end("v1");
    BlastResult result;
    std::thread sender([&] {
      enter_netns(netns);
      result = run_blast(options, never_);
    });
    const std::uint64_t before = read_link("v1").rx_packets;
    while (read_link("v1").rx_packets < before + 100) std::this_thread::yield();
    shell("ip link set v1 down");
    sender.join();
    const VerifyReport report = end.report({}, 0);
    EXPECT_EQ(result.frames, 60'000U);
    EXPECT_GT(result.vanished + result.refused, 0U);
    EXPECT_GE(result.sent(), 100U);
    EXPECT_EQ(result.sent() + result.refused + result.vanished, result.frames);
    // 256 places of the receive ring went with the interface, at the most.
    EXPECT_LE(report.intact, result.sent());
    EXPECT_GE(report.intact + 256, result.sent());
  });
}

TEST_F(Blast, AnMtuThatBecomesSmallerCostsTheLongFramesOnly) {
  in_namespace(1500, [] {
    BlastOptions options = options_for(EngineChoice::kRing, "64:1,1514:1", 20'000);
    options.pace.packets_per_second = 20'000;
    const UniqueFd netns = open_current_netns();
    Receiver end("v1");
    BlastResult result;
    std::thread sender([&] {
      enter_netns(netns);
      result = run_blast(options, never_);
    });
    const std::uint64_t before = read_link("v1").rx_packets;
    while (read_link("v1").rx_packets < before + 100) std::this_thread::yield();
    shell("ip link set v0 mtu 1000");
    sender.join();
    EXPECT_FALSE(result.interrupted);
    EXPECT_GT(result.too_long, 0U);
    EXPECT_LE(result.too_long, 10'000U);
    EXPECT_EQ(result.frames + result.too_long, 20'000U);
    EXPECT_EQ(result.sent(), result.frames);
    const VerifyReport report = end.report({{5, {0, 19'999}}}, result.frames);
    EXPECT_EQ(report.intact, result.frames);
    ASSERT_EQ(report.streams.size(), 1U);
    EXPECT_EQ(report.streams[0].missing, result.too_long);
    EXPECT_EQ(report.streams[0].duplicates, 0U);
    EXPECT_EQ(report.streams[0].reordered, 0U);
  });
}

TEST_F(Blast, RefusesWhatCannotPass) {
  in_namespace(1500, [] {
    EXPECT_FALSE(is_initial_netns());
    EXPECT_THROW(run_blast(options_for(EngineChoice::kAuto, "1515", 1), never_), UsageError);
    BlastOptions options = options_for(EngineChoice::kAuto, "64", 1);
    options.interface = "none";
    EXPECT_THROW(run_blast(options, never_), UsageError);
    options.interface = "a-name-that-is-too-long";
    EXPECT_THROW(run_blast(options, never_), UsageError);
    options = options_for(EngineChoice::kAuto, "64", 0);
    EXPECT_THROW(run_blast(options, never_), UsageError);
    options.count = 1;
    options.cpu = 100'000;
    EXPECT_THROW(run_blast(options, never_), UsageError);
    shell("ip link set v0 down");
    EXPECT_THROW(run_blast(options_for(EngineChoice::kAuto, "64", 1), never_), std::system_error);
  });
}

}  // namespace
}  // namespace capstan::traffic
