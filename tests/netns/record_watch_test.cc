// A recorder being watched: metrics, status, systemd's notifications, alarms, the journal.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/core/errors.h"
#include "tests/support/record_run.h"
#include "tests/support/sandbox.h"
#include "tests/support/wire.h"

namespace capstan::test {
namespace {

class RecordWatch : public Sandbox {
 protected:
  static void send_frames(std::uint32_t count, std::size_t size = 100) {
    const FrameSender sender("v0");
    for (std::uint32_t i = 0; i < count; ++i) sender.send(make_udp_frame(5000, i, size));
  }

  static ProcessResult fetch(const std::string& url, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"curl", "-sS", "--max-time", "20"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.push_back(url);
    return run(std::move(arguments));
  }

  // The value of one sample, or what was answered instead.
  static std::string metric(const std::string& sample) {
    const std::string text = fetch("http://127.0.0.1:9117/metrics").out;
    const std::size_t at = text.find("\n" + sample + " ");
    if (at == std::string::npos) return "no " + sample + " in\n" + text;
    const std::size_t value = at + sample.size() + 2;
    return text.substr(value, text.find('\n', value) - value);
  }

  static bool wait_for_text(RecordRun& record, const std::string& text) {
    return wait_until([&] {
             return record.err().find(text) != std::string::npos || !record.process().is_running();
           }) &&
           record.err().find(text) != std::string::npos;
  }

