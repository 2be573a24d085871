// What happens to the link itself while it is recorded: each change is a line of the log and an
// event in the file at its place, and no packet is lost or doubled around it.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "engine/reader/capture_file.h"
#include "tests/support/record_run.h"
#include "tests/support/sandbox.h"
#include "tests/support/wire.h"

namespace capstan::test {
namespace {

// The kernel's own packets, such as a bridge's multicast queries, do not count here.
constexpr const char* kOurs = "udp port 5000";

// An event of a recording, and how many packets stand in front of it.
struct PlacedEvent {
  LinkChange change = LinkChange::kDown;
  std::uint64_t packets_before = 0;
  std::string text;
};

class RecordLinks : public Sandbox {
 protected:
  static void send_numbers(const std::string& interface, std::uint32_t from, std::uint32_t to) {
    const FrameSender sender(interface);
    for (std::uint32_t i = from; i < to; ++i) {
      ASSERT_TRUE(sender.send(make_udp_frame(5000, i, 200))) << interface << " is down";
    }
  }

  static bool wait_for_text(RecordRun& record, const std::string& text) {
    return wait_until([&] {
             return record.err().find(text) != std::string::npos || !record.process().is_running();
           }) &&
           record.err().find(text) != std::string::npos;
  }

  static void begin_with_a_hundred(RecordRun& record, const std::string& sender) {
    ASSERT_TRUE(record.wait_started()) << record.err();
    send_numbers(sender, 0, 100);
    ASSERT_TRUE(record.wait_written(100)) << record.err();
  }

  static void wait_until_back(RecordRun& record, const std::string& interface) {
    ASSERT_TRUE(wait_for_text(record, interface + " is there again")) << record.err();
    wait_for_link(interface);
  }

  static void end_with(RecordRun& record, std::uint64_t packets) {
    ASSERT_TRUE(record.wait_received(packets)) << record.err();
    EXPECT_EQ(record.stop(), 0) << record.err();
    expect_reconciled(record.statistics());
  }

  static void wait_for_own_namespace(const std::string& pid) {
    ASSERT_TRUE(wait_until([&] {
      return std::filesystem::read_symlink("/proc/" + pid + "/ns/net") !=
             std::filesystem::read_symlink("/proc/self/ns/net");
    }));
  }

  // Each number once and in order, readable for every program; what the file says of the links.
  static std::vector<PlacedEvent> events_of(const std::string& path, std::uint32_t packets) {
    CaptureFile file = CaptureFile::open(path);
    std::vector<PlacedEvent> events;
    PacketView packet;
    std::uint32_t next = 0;
    for (ReadItem item; (item = file.next_item(packet)) != ReadItem::kEnd;) {
      if (item == ReadItem::kEvent) {
        events.push_back({file.event().change, next, file.event().text});
      }
      if (item != ReadItem::kPacket) continue;
      EXPECT_EQ(number_of(Frame(packet.data, packet.data + packet.caplen)), next) << path;
      ++next;
    }
    EXPECT_TRUE(file.end().clean()) << file.end().text();
    EXPECT_EQ(next, packets) << path;
    expect_readable(path, packets);
    EXPECT_TRUE(info_of(path).flag("/loss/lossless"));
    return events;
  }

  static void expect_event(const std::vector<PlacedEvent>& events, LinkChange change,
                           std::uint64_t packets_before, const std::string& text) {
    for (const PlacedEvent& event : events) {
      if (event.change == change && event.packets_before == packets_before) {
        EXPECT_NE(event.text.find(text), std::string::npos) << event.text;
        return;
      }
    }
    std::string all;
    for (const PlacedEvent& event : events) {
      all += std::to_string(event.packets_before) + ": " + event.text + "\n";
    }
    ADD_FAILURE() << "no " << link_change_name(change) << " after " << packets_before
                  << " packets, but\n"
                  << all;
  }

