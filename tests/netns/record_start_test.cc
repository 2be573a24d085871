// What is in a recording is what was on that interface, through that filter, from the start on,
// each packet once: with traffic before, during and after, on one ring and on several, on veth, lo,
// any and tun.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <set>
#include <thread>

#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "tests/support/failing_calls.h"
#include "tests/support/record_run.h"
#include "tests/support/sandbox.h"
#include "tests/support/wire.h"

namespace capstan::test {
namespace {

constexpr std::uint16_t kWantedPort = 5000;
constexpr std::uint16_t kOtherPort = 5001;

// Numbered UDP frames without a pause, wanted and unwanted in turn, until it is told to stop.
class Traffic {
 public:
  Traffic(const std::string& interface, std::uint32_t first)
      : next_(first), thread_([this, interface] { run(interface); }) {}
  ~Traffic() { stop(); }
  void stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  std::uint32_t next() const { return next_; }
  bool wait_for(std::uint32_t number) const {
    return wait_until([&] { return next_ >= number; });
  }

 private:
  void run(const std::string& interface) {
    const FrameSender sender(interface);
    while (!stop_ && next_ < 0x40000000) {
      sender.send(make_udp_frame(kWantedPort, next_));
      sender.send(make_udp_frame(kOtherPort, next_));
      ++next_;
      if (next_ % 4 == 0) ::usleep(100);  // leaves the other thread some of the CPU
    }
  }

  std::atomic<bool> stop_{false};
  std::atomic<std::uint32_t> next_;
  std::thread thread_;
};

class RecordStart : public Sandbox {
 protected:
  static void expect_each_once(const std::vector<std::uint32_t>& numbers, std::uint32_t first,
                               std::uint32_t count) {
    std::vector<std::uint32_t> sorted = numbers;
    std::sort(sorted.begin(), sorted.end());
    ASSERT_EQ(sorted.size(), count);
    for (std::uint32_t i = 0; i < count; ++i) ASSERT_EQ(sorted[i], first + i);
  }

  static std::vector<std::uint32_t> numbers_of(const std::string& path, std::size_t header = 14) {
    const ReadRecording recording = read_recording(path);
    EXPECT_EQ(recording.complaint, "");
    std::vector<std::uint32_t> numbers;
    for (const RecordedPacket& packet : recording.packets) {
      EXPECT_EQ(port_of(packet.bytes, header), kWantedPort);
      numbers.push_back(number_of(packet.bytes, header));
    }
    return numbers;
  }