  // As in service: root that becomes the owner of the target directory, all locked down.
  std::string dropped_target(const std::string& name) const {
    shell("chmod 755 " + directory() + "; mkdir -p " + file("out") + "; chown 65534 " +
          file("out"));
    return file("out/" + name);
  }
};

TEST_F(RecordWatch, MetricsAreServedWhileLockedDown) {
  RecordRun record({"-i", "v1", "-B", "8", "--metrics", ":9117", "-b", "duration:0.5", "-w",
                    dropped_target("m.pcapng")});
  ASSERT_TRUE(record.wait_started()) << record.err();
  send_frames(100);
  ASSERT_TRUE(record.wait_written(100));
  EXPECT_EQ(metric("capstan_packets_received_total{interface=\"v1\",ring=\"0\"}"), "100");
  EXPECT_EQ(metric("capstan_packets_dropped_total{interface=\"v1\",ring=\"0\"}"), "0");
  EXPECT_EQ(metric("capstan_link_up{interface=\"v1\"}"), "1");
  EXPECT_TRUE(wait_until([&] {
    return metric("capstan_disk_free_bytes{directory=\"" + file("out") + "\"}").find("no ") != 0;
  }));
  EXPECT_TRUE(
      wait_until([&] { return metric("capstan_alarm{alarm=\"loss\",subject=\"v1\"}") == "0"; }));
  const ProcessResult head = fetch("http://127.0.0.1:9117/metrics", {"-D", "-", "-o", "/dev/null"});
  EXPECT_NE(head.out.find("200 OK"), std::string::npos);
  EXPECT_NE(head.out.find("text/plain; version=0.0.4"), std::string::npos);
  EXPECT_NE(fetch("http://127.0.0.1:9117/x", {"-D", "-"}).out.find("404"), std::string::npos);
  EXPECT_NE(fetch("http://127.0.0.1:9117/metrics", {"-D", "-", "-d", "x=1"}).out.find("405"),
            std::string::npos);
  // Only the loopback address was asked for.
  shell("ip addr add 192.0.2.1/32 dev lo");
  EXPECT_NE(fetch("http://192.0.2.1:9117/metrics").status, 0);
  EXPECT_EQ(record.stop(), 0) << record.err();
  expect_reconciled(record.statistics());
}

TEST_F(RecordWatch, ClientsThatSayNothingDoNotHoldItUp) {
  RecordRun record({"-i", "v1", "-B", "8", "--metrics", ":9117", "-w", dropped_target("m.pcapng")});
  ASSERT_TRUE(record.wait_started()) << record.err();
  std::vector<UniqueFd> idle;
  for (int i = 0; i < 8; ++i) {
    idle.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(9117);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(
        ::connect(idle.back().get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
        0);
    ASSERT_EQ(::send(idle.back().get(), "GET /met", 8, 0), 8);
  }
  send_frames(500);
  ASSERT_TRUE(record.wait_written(500)) << record.err();
  EXPECT_EQ(metric("capstan_packets_received_total{interface=\"v1\",ring=\"0\"}"), "500");
  EXPECT_EQ(record.stop(), 0) << record.err();
  expect_reconciled(record.statistics());
}

// A unit whose port somebody has records all the same, and is asked once he has gone.
TEST_F(RecordWatch, APortInUseIsSaidAndTheRecordingDoesNotWaitForIt) {
  RecordRun first({"-i", "v1", "-B", "8", "--metrics", ":9117", "-w", dropped_target("1.pcapng")});
  ASSERT_TRUE(first.wait_started()) << first.err();
  RecordRun second({"-i", "v1", "-B", "8", "--metrics", ":9117", "-w", dropped_target("2.pcapng")});
  ASSERT_TRUE(second.wait_started()) << second.err();
  EXPECT_NE(
      second.err().find("--metrics 127.0.0.1:9117: Address already in use; it is tried again"),
      std::string::npos)
      << second.err();
  EXPECT_EQ(first.stop(), 0) << first.err();
  send_frames(77);
  ASSERT_TRUE(second.wait_written(77)) << second.err();
  EXPECT_TRUE(wait_until([&] { return fetch("http://127.0.0.1:9117/metrics").status == 0; }))
      << second.err();
  EXPECT_EQ(metric("capstan_packets_received_total{interface=\"v1\",ring=\"0\"}"), "77");
  EXPECT_NE(second.err().find("it is listened on now"), std::string::npos) << second.err();
  EXPECT_EQ(second.stop(), 0) << second.err();
  expect_reconciled(second.statistics());
}

// As at a boot, where the recorder is there before the address.
TEST_F(RecordWatch, AnAddressThatComesLaterIsListenedOnThen) {
  RecordRun record(
      {"-i", "v1", "-B", "8", "--metrics", "192.0.2.9:9117", "-w", dropped_target("a.pcapng")});
  ASSERT_TRUE(record.wait_started()) << record.err();
  EXPECT_NE(record.err().find("--metrics 192.0.2.9:9117: Cannot assign requested address"),
            std::string::npos)
      << record.err();
  shell("ip addr add 192.0.2.9/32 dev lo");
  EXPECT_TRUE(wait_until([&] { return fetch("http://192.0.2.9:9117/metrics").status == 0; }))
      << record.err();
  EXPECT_EQ(record.stop(), 0) << record.err();
}

TEST_F(RecordWatch, StatusByProcessNumberAndBySocket) {
  RecordRun record({"-i", "v1", "-B", "8", "-w", dropped_target("s.pcapng")});
  ASSERT_TRUE(record.wait_started()) << record.err();
  send_frames(123);
  ASSERT_TRUE(record.wait_written(123));
  const std::string pid = std::to_string(record.process().pid());
  const ProcessResult text = run_capstan({"status", pid});
  EXPECT_EQ(text.status, 0) << text.err;
  EXPECT_NE(text.out.find("123 packets received, 0 dropped"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("link v1: up"), std::string::npos) << text.out;
  const std::string socket = "/run/capstan/65534/" + pid + ".sock";
  const ProcessResult json = run_capstan({"status", "--json", socket});
  EXPECT_EQ(json.status, 0) << json.err;
  const Statistics status(json.out);
  EXPECT_EQ(status.number("/stats/packets_written"), 123U);
  EXPECT_EQ(std::to_string(status.number("/pid")), pid);
  EXPECT_NE(run_capstan({"status"}).out.find("process " + pid + ")"), std::string::npos);
  struct stat mode {};
  ASSERT_EQ(::stat(socket.c_str(), &mode), 0);
  EXPECT_EQ(mode.st_mode & 0777, 0660U);
  EXPECT_EQ(mode.st_uid, 65534U);
  EXPECT_EQ(record.stop(), 0) << record.err();
  EXPECT_FALSE(std::filesystem::exists(socket)) << "removed by the user it became";
  EXPECT_EQ(run_capstan({"status", pid}).status, 2);
  EXPECT_EQ(run_capstan({"status", file("nothing.sock")}).status, 1);
}

TEST_F(RecordWatch, AChosenSocketOrNoneAndWhatAKilledOneLeft) {
  const std::string socket = file("here.sock");
  {
    RecordRun record({"-i", "v1", "-B", "8", "--status-socket", socket, "-w", file("a.pcapng")});
    ASSERT_TRUE(record.wait_started()) << record.err();
    EXPECT_EQ(run_capstan({"status", socket}).status, 0);
    record.process().signal(SIGKILL);
    record.wait();
  }
  EXPECT_TRUE(std::filesystem::exists(socket));
  const ProcessResult dead = run_capstan({"status", socket});
  EXPECT_EQ(dead.status, 1);
  EXPECT_NE(dead.err.find("runs no more"), std::string::npos) << dead.err;
  RecordRun again({"-i", "v1", "-B", "8", "--status-socket", socket, "-w", file("b.pcapng")});
  ASSERT_TRUE(again.wait_started()) << again.err();
  EXPECT_EQ(run_capstan({"status", socket}).status, 0);
  EXPECT_EQ(again.stop(), 0);
  RecordRun none({"-i", "v1", "-B", "8", "--status-socket", "none", "-w", file("c.pcapng")});
  ASSERT_TRUE(none.wait_started()) << none.err();
  EXPECT_EQ(run_capstan({"status", std::to_string(none.process().pid())}).status, 2);
  EXPECT_EQ(none.stop(), 0);
}

TEST_F(RecordWatch, Sigusr2PrintsTheFigures) {
  RecordRun record({"-i", "v1", "-B", "8", "-w", dropped_target("u.pcapng")});
  ASSERT_TRUE(record.wait_started()) << record.err();
  send_frames(77);
  ASSERT_TRUE(record.wait_written(77));
  record.process().signal(SIGUSR2);
  EXPECT_TRUE(wait_for_text(record, "77 packets received, 0 dropped")) << record.err();
  EXPECT_TRUE(record.process().is_running());
  EXPECT_EQ(record.stop(), 0) << record.err();
}

// systemd's end of sd_notify(3).
class NotifySocket {
 public:
  explicit NotifySocket(const std::string& path)
      : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    if (::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
      throw_errno("bind " + path);
    }
    if (::chmod(path.c_str(), 0666) != 0) throw_errno("chmod " + path);
  }
  bool wait_for(const std::string& text) {
    return wait_until([&] {
      char buffer[4096];
      ssize_t size = 0;
      while ((size = ::recv(fd_.get(), buffer, sizeof(buffer), 0)) > 0) {
        heard_.append(buffer, static_cast<std::size_t>(size));
      }
      return heard_.find(text) != std::string::npos;
    });
  }
  void forget() { heard_.clear(); }
  const std::string& heard() const { return heard_; }

 private:
  UniqueFd fd_;
  std::string heard_;
};

TEST_F(RecordWatch, SystemdIsToldReadyAliveAndStopping) {
  const std::string target = dropped_target("n.pcapng");
  const std::string path = file("notify");
  NotifySocket manager(path);
  RecordRun record({"-i", "v1", "-B", "8", "-w", target}, {[path] {
                     ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
                     ::setenv("WATCHDOG_USEC", "200000", 1);
                   }});
  ASSERT_TRUE(manager.wait_for("READY=1\nSTATUS=recording v1: ")) << record.err();
  ASSERT_TRUE(manager.wait_for("WATCHDOG=1\n"));
  manager.forget();
  ASSERT_TRUE(manager.wait_for("WATCHDOG=1\n")) << "again and again";
  send_frames(50);
  ASSERT_TRUE(manager.wait_for("recording v1: 50 packets, 0 lost")) << manager.heard();
  EXPECT_EQ(record.stop(SIGTERM), 0) << record.err();
  EXPECT_TRUE(manager.wait_for("STOPPING=1\n"));
  expect_reconciled(record.statistics());
}

TEST_F(RecordWatch, SystemdIsToldWhatItWaitsFor) {
  const std::string path = file("notify");
  NotifySocket manager(path);
  RecordRun record({"-i", "w1", "-B", "8", "--wait-for-interface", "-w", file("w.pcapng")},
                   {[path] { ::setenv("NOTIFY_SOCKET", path.c_str(), 1); }});
  ASSERT_TRUE(manager.wait_for("READY=1\nSTATUS=waiting until w1 is there and up"));
  make_pair("w0", "w1");
  ASSERT_TRUE(manager.wait_for("STATUS=recording w1"));
  EXPECT_EQ(record.stop(), 0);
}

TEST_F(RecordWatch, TheJournalGetsWeights) {
  // JOURNAL_STREAM names standard error by device and number, as systemd does.
  RecordRun record({"-i", "v1", "-B", "8", "-w", file("j.pcapng")}, {[] {
                     struct stat status {};
                     ::fstat(STDERR_FILENO, &status);
                     const std::string stream =
                         std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
                     ::setenv("JOURNAL_STREAM", stream.c_str(), 1);
                   }});
  ASSERT_TRUE(record.wait_started()) << record.err();
  shell("ip link set v1 mtu 1400; ip link set v1 down");
  EXPECT_TRUE(wait_for_text(record, "<5>v1: the MTU is now 1400")) << record.err();
  EXPECT_TRUE(wait_for_text(record, "<4>v1 went down")) << record.err();
  EXPECT_EQ(record.stop(), 0) << record.err();
}

TEST_F(RecordWatch, LossIsTwoLinesAndAnAlarm) {
  // A reader that stands still: the ring fills and the kernel drops.
  const std::string fifo = file("fifo");
  shell("mkfifo " + fifo);
  RecordRun record(
      {"-i", "v1", "-B", "1", "--block-size", "64K", "--metrics", ":9117", "-w", fifo});
  const UniqueFd hold(::open(fifo.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  ASSERT_TRUE(record.wait_started()) << record.err();
  ASSERT_TRUE(wait_until([&] {
    send_frames(1000, 1400);
    return record.statistics().number("/packets_dropped") > 1000;
  })) << record.err();
  ASSERT_TRUE(wait_for_text(record, "v1 loses packets")) << record.err();
  EXPECT_EQ(metric("capstan_alarm{alarm=\"loss\",subject=\"v1\"}"), "1");
  // Now it is read again, and the loss ends.
  const Process drain({"sh", "-c", "exec cat " + fifo + " >/dev/null"});
  ASSERT_TRUE(wait_for_text(record, "the loss has ended after")) << record.err();
  EXPECT_EQ(metric("capstan_alarm{alarm=\"loss\",subject=\"v1\"}"), "0");
  EXPECT_EQ(record.stop(), 0) << record.err();
  expect_reconciled(record.statistics());
  const std::string log = record.err();
  const std::size_t first = log.find("loses packets");
  EXPECT_EQ(log.find("loses packets", first + 1), std::string::npos) << log;
}

TEST_F(RecordWatch, ASilentLinkIsSaidAndSoIsItsReturn) {
  RecordRun record({"-i", "v1", "-B", "8", "--alarm-silent", "0.5", "--metrics", ":9117", "-w",
                    dropped_target("q.pcapng")});
  ASSERT_TRUE(wait_for_text(record, "v1 is silent: no packet for")) << record.err();
  EXPECT_EQ(metric("capstan_alarm{alarm=\"silent\",subject=\"v1\"}"), "1");
  send_frames(1);
  ASSERT_TRUE(wait_for_text(record, "v1 is heard again after")) << record.err();
  EXPECT_EQ(record.stop(), 0) << record.err();
}

TEST_F(RecordWatch, AFillingDiskRaisesAnAlarm) {
  const std::string small = file("small");
  shell("mkdir " + small + " && mount -t tmpfs -o size=64m tmpfs " + small);
  RecordRun record({"-i", "v1", "-B", "8", "--alarm-disk", "60%", "-a", "filesize:4000", "-w",
                    small + "/d.pcapng"});
  ASSERT_TRUE(record.wait_started()) << record.err();
  shell("head -c 40m /dev/zero >" + small + "/filler");
  ASSERT_TRUE(wait_for_text(record, small + " is nearly full")) << record.err();
  shell("rm " + small + "/filler");
  ASSERT_TRUE(wait_for_text(record, small + " has room again")) << record.err();
  EXPECT_EQ(record.stop(), 0) << record.err();
  expect_reconciled(record.statistics());
  unmount(small);
}

}  // namespace
}  // namespace capstan::test
