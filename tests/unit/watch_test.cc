// What is said of a recording to the outside: alarms, metrics, status, and the options for it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "engine/core/clock.h"
#include "tests/support/temp_dir.h"
#include "tools/record/metrics_text.h"
#include "tools/record/record_stats.h"
#include "tools/watch/alarms.h"
#include "tools/watch/local_address.h"
#include "tools/watch/parse_status.h"
#include "tools/watch/status_socket.h"
#include "tools/watch/status_text.h"
#include "tools/watch/watch_cli.h"

namespace capstan::tools {
namespace {

constexpr std::uint64_t kSecond = kNanosecondsPerSecond;

class AlarmsTest : public ::testing::Test {
 protected:
  // The lines at this second, each marked with + for begins and - for ends.
  std::string at(double second, std::uint64_t received, std::uint64_t dropped,
                 std::uint64_t free_bytes = 900) {
    AlarmInputs inputs;
    inputs.now_ns = static_cast<std::uint64_t>(second * 1e9);
    inputs.links = {{"eth0", received, dropped, 0}};
    inputs.disks = {{"/data", free_bytes, 1000}};
    std::string text;
    for (const AlarmLine& line : alarms_.update(inputs)) {
      text += line.begins ? '+' : '-';
      text += line.text + '\n';
    }
    return text;
  }
  bool active(const std::string& alarm) const {
    for (const AlarmState& state : alarms_.states()) {
      if (state.alarm == alarm) return state.active;
    }
    ADD_FAILURE() << "no alarm " << alarm;
    return false;
  }
  Alarms alarms_{AlarmLimits{{10, 0}, 3 * kSecond}};
};

TEST_F(AlarmsTest, ALossIsOneLineAtItsBeginAndOneAtItsEnd) {
  EXPECT_EQ(at(1, 10, 0), "");
  EXPECT_FALSE(active("loss"));
  EXPECT_NE(at(2, 20, 5).find("+eth0 loses packets"), std::string::npos);
  for (double second = 2.25; second < 7; second += 0.25) {
    EXPECT_EQ(at(second, 20 + static_cast<std::uint64_t>(second * 100),
                 static_cast<std::uint64_t>(second * 4)),
              "")
        << "one line, not one a packet";
    EXPECT_TRUE(active("loss"));
  }
  EXPECT_EQ(at(7.5, 1000, 27), "") << "bursts less than 2 s apart are one loss";
  EXPECT_EQ(at(8.5, 1001, 27), "");
  EXPECT_EQ(at(9, 1002, 27),
            "-the loss has ended after 4.750 s: 27 packets were dropped on eth0\n");
  EXPECT_FALSE(active("loss"));
  EXPECT_NE(at(10, 1003, 28).find("+eth0 loses packets"), std::string::npos) << "and anew";
}

TEST_F(AlarmsTest, SilenceCountsFromTheLastPacket) {
  EXPECT_EQ(at(1, 10, 0), "");
  EXPECT_EQ(at(3.5, 10, 0), "");
  EXPECT_EQ(at(4, 10, 0), "+eth0 is silent: no packet for 3.000 s\n");
  EXPECT_TRUE(active("silent"));
  EXPECT_EQ(at(60, 10, 0), "");
  EXPECT_EQ(at(61, 11, 0), "-eth0 is heard again after 60.000 s\n");
  EXPECT_FALSE(active("silent"));
}

TEST_F(AlarmsTest, ADiskAtItsLimitDoesNotComeAndGo) {
  EXPECT_EQ(at(1, 1, 0, 100), "");
  EXPECT_EQ(at(2, 2, 0, 99), "+/data is nearly full: 99 bytes of 1000 bytes are free\n");
  EXPECT_EQ(at(3, 3, 0, 105), "");
  EXPECT_TRUE(active("disk"));
  EXPECT_EQ(at(4, 4, 0, 110), "-/data has room again: 110 bytes of 1000 bytes are free\n");
  EXPECT_EQ(at(5, 5, 0, 105), "");
}

TEST(Alarms, WithoutLimitsNeitherDiskNorSilence) {
  Alarms alarms{AlarmLimits{{0, 0}, 0}};
  AlarmInputs inputs;
  inputs.links = {{"eth0", 0, 0, 0}};
  inputs.disks = {{"/data", 0, 1000}};
  for (std::uint64_t second = 0; second < 100; ++second) {
    inputs.now_ns = second * kSecond;
    EXPECT_TRUE(alarms.update(inputs).empty());
  }
}

RecordStats stats() {
  RecordStats stats;
  RingStats ring;
  ring.interface_name = "eth0";
  ring.received = 100;
  ring.dropped = 7;
  stats.rings = {ring, ring};
  FileStats file;
  file.path = "/data/a\"b\\c.pcapng";
  file.written = 93;
  stats.files = {file};
  stats.links = {{"eth0", "eth0", false, true, true, 1500},
                 {"eth1", "eth1", true, true, true, 9000}};
  stats.alarms = {{"loss", "eth0", true}};
  stats.disks = {{"/data", 10, 100}};
  stats.duration_ns = 1'500'000'000;
  stats.backlog_drops = 11;
  stats.rx_dropped = 12;
  return stats;
}

TEST(Metrics, AreExpositionText) {
  const std::string text = metrics_text(stats());
  for (const char* line :
       {"# TYPE capstan_packets_received_total counter\n",
        "capstan_packets_received_total{interface=\"eth0\",ring=\"1\"} 100\n",
        "capstan_packets_dropped_total{interface=\"eth0\",ring=\"0\"} 7\n",
        "capstan_packets_written_total{file=\"/data/a\\\"b\\\\c.pcapng\"} 93\n",
        "capstan_link_up{interface=\"eth0\"} 1\n", "capstan_link_up{interface=\"eth1\"} 0\n",
        "capstan_disk_free_bytes{directory=\"/data\"} 10\n",
        "capstan_alarm{alarm=\"loss\",subject=\"eth0\"} 1\n", "capstan_recording_seconds 1.5\n",
        "capstan_backlog_drops_total 11\n", "capstan_rx_dropped_total 12\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "in\n" << text;
  }
  // Each line a comment or a sample of the family opened above it.
  std::string family;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = text.find('\n', at);
    ASSERT_NE(end, std::string::npos) << "the last line ends too";
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    if (line.starts_with("# HELP ")) family = line.substr(7, line.find(' ', 7) - 7);
    if (line.starts_with("#")) continue;
    EXPECT_EQ(line.substr(0, line.find_first_of("{ ")), family) << line;
  }
}

TEST(Status, ReadsAsPeopleWant) {
  const nlohmann::json status = {{"pid", 4711},
                                 {"version", "1.2"},
                                 {"interfaces", {"eth0"}},
                                 {"since_ns", 1'500'000'000'000'000'000},
                                 {"stats", to_json(stats())}};
  const std::string text = status_text(status);
  for (const char* part :
       {"process 4711", "records eth0 to /data/a", "200 packets received, 14 dropped",
        "link eth1: gone, MTU 9000", "ALARM loss eth0", "/data: 10 bytes of 100 bytes free"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " in\n" << text;
  }
  EXPECT_THROW(status_text(nlohmann::json::object()), nlohmann::json::exception);
}

TEST(Status, WhatIsNoStatusIsRefused) {
  EXPECT_EQ(parse_status<nlohmann::json>(R"({"stats":{"rings":[]}})")["stats"]["rings"].size(), 0U);
  constexpr std::size_t kDeep = 1'000'000;  // would take the stack of who copies or prints it
  const std::string deep = "{\"stats\":" + std::string(kDeep, '[') + std::string(kDeep, ']') + "}";
  for (const std::string& text : {std::string(), std::string("[]"), std::string("{"), deep}) {
    EXPECT_THROW(parse_status<nlohmann::json>(text), std::runtime_error) << text.substr(0, 20);
  }
}

// A recorder that was killed leaves its socket: it does not run for ever.
TEST(Status, ADeadSocketIsNoRecorder) {
  const test::TempDir dir;
  std::filesystem::create_directory(dir.path() / "capstan");
  const std::string path = dir.path() / "capstan" / "1.sock";
  ASSERT_EQ(::setenv("XDG_RUNTIME_DIR", dir.path().c_str(), 1), 0);
  {
    const StatusSocket living(path);
    EXPECT_TRUE(a_recorder_runs());
    std::filesystem::rename(path, path + ".kept");  // so that its end does not remove it
  }
  std::filesystem::rename(path + ".kept", path);
  const std::vector<std::string> found = find_status_sockets();
  EXPECT_NE(std::find(found.begin(), found.end(), path), found.end());
  if (found.size() == 1) {  // else others run or ran on this machine
    EXPECT_FALSE(a_recorder_runs());
  }
  ASSERT_EQ(::unsetenv("XDG_RUNTIME_DIR"), 0);
}

// Another user's socket refuses everybody, whether its recorder runs or was killed.
TEST(Status, AnotherUsersDeadSocketIsNoRecorder) {
  const test::TempDir dir;
  std::filesystem::permissions(dir.path(), std::filesystem::perms(0755));
  const pid_t gone = ::fork();
  ASSERT_GE(gone, 0);
  if (gone == 0) ::_exit(0);
  ASSERT_EQ(::waitpid(gone, nullptr, 0), gone);
  for (const std::string& name :
       {std::to_string(gone), std::to_string(::getpid()), std::string("x")}) {
    const StatusSocket listening((dir.path() / (name + ".sock")).string());
    EXPECT_FALSE(is_left_behind(listening.path())) << "one that answers";
    ASSERT_EQ(::chmod(listening.path().c_str(), 0), 0);
    if (::getuid() == 0) ::setfsuid(65534);
    EXPECT_EQ(is_left_behind(listening.path()), name == std::to_string(gone)) << name;
    if (::getuid() == 0) ::setfsuid(0);
  }
}

int refusal_of(const std::string& path, std::uint64_t patience_ns) {
  try {
    static_cast<void>(ask_status(path, patience_ns));
  } catch (const std::system_error& error) {
    return error.code().value();
  }
  return 0;
}

// A stopped recorder that is asked every second has its queue full soon.
TEST(StatusSocket, OneThatStandsStillHoldsNobody) {
  const test::TempDir dir;
  const StatusSocket still((dir.path() / "1.sock").string());
  constexpr std::uint64_t kPatience = kNanosecondsPerSecond / 20;
  for (int i = 0; i < 12; ++i) EXPECT_EQ(refusal_of(still.path(), kPatience), ETIMEDOUT) << i;
}

TEST(StatusSocket, OneThatSendsByteByByteHoldsNobody) {
  const test::TempDir dir;
  const StatusSocket slow((dir.path() / "1.sock").string());
  ASSERT_EQ(::fcntl(slow.descriptor(), F_SETFL, 0), 0) << "accept() below waits";
  std::atomic<bool> stop = false;
  std::jthread sender([&] {
    const UniqueFd client(::accept(slow.descriptor(), nullptr, nullptr));
    while (!stop && ::send(client.get(), " ", 1, MSG_NOSIGNAL) == 1) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
  EXPECT_EQ(refusal_of(slow.path(), kNanosecondsPerSecond / 5), ETIMEDOUT);
  stop = true;
}

TEST(WatchOptions, AddressesWithAndWithoutAHost) {
  EXPECT_EQ(parse_listen_address("9117")->text, "127.0.0.1:9117");
  EXPECT_EQ(parse_listen_address(":9117")->text, "127.0.0.1:9117");
  EXPECT_EQ(parse_listen_address("0.0.0.0:80")->text, "0.0.0.0:80");
  EXPECT_EQ(parse_listen_address("[::1]:9117")->address.family(), AF_INET6);
  for (const char* wrong : {"", "localhost:9117", "127.0.0.1", "127.0.0.1:", "1.2.3.4:65536",
                            "::1:9117", "[::1]", "9117x", "[]:1"}) {
    EXPECT_FALSE(parse_listen_address(wrong)) << wrong;
  }
}

TEST(WatchOptions, FreeSpaceAsShareOrSize) {
  EXPECT_EQ(parse_free_space("5%")->of(1000), 50U);
  EXPECT_EQ(parse_free_space("20GB")->of(1), 20'000'000'000U);
  EXPECT_EQ(parse_free_space("1.5KiB")->of(1), 1536U);
  EXPECT_EQ(parse_free_space("0")->of(1000), 0U);
  for (const char* wrong : {"", "5", "100%", "-1%", "20 GB", "GB", "nan%", "1e30TB"}) {
    EXPECT_FALSE(parse_free_space(wrong)) << wrong;
  }
  std::vector<std::string> problems;
  RawWatchOptions raw;
  raw.metrics = "somewhere";
  raw.alarm_disk = "much";
  raw.alarm_silent_s = -1;
  read_watch_options(raw, problems);
  EXPECT_EQ(problems.size(), 3U) << "all at once";
}

}  // namespace
}  // namespace capstan::tools