  static void send_numbered(const std::string& interface, std::uint32_t count) {
    const FrameSender sender(interface);
    for (std::uint32_t number = 0; number < count; ++number) {
      sender.send(make_udp_frame(kWantedPort, number, 60 + number % 700));
      if (number % 4 == 0)
        sender.send(make_udp_frame(kOtherPort, number));  // 5 in turn: spreads by lb
    }
  }
};

TEST_F(RecordStart, NothingFromBeforeFromElsewhereUnfilteredOrTwice) {
  make_pair("w0", "w1");
  for (const char* rings : {"1", "2"}) {
    for (int round = 0; round < 4; ++round) {
      SCOPED_TRACE(std::string(rings) + " rings, round " + std::to_string(round));
      Traffic wanted("v0", 0);
      Traffic elsewhere("w0", 0x50000000);
      ASSERT_TRUE(wanted.wait_for(500));
      const std::uint32_t before = wanted.next();
      const std::string target = file(std::string(rings) + std::to_string(round));
      RecordRun record({"-i", "v1", "-B", "16", "--rings", rings, "--layout", "packed", "-w",
                        target, "udp", "port", "5000"});
      ASSERT_TRUE(record.wait_started()) << record.err();
      ASSERT_TRUE(record.wait_received(1500));
      ASSERT_EQ(record.stop(), 0) << record.err();
      const std::uint32_t after = wanted.next();
      wanted.stop();
      const Statistics statistics = record.statistics();
      expect_reconciled(statistics);
      ASSERT_EQ(statistics.number("/packets_dropped"), 0U);
      std::vector<std::uint32_t> numbers = numbers_of(target);
      ASSERT_EQ(numbers.size(), statistics.number("/packets_written"));
      std::sort(numbers.begin(), numbers.end());
      ASSERT_FALSE(numbers.empty());
      EXPECT_GE(numbers.front(), before);
      EXPECT_LE(numbers.back(), after);
      // Several rings start and stop one after the other; a run without a gap is what one gives.
      if (std::string(rings) == "1") {
        expect_each_once(numbers, numbers.front(), numbers.back() - numbers.front() + 1);
      } else {
        EXPECT_EQ(std::adjacent_find(numbers.begin(), numbers.end()), numbers.end());
      }
    }
  }
}

TEST_F(RecordStart, EachFanoutModeGivesEachPacketOnce) {
  constexpr std::uint32_t kCount = 3000;
  for (const char* rings : {"2", "4"}) {
    for (const char* mode : {"hash", "cpu", "qm", "lb", "rnd", "rollover"}) {
      SCOPED_TRACE(std::string(mode) + " " + rings);
      const std::string target = file(std::string(mode) + rings);
      RecordRun record({"-i", "v1", "-B", "8", "--rings", rings, "--fanout", mode, "--layout",
                        "packed", "-w", target, "udp port 5000"});
      ASSERT_TRUE(record.wait_started()) << record.err();
      send_numbered("v0", kCount);
      ASSERT_TRUE(record.wait_received(kCount));
      ASSERT_EQ(record.stop(), 0) << record.err();
      const Statistics statistics = record.statistics();
      expect_reconciled(statistics);
      EXPECT_EQ(statistics.size("/rings"), std::stoul(rings));
      expect_each_once(numbers_of(target), 0, kCount);
      // One interface id a ring, and as many packets of each as that ring received.
      const std::vector<std::uint32_t> ids = interface_ids(target);
      for (std::size_t ring = 0; ring < statistics.size("/rings"); ++ring) {
        const std::string pointer = "/rings/" + std::to_string(ring) + "/packets_received";
        EXPECT_EQ(static_cast<std::uint64_t>(std::count(ids.begin(), ids.end(), ring)),
                  statistics.number(pointer));
        if (std::string(mode) == "lb") {
          EXPECT_GT(statistics.number(pointer), 0U);
        }
      }
      EXPECT_EQ(info_of(target).size("/interfaces"), std::stoul(rings));
      // In time order, although the rings were emptied one by one.
      const ReadRecording recording = read_recording(target);
      EXPECT_TRUE(std::is_sorted(recording.packets.begin(), recording.packets.end(),
                                 [](const RecordedPacket& a, const RecordedPacket& b) {
                                   return a.timestamp_ns < b.timestamp_ns;
                                 }));
      EXPECT_EQ(statistics.number("/files/0/packets_out_of_order"), 0U);
    }
  }
}

TEST_F(RecordStart, SplitRingsGiveAFileEach) {
  constexpr std::uint32_t kCount = 4000;
  const std::string target = file("split.pcapng");
  RecordRun record({"-i", "v1", "-B", "8", "--rings", "3", "--fanout", "lb", "--split-rings", "-w",
                    target, "udp port 5000"});
  ASSERT_TRUE(record.wait_started()) << record.err();
  send_numbered("v0", kCount);
  ASSERT_TRUE(record.wait_received(kCount));
  ASSERT_EQ(record.stop(), 0) << record.err();
  const Statistics statistics = record.statistics();
  expect_reconciled(statistics);
  ASSERT_EQ(statistics.size("/files"), 3U);
  std::vector<std::uint32_t> all;
  for (const char* name : {"split.ring0.pcapng", "split.ring1.pcapng", "split.ring2.pcapng"}) {
    const std::vector<std::uint32_t> numbers = numbers_of(file(name));
    EXPECT_FALSE(numbers.empty());
    EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end()));
    all.insert(all.end(), numbers.begin(), numbers.end());
    EXPECT_EQ(info_of(file(name)).size("/interfaces"), 1U);
    EXPECT_TRUE(info_of(file(name)).flag("/loss/lossless"));
    expect_readable(file(name), numbers.size());
  }
  expect_each_once(all, 0, kCount);
}