  // As root into a directory of another user's: privileges are dropped, as in service.
  std::string dropped_target(const std::string& name) const {
    shell("chmod 755 " + directory() + "; mkdir -p " + file("out") + "; chown 65534 " +
          file("out"));
    return file("out/" + name);
  }
};

TEST_F(RecordLinks, VanishesAndReturnsAgainAndAgain) {
  for (const char* layout : {"packed", "in-place"}) {
    SCOPED_TRACE(layout);
    make_pair("w0", "w1");
    const std::string target = dropped_target(std::string("return-") + layout);
    RecordRun record(
        {"-i", "w1", "-B", "8", "--wait-for-interface", "--layout", layout, "-w", target, kOurs});
    ASSERT_TRUE(record.wait_started()) << record.err();
    constexpr std::uint32_t kRounds = 4;
    for (std::uint32_t round = 0; round < kRounds; ++round) {
      send_numbers("w0", round * 300, round * 300 + 300);
      ASSERT_TRUE(record.wait_written(round * 300 + 300))
          << record.err() << record.statistics().all() << run({"cat", "/proc/net/packet"}).out
          << run({"ip", "-s", "link"}).out;
      shell("ip link del w1");
      ASSERT_TRUE(wait_until([&] { return record.statistics().text("/links/0/state") == "gone"; }))
          << record.err();
      make_pair("w0", "w1");
      ASSERT_TRUE(wait_until([&] { return record.statistics().text("/links/0/state") == "up"; }))
          << record.err();
    }
    send_numbers("w0", kRounds * 300, kRounds * 300 + 1);
    ASSERT_TRUE(record.wait_received(kRounds * 300 + 1)) << record.err();
    EXPECT_EQ(record.stop(), 0) << record.err();
    expect_reconciled(record.statistics());
    const std::vector<PlacedEvent> events = events_of(target, kRounds * 300 + 1);
    for (std::uint32_t round = 1; round <= kRounds; ++round) {
      expect_event(events, LinkChange::kVanished, round * 300, "w1 has vanished");
      expect_event(events, LinkChange::kReturned, round * 300, "w1 is there again");
    }
    shell("ip link del w1");
  }
}

TEST_F(RecordLinks, GoesPromiscuousAgain) {
  make_pair("w0", "w1");
  RecordRun record({"-i", "w1", "-B", "8", "--wait-for-interface", "-w", dropped_target("p")});
  ASSERT_TRUE(record.wait_started()) << record.err();
  const auto promiscuous = [] {
    return run({"ip", "-d", "link", "show", "w1"}).out.find("promiscuity 1") != std::string::npos;
  };
  ASSERT_TRUE(promiscuous());
  shell("ip link del w1");
  ASSERT_TRUE(wait_for_text(record, "w1 has vanished"));
  make_pair("w0", "w1");
  EXPECT_TRUE(wait_until(promiscuous)) << record.err();
  EXPECT_EQ(record.stop(), 0);
  expect_reconciled(record.statistics());
}

TEST_F(RecordLinks, WaitsForAnInterfaceAtTheStart) {
  const std::string target = file("late.pcapng");
  RecordRun record({"-i", "w1", "-B", "8", "--wait-for-interface", "-w", target, kOurs});
  ASSERT_TRUE(wait_for_text(record, "waiting until w1 is there and up"));
  EXPECT_FALSE(std::filesystem::exists(target));
  make_pair("w0", "w1");
  ASSERT_TRUE(record.wait_started()) << record.err();
  send_numbers("w0", 0, 100);
  ASSERT_NO_FATAL_FAILURE(end_with(record, 100));
  events_of(target, 100);

  RecordRun never({"-i", "no-such", "--wait-for-interface", "-w", file("never.pcapng")});
  ASSERT_TRUE(wait_for_text(never, "waiting until no-such"));
  EXPECT_EQ(never.stop(SIGTERM), 0) << never.err();
  EXPECT_FALSE(std::filesystem::exists(file("never.pcapng")));
}

TEST_F(RecordLinks, OneOfTwoVanishesAndReturns) {
  make_pair("w0", "w1");
  const std::string target = file("two.pcapng");
  RecordRun record({"-i", "v1", "-i", "w1", "-B", "8", "--layout", "packed", "-w", target, kOurs});
  ASSERT_NO_FATAL_FAILURE(begin_with_a_hundred(record, "w0"));
  shell("ip link del w1");
  ASSERT_TRUE(wait_for_text(record, "w1 has vanished"));
  send_numbers("v0", 100, 200);
  ASSERT_TRUE(record.wait_written(200));
  make_pair("w0", "w1");
  ASSERT_NO_FATAL_FAILURE(wait_until_back(record, "w1"));
  wait_for_link("w0");
  send_numbers("w0", 200, 300);
  ASSERT_NO_FATAL_FAILURE(end_with(record, 300));
  expect_event(events_of(target, 300), LinkChange::kReturned, 200, "w1");
}

TEST_F(RecordLinks, SeveralRingsCannotBeBoundAnewAndSaySo) {
  make_pair("w0", "w1");
  const std::string target = file("rings.pcapng");
  RecordRun record({"-i", "w1", "-B", "8", "--rings", "2", "--wait-for-interface", "--layout",
                    "packed", "-w", target, kOurs});
  ASSERT_TRUE(record.wait_started()) << record.err();
  send_numbers("w0", 0, 100);
  ASSERT_TRUE(record.wait_received(100));
  shell("ip link del w1");
  EXPECT_EQ(record.wait(), 1) << record.err();
  EXPECT_NE(record.err().find("the recording ends"), std::string::npos) << record.err();
  expect_reconciled(record.statistics());
  events_of(target, 100);
}

TEST_F(RecordLinks, MtuCarrierAndName) {
  const std::string target = file("changes.pcapng");
  RecordRun record({"-i", "v1", "-B", "8", "-w", target, kOurs});
  ASSERT_NO_FATAL_FAILURE(begin_with_a_hundred(record, "v0"));
  shell("ip link set v1 mtu 1400");
  ASSERT_TRUE(wait_for_text(record, "v1: the MTU is now 1400, it was 9100"));
  send_numbers("v0", 100, 200);
  ASSERT_TRUE(record.wait_written(200));
  shell("ip link set v0 down");
  ASSERT_TRUE(wait_for_text(record, "v1 has lost its carrier"));
  shell("ip link set v0 up");
  ASSERT_TRUE(wait_for_text(record, "v1 has its carrier again"));
  wait_for_link("v0");
  send_numbers("v0", 200, 300);
  ASSERT_TRUE(record.wait_written(300));
  // An interface that takes the old name is another one.
  shell("ip link set v1 name renamed; ip link add v1 type bridge; ip link set v1 up");
  ASSERT_TRUE(wait_for_text(record, "v1 is now called renamed"));
  {
    const FrameSender other("v1");
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(other.send(make_udp_frame(5000, 9999, 200)));
  }
  send_numbers("v0", 300, 400);
  ASSERT_NO_FATAL_FAILURE(end_with(record, 400));
  const std::vector<PlacedEvent> events = events_of(target, 400);
  expect_event(events, LinkChange::kMtu, 100, "the MTU is now 1400, it was 9100");
  expect_event(events, LinkChange::kCarrierLost, 200, "carrier");
  expect_event(events, LinkChange::kCarrierBack, 200, "carrier");
  expect_event(events, LinkChange::kRenamed, 300, "renamed");
}

TEST_F(RecordLinks, DownAndUpAreEvents) {
  const std::string target = file("down.pcapng");
  RecordRun record({"-i", "v1", "-B", "8", "-w", target, kOurs});
  ASSERT_NO_FATAL_FAILURE(begin_with_a_hundred(record, "v0"));
  shell("ip link set v1 down");
  ASSERT_TRUE(wait_for_text(record, "v1 went down"));
  shell("ip link set v1 up");
  ASSERT_TRUE(wait_for_text(record, "v1 is up again"));
  wait_for_link("v0");
  send_numbers("v0", 100, 200);
  ASSERT_NO_FATAL_FAILURE(end_with(record, 200));
  const std::vector<PlacedEvent> events = events_of(target, 200);
  expect_event(events, LinkChange::kDown, 100, "went down");
  expect_event(events, LinkChange::kUp, 100, "up again");
}

// The interface of a bridge goes on being recorded; a bond's is told the same way (unit tests).
TEST_F(RecordLinks, JoinsAndLeavesABridge) {
  const std::string target = file("bridge.pcapng");
  shell("ip link add br7 type bridge && ip link set br7 up");
  RecordRun record({"-i", "v1", "-B", "8", "-w", target, kOurs});
  ASSERT_NO_FATAL_FAILURE(begin_with_a_hundred(record, "v0"));
  shell("ip link set v1 master br7");
  ASSERT_TRUE(wait_for_text(record, "v1 is now part of br7 (bridge)")) << record.err();
  send_numbers("v0", 100, 200);
  ASSERT_TRUE(record.wait_written(200));
  shell("ip link set v1 nomaster");
  ASSERT_TRUE(wait_for_text(record, "v1 is no longer part of br7")) << record.err();
  EXPECT_EQ(record.stop(), 0) << record.err();
  expect_reconciled(record.statistics());
  const std::vector<PlacedEvent> events = events_of(target, 200);
  expect_event(events, LinkChange::kJoined, 100, "br7");
  expect_event(events, LinkChange::kLeft, 200, "br7");
}

// A bridge recorded itself, deleted and made anew.
TEST_F(RecordLinks, ABridgeItselfReturns) {
  const auto make_bridge = [] {
    shell(
        "ip link add br7 type bridge; sysctl -qw net.ipv6.conf.br7.disable_ipv6=1;"
        "ip link set v1 master br7; ip link set br7 up");
  };
  make_bridge();
  wait_for_link("br7");
  const std::string target = dropped_target("br.pcapng");
  RecordRun record({"-i", "br7", "-B", "8", "--wait-for-interface", "-w", target, kOurs});
  ASSERT_NO_FATAL_FAILURE(begin_with_a_hundred(record, "v0"));
  shell("ip link del br7");
  ASSERT_TRUE(wait_for_text(record, "br7 has vanished"));
  make_bridge();
  ASSERT_NO_FATAL_FAILURE(wait_until_back(record, "br7"));
  send_numbers("v0", 100, 200);
  ASSERT_NO_FATAL_FAILURE(end_with(record, 200));
  expect_event(events_of(target, 200), LinkChange::kReturned, 100, "br7");
}

TEST_F(RecordLinks, TheOtherEndsNamespaceIsDeleted) {
  make_pair("w0", "w1");
  const std::string target = dropped_target("namespace.pcapng");
  RecordRun record({"-i", "w1", "-B", "8", "--wait-for-interface", "-w", target, kOurs});
  ASSERT_NO_FATAL_FAILURE(begin_with_a_hundred(record, "w0"));
  {
    Process other({"unshare", "-n", "sleep", "600"});
    const std::string pid = std::to_string(other.pid());
    ASSERT_NO_FATAL_FAILURE(wait_for_own_namespace(pid));
    shell("ip link set w0 netns " + pid);
  }  // the last process of the namespace is gone, and with it w0 and its other end
  ASSERT_TRUE(wait_for_text(record, "w1 has vanished")) << record.err();
  make_pair("w0", "w1");
  ASSERT_NO_FATAL_FAILURE(wait_until_back(record, "w1"));
  wait_for_link("w0");
  send_numbers("w0", 100, 200);
  ASSERT_NO_FATAL_FAILURE(end_with(record, 200));
  expect_event(events_of(target, 200), LinkChange::kVanished, 100, "w1");
}

TEST_F(RecordLinks, MovesToAnotherNamespaceAndBack) {
  make_pair("w0", "w1");
  const std::string target = dropped_target("moved.pcapng");
  RecordRun record({"-i", "w1", "-B", "8", "--wait-for-interface", "-w", target, kOurs});
  ASSERT_NO_FATAL_FAILURE(begin_with_a_hundred(record, "w0"));
  Process other({"unshare", "-n", "sleep", "600"});
  const std::string pid = std::to_string(other.pid());
  ASSERT_NO_FATAL_FAILURE(wait_for_own_namespace(pid));
  shell("ip link set w1 netns " + pid);
  ASSERT_TRUE(wait_for_text(record, "it has moved to another network namespace")) << record.err();
  shell("nsenter -t " + pid + " -n ip link set w1 netns " + std::to_string(::getpid()));
  ASSERT_TRUE(wait_for_text(record, "w1 is there again")) << record.err();
  shell("ip link set w1 up");
  ASSERT_TRUE(wait_for_text(record, "w1 is up again")) << record.err();
  wait_for_link("w1");
  wait_for_link("w0");
  send_numbers("w0", 100, 200);
  ASSERT_NO_FATAL_FAILURE(end_with(record, 200));
  expect_event(events_of(target, 200), LinkChange::kVanished, 100, "moved");
}

TEST_F(RecordLinks, AnotherKindOfLinkIsNotRecorded) {
  make_pair("w0", "w1");
  const std::string target = dropped_target("kind.pcapng");
  RecordRun record({"-i", "w1", "-B", "8", "--wait-for-interface", "-w", target, kOurs});
  ASSERT_NO_FATAL_FAILURE(begin_with_a_hundred(record, "w0"));
  shell("ip link del w1; ip tuntap add w1 mode tun");
  ASSERT_TRUE(wait_for_text(record, "as another kind of link")) << record.err();
  shell("ip link del w1");
  make_pair("w0", "w1");
  ASSERT_TRUE(wait_for_text(record, "w1 is there again; recording goes on")) << record.err();
  wait_for_link("w1");
  wait_for_link("w0");
  send_numbers("w0", 100, 200);
  ASSERT_NO_FATAL_FAILURE(end_with(record, 200));
  events_of(target, 200);
}

// More changes than the netlink socket holds, while the recorder does not look: the state is asked
// for anew.
// More changes than a netlink socket holds, all the time, while the recorder looks for its links:
// containers that come and go.
TEST_F(RecordLinks, StartsInAStormOfChanges) {
  shell(
      "i=0; while [ $i -lt 120 ]; do ip link add s$i type dummy; echo link set s$i mtu $((1400 + "
      "i));"
      " i=$((i + 1)); done > " +
      file("one") +
      "; i=0; while [ $i -lt 400 ]; do echo link set v0 mtu "
      "$((2000 + i)); i=$((i + 1)); done >> " +
      file("one"));
  const Process storm(
      {"timeout", "50", "sh", "-c", "while ip -batch " + file("one") + "; do :; done"});
  for (int run = 0; run < 5; ++run) {
    const std::string target = file("storm" + std::to_string(run) + ".pcapng");
    Process record({capstan_binary(), "record", "-q", "-i", "v1", "-B", "8", "-a", "duration:0.2",
                    "-w", target});
    EXPECT_EQ(record.wait(), 0) << record.err();
    EXPECT_TRUE(std::filesystem::exists(target));
  }
}

TEST_F(RecordLinks, AStormOfChangesIsCaughtUpWith) {
  make_pair("w0", "w1");
  const std::string target = dropped_target("storm.pcapng");
  RecordRun record({"-i", "w1", "-B", "8", "--wait-for-interface", "-w", target, kOurs});
  ASSERT_NO_FATAL_FAILURE(begin_with_a_hundred(record, "w0"));
  record.process().signal(SIGSTOP);
  shell(
      "i=0; while [ $i -lt 400 ]; do echo link set v0 mtu $((2000 + i)); i=$((i + 1)); done |"
      "ip -batch -");
  shell("ip link del w1");
  make_pair("w0", "w1");
  shell("ip link set w1 mtu 7000");
  record.process().signal(SIGCONT);
  ASSERT_TRUE(wait_for_text(record, "w1 is there again")) << record.err();
  EXPECT_NE(record.err().find("w1 has vanished"), std::string::npos);
  wait_for_link("w1");
  wait_for_link("w0");
  send_numbers("w0", 100, 200);
  ASSERT_NO_FATAL_FAILURE(end_with(record, 200));
  events_of(target, 200);
}

}  // namespace
}  // namespace capstan::test