TEST_F(RecordStart, StripesShareThePackets) {
  constexpr std::uint32_t kCount = 20'000;
  for (const char* rings : {"1", "2"}) {
    SCOPED_TRACE(rings);
    const std::string one = file(std::string("one") + rings);
    const std::string two = file(std::string("two") + rings);
    RecordRun record({"-i", "v1", "-B", "16", "--block-size", "64K", "--rings", rings, "-w", one,
                      "-w", two, "udp port 5000"});
    ASSERT_TRUE(record.wait_started()) << record.err();
    send_numbered("v0", kCount);
    ASSERT_TRUE(record.wait_received(kCount));
    ASSERT_EQ(record.stop(), 0) << record.err();
    expect_reconciled(record.statistics());
    std::vector<std::uint32_t> all = numbers_of(one);
    const std::vector<std::uint32_t> others = numbers_of(two);
    EXPECT_EQ(record.statistics().number("/files/0/packets_written"), all.size());
    EXPECT_EQ(record.statistics().number("/files/1/packets_written"), others.size());
    for (const std::string& stripe : {one, two}) {
      const Statistics info = info_of(stripe);  // expects status 0
      EXPECT_TRUE(info.flag("/loss/lossless")) << info.all();
      EXPECT_EQ(info.text("/loss/proof"), "proved");
      EXPECT_EQ(info.number("/loss/stripes"), 2U);
      EXPECT_EQ(info.number("/loss/packets_received"), kCount);
    }
    all.insert(all.end(), others.begin(), others.end());
    expect_each_once(all, 0, kCount);
  }
}

TEST_F(RecordStart, AStripeWithoutPacketsIsLosslessToo) {
  const std::string one = file("one");
  const std::string two = file("two");
  RecordRun record({"-i", "v1", "-B", "8", "-w", one, "-w", two, "udp port 5000"});
  ASSERT_TRUE(record.wait_started()) << record.err();
  send_numbered("v0", 10);  // fewer than a block holds
  ASSERT_TRUE(record.wait_received(10));
  ASSERT_EQ(record.stop(), 0) << record.err();
  std::vector<std::uint64_t> packets;
  for (const std::string& stripe : {one, two}) {
    const Statistics info = info_of(stripe);
    EXPECT_TRUE(info.flag("/loss/lossless")) << info.all();
    EXPECT_EQ(info.number("/loss/packets_received"), 10U);
    packets.push_back(info.number("/packets"));
  }
  EXPECT_EQ(packets[0] + packets[1], 10U);
}

TEST_F(RecordStart, SeveralInterfacesSideBySide) {
  make_pair("w0", "w1");
  const std::string target = file("both.pcapng");
  RecordRun record({"-i", "v1", "-i", "w1", "-B", "8", "-w", target, "udp port 5000"});
  ASSERT_TRUE(record.wait_started()) << record.err();
  send_numbered("v0", 1000);
  send_numbered("w0", 700);
  ASSERT_TRUE(record.wait_received(1700));
  ASSERT_EQ(record.stop(), 0) << record.err();
  expect_reconciled(record.statistics());
  const std::vector<std::uint32_t> ids = interface_ids(target);
  EXPECT_EQ(std::count(ids.begin(), ids.end(), 0U), 1000);
  EXPECT_EQ(std::count(ids.begin(), ids.end(), 1U), 700);
  EXPECT_EQ(info_of(target).text("/interfaces/1/name"), "w1");
}

TEST_F(RecordStart, LoopbackShowsEachPacketOnce) {
  for (const char* interface : {"lo", "any"}) {
    for (const char* layout : {"in-place", "packed"}) {
      SCOPED_TRACE(std::string(interface) + layout);
      const std::string target = file(std::string(interface) + layout);
      RecordRun record(
          {"-i", interface, "-B", "8", "--layout", layout, "-w", target, "udp port 5000"});
      ASSERT_TRUE(record.wait_started()) << record.err();
      send_numbered("lo", 500);
      ASSERT_TRUE(record.wait_received(500));
      ASSERT_EQ(record.stop(), 0) << record.err();
      expect_reconciled(record.statistics());
      expect_each_once(numbers_of(target, std::string(interface) == "any" ? 20 : 14), 0, 500);
    }
  }
}

// https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html
TEST_F(RecordStart, AnyIsLinuxSll2) {
  for (const char* layout : {"in-place", "packed", "pcap"}) {
    SCOPED_TRACE(layout);
    const bool is_pcap = std::string(layout) == "pcap";
    const std::string target = file(layout);
    RecordRun record({"-i", "any", "-B", "8", is_pcap ? "-F" : "--layout", layout, "-w", target,
                      "udp port 5000"});
    ASSERT_TRUE(record.wait_started()) << record.err();
    send_numbered("v0", 400);  // seen twice: leaving v0, arriving at v1
    ASSERT_TRUE(record.wait_received(800));
    ASSERT_EQ(record.stop(), 0) << record.err();
    expect_reconciled(record.statistics());
    const ReadRecording recording = read_recording(target);
    EXPECT_EQ(recording.complaint, "");
    EXPECT_EQ(recording.link_type, 276);
    std::set<std::pair<unsigned, std::uint32_t>> seen;
    for (const RecordedPacket& packet : recording.packets) {
      const Frame& bytes = packet.bytes;
      ASSERT_GE(bytes.size(), 52U);
      EXPECT_EQ(bytes[0] << 8 | bytes[1], 0x0800);  // protocol
      EXPECT_EQ(bytes[8] << 8 | bytes[9], 1);       // ARPHRD_ETHER
      EXPECT_EQ(bytes[11], 6);                      // address length
      EXPECT_EQ(port_of(bytes, 20), kWantedPort);
      const Frame sent =
          make_udp_frame(kWantedPort, number_of(bytes, 20), 60 + number_of(bytes, 20) % 700);
      EXPECT_TRUE(std::equal(sent.begin() + 14, sent.end(), bytes.begin() + 20, bytes.end()));
      EXPECT_TRUE(std::equal(sent.begin() + 6, sent.begin() + 12, bytes.begin() + 12));
      EXPECT_TRUE(seen.emplace(bytes[7], number_of(bytes, 20)).second);  // low byte of the index
    }
    EXPECT_EQ(seen.size(), 800U);
    expect_readable(target, 800);
  }
}

// VLAN tags on "any" stand where they were: behind the cooked header. Of two tags of a packet that
// leaves, Linux 6.18 tells a cooked socket only the outer one, so there are none here.
TEST_F(RecordStart, AnyKeepsVlanTags) {
  std::mt19937 random{7};
  for (const char* direction : {"inbound", "outbound"}) {
    SCOPED_TRACE(direction);
    const std::size_t kinds = std::string(direction) == "inbound" ? 3 : 2;
    std::vector<Frame> frames;
    for (std::size_t size = 26; size < 300; ++size) {
      frames.push_back(make_frame(size, random, static_cast<int>(size % kinds)));
    }
    const std::string target = file(direction);
    RecordRun record({"-i", "any", "-B", "8", "-w", target, direction});
    ASSERT_TRUE(record.wait_started()) << record.err();
    FrameSender("v0").send_all(frames);
    ASSERT_TRUE(record.wait_received(frames.size()));
    ASSERT_EQ(record.stop(), 0) << record.err();
    std::vector<Frame> expected;
    std::vector<Frame> recorded;
    for (const Frame& frame : frames) expected.emplace_back(frame.begin() + 14, frame.end());
    const ReadRecording recording = read_recording(target);
    for (std::size_t i = 0; i < recording.packets.size() && i < frames.size(); ++i) {
      const Frame& bytes = recording.packets[i].bytes;
      EXPECT_TRUE(std::equal(frames[i].begin() + 12, frames[i].begin() + 14, bytes.begin()));
      recorded.emplace_back(bytes.begin() + 20, bytes.end());
    }
    EXPECT_EQ(difference(expected, recorded), "");
  }
}

// An interface without a link header: LINKTYPE_RAW, whole IP packets.
TEST_F(RecordStart, TunIsRaw) {
  const UniqueFd tun(::open("/dev/net/tun", O_RDWR | O_CLOEXEC));
  ASSERT_TRUE(tun) << errno_text(errno);
  ifreq request{};
  std::strcpy(request.ifr_name, "t0");
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  ASSERT_EQ(::ioctl(tun.get(), TUNSETIFF, &request), 0) << errno_text(errno);
  shell("sysctl -qw net.ipv6.conf.t0.disable_ipv6=1; ip link set t0 mtu 9000 up");
  for (const char* layout : {"in-place", "packed", "pcap"}) {
    SCOPED_TRACE(layout);
    const bool is_pcap = std::string(layout) == "pcap";
    const std::string target = file(layout);
    RecordRun record({"-i", "t0", "-B", "8", is_pcap ? "-F" : "--layout", layout, "-w", target,
                      "udp port 5000"});
    ASSERT_TRUE(record.wait_started()) << record.err();
    std::vector<Frame> expected;
    for (std::uint32_t number = 0; number < 300; ++number) {
      for (const std::uint16_t port : {kWantedPort, kOtherPort}) {
        const Frame frame = make_udp_frame(port, number, 46 + number * 20);
        const Frame packet(frame.begin() + 14, frame.end());
        ASSERT_EQ(::write(tun.get(), packet.data(), packet.size()),
                  static_cast<ssize_t>(packet.size()));
        if (port == kWantedPort) expected.push_back(packet);
      }
    }
    ASSERT_TRUE(record.wait_received(expected.size()));
    ASSERT_EQ(record.stop(), 0) << record.err();
    expect_reconciled(record.statistics());
    const ReadRecording recording = read_recording(target);
    EXPECT_EQ(recording.complaint, "");
    EXPECT_EQ(recording.link_type, 12);  // DLT_RAW; LINKTYPE_RAW is 101 in the file
    EXPECT_EQ(difference(expected, frames_of(recording)), "");
    expect_readable(target, expected.size());
  }
}

// A ring that overflows before its thread has taken anything lost nothing before the capture began,
// however long ago the socket was opened: each thread's birth waits until the ring is full.
TEST_F(RecordStart, ALossBeforeTheFirstPacketBeginsWithTheCapture) {
  const FrameSender sender("v0");
  std::atomic<std::uint64_t> first_birth_ns{0};
  FailingCalls births({.calls = {SYS_clone, SYS_clone3}, .before_answer = [&] {
                         if (first_birth_ns == 0) first_birth_ns = wall_clock_ns();
                         for (std::uint32_t number = 0; number < 3'000; ++number) {
                           sender.send(make_udp_frame(kWantedPort, number, 1400));
                         }
                       }});
  ProcessOptions options;
  options.in_child = births.in_child();
  RecordRun record({"-i", "v1", "-B", "2", "-w", file("early")}, options);
  ASSERT_TRUE(record.wait_started()) << record.err();
  ASSERT_TRUE(record.wait_received(3'000));
  EXPECT_EQ(record.stop(), 0) << record.err();
  const Statistics info = info_of(file("early"));
  ASSERT_GT(info.size("/loss/spans"), 0U) << info.all();
  EXPECT_GT(info.number("/loss/spans/0/from_ns"), first_birth_ns) << info.all();
}

}  // namespace
}  // namespace capstan::test
