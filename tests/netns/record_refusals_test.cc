// Bad input and poor surroundings: each refusal names the object and the mend with the right exit
// status, each fallback is said once and the recording is right all the same.
#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <fstream>

#include "engine/core/unique_fd.h"
#include "tests/support/record_run.h"
#include "tests/support/sandbox.h"
#include "tests/support/wire.h"

namespace capstan::test {
namespace {

using Words = std::vector<std::string>;

constexpr unsigned kNobody = 65534;

void become_nobody() {
  if (::setgroups(0, nullptr) != 0 || ::setgid(kNobody) != 0 || ::setuid(kNobody) != 0)
    ::_exit(126);
}

// io_uring_setup(2) answers EPERM, as under kernel.io_uring_disabled=2 or in a container.
void forbid_io_uring() {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{4, program};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
    ::_exit(126);
  }
}

std::size_t times(const std::string& text, const std::string& word) {
  std::size_t count = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    ++count;
  }
  return count;
}

class RecordRefusals : public Sandbox {
 protected:
  static void expect_refused(const Words& options, int status, const Words& said,
                             ProcessOptions process = {}) {
    Words arguments = {"record"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const ProcessResult result = run_capstan(arguments, std::move(process));
    std::string line;
    for (const std::string& option : options) line += option + ' ';
    SCOPED_TRACE(line);
    EXPECT_EQ(result.status, status) << result.err;
    EXPECT_EQ(result.err.rfind("capstan record: ", 0), 0U) << result.err;
    for (const std::string& word : said) {
      EXPECT_NE(result.err.find(word), std::string::npos) << word << " is not in: " << result.err;
    }
  }

  static void send_frames(std::uint32_t count, std::size_t size) {
    const FrameSender sender("v0");
    for (std::uint32_t number = 0; number < count; ++number) {
      sender.send(make_udp_frame(5000, number, size));
    }
  }

  // Records 2000 frames in this surrounding; they are all there. Returns what was said.
  std::string record_all(const Words& options, const std::string& target,
                         ProcessOptions process = {}, int signal = SIGINT) {
    Words arguments = {"-i", "v1", "-B", "8", "-w", target};
    arguments.insert(arguments.end(), options.begin(), options.end());
    RecordRun record(arguments, std::move(process));
    EXPECT_TRUE(record.wait_started()) << record.err();
    send_frames(2000, 700);
    EXPECT_TRUE(record.wait_received(2000));
    EXPECT_EQ(record.stop(signal), 0) << record.err();
    expect_reconciled(record.statistics());
    expect_numbers(target, 2000, 2000);
    return record.err();
  }

  static void expect_numbers(const std::string& target, std::size_t at_least, std::size_t at_most) {
    const ReadRecording recording = read_recording(target);
    EXPECT_EQ(recording.complaint, "");
    EXPECT_GE(recording.packets.size(), at_least);
    EXPECT_LE(recording.packets.size(), at_most);
    for (std::uint32_t i = 0; i < recording.packets.size(); ++i) {
      ASSERT_EQ(number_of(recording.packets[i].bytes), i);
    }
  }
};

TEST_F(RecordRefusals, UnknownInterfaceNamesTheNearest) {
  expect_refused({"-i", "v11", "-w", file("x")}, 2, {"'v11'", "v1", "-D"});
  expect_refused({"-i", "99", "-w", file("x")}, 2, {"'99'"});
  expect_refused({"-w", file("x")}, 2, {"-i"});
  EXPECT_TRUE(std::filesystem::is_empty(directory()));
}

TEST_F(RecordRefusals, NoPermissionNamesTheCapabilityAndTheCommand) {
  ProcessOptions nobody;
  nobody.in_child = become_nobody;
  for (const Words& more : {Words{}, Words{"udp port 53"}}) {
    Words options = {"-i", "v1", "-w", "/tmp/never"};
    options.insert(options.end(), more.begin(), more.end());
    expect_refused(options, 1, {"v1", "CAP_NET_RAW", "setcap cap_net_raw", capstan_binary()},
                   nobody);
  }
}

TEST_F(RecordRefusals, FiltersThatDoNotCompile) {
  expect_refused({"-i", "v1", "-w", file("x"), "udp", "prot", "53"}, 2,
                 {"'udp prot 53'", "syntax"});
  expect_refused({"-i", "v1", "-w", file("x"), "host", "no.such.name.invalid"}, 2,
                 {"no.such.name.invalid"});
  expect_refused({"-i", "v1", "-w", file("x"), "port", "70000"}, 2, {"70000"});
  expect_refused({"-i", "any", "-w", file("x"), "ether host 02:00:00:00:00:01"}, 2, {"ether host"});
  EXPECT_TRUE(std::filesystem::is_empty(directory()));
}

TEST_F(RecordRefusals, NonsenseOptions) {
  const std::vector<std::pair<const char*, Words>> table = {
      {"-B", {"0", "-1", "x", "1e99", "2000000", "nan"}},
      {"-s", {"-1", "262145", "x"}},
      {"-c", {"0", "-5", "x", "1.5"}},
      {"-a",
       {"duration", "duration:", "duration:-1", "duration:x", "packets:1.5", "files:3",
        "filesize:0", "duration:nan", "duration:inf"}},
      {"--rings", {"0", "257", "-1", "x", "1.5"}},
      {"--fanout", {"", "hsah"}},
      {"--cpus", {"9999", "x", "3-1", "-1", "1,,2"}},
      {"--block-size", {"0", "1000", "3M", "128M", "8K", "x", "-1", "99999999999999999999"}},
      {"--retire-ms", {"0", "10001", "x", "-1"}},
      {"--layout", {"both"}},
      {"-F", {"erf", ""}},
      {"--stats-interval", {"-1", "x", "100000", "nan"}},
      {"--no-such-option", {"1"}},
  };
  for (const auto& [option, values] : table) {
    for (const std::string& value : values) {
      expect_refused({"-i", "v1", "-w", file("x"),
                      std::string(option).size() == 2 ? option + value : option + ("=" + value)},
                     2, {});
    }
  }
  expect_refused({"-i", "v1"}, 2, {"-w"});
  expect_refused({"-i", "v1", "-w", ""}, 2, {"-w"});
  expect_refused({"-i", "v1", "-w", file("x"), "-w", file("x")}, 2, {"one file"});
  expect_refused({"-i", "v1", "-w", file("x"), "-F", "pcap", "--layout", "in-place"}, 2,
                 {"in-place"});
  expect_refused({"-i", "v1", "-w", "-", "--stats-json", "-"}, 2, {"standard output"});
  expect_refused({"-i", "v1", "-w", "-", "--split-rings"}, 2, {"--split-rings"});
  expect_refused({"-i", "v1", "-w", file("x"), "-B", "1", "--block-size", "1M"}, 2, {"blocks"});
  EXPECT_TRUE(std::filesystem::is_empty(directory()));
}

TEST_F(RecordRefusals, ClassicPcapHoldsOneLinkType) {
  expect_refused({"-i", "v1", "-i", "any", "-F", "pcap", "-w", file("x")}, 2,
                 {"link type", "pcapng", "a file for each ring"});
}

TEST_F(RecordRefusals, Targets) {
  expect_refused({"-i", "v1", "-w", directory()}, 1, {directory(), "NAME.pcapng"});
  expect_refused({"-i", "v1", "-w", file("no/such/x")}, 1, {"no/such", "mkdir -p"});
  shell("mkdir " + file("ro") + " && mount -t tmpfs -o ro tmpfs " + file("ro"));
  expect_refused({"-i", "v1", "-w", file("ro/x")}, 1, {"ro/", "read-only"});
  unmount(file("ro"));
  // An unprivileged user with the capability, and a directory of root's.
  Process process({"setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
                   "--inh-caps", "+net_raw", "--ambient-caps", "+net_raw", capstan_binary(),
                   "record", "-p", "-i", "v1", "-w", file("x")});
  EXPECT_EQ(process.wait(), 1);
  EXPECT_NE(process.err().find("must be writable"), std::string::npos) << process.err();
  EXPECT_NE(process.err().find(directory()), std::string::npos) << process.err();
}

TEST_F(RecordRefusals, AFullTargetEndsWithAValidFile) {
  const std::string image = file("image");
  const std::vector<std::pair<const char*, std::string>> places = {
      {"tmpfs", "mount -t tmpfs -o size=3m tmpfs "},
      {"ext4", "truncate -s 12M " + image + " && mkfs.ext4 -q -F " + image + " && mount -o loop " +
                   image + " "}};
  for (const auto& [name, mount] : places) {
    for (const char* layout : {"in-place", "packed", "pcap"}) {
      SCOPED_TRACE(std::string(name) + " " + layout);
      const std::string where = file(name);
      shell("mkdir -p " + where + " && " + mount + where);
      const std::string target = where + "/full";
      const bool is_pcap = std::string(layout) == "pcap";
      {
        RecordRun record({"-i", "v1", "-B", "16", "--block-size", "256K",
                          is_pcap ? "-F" : "--layout", layout, "-w", target});
        ASSERT_TRUE(record.wait_started()) << record.err();
        send_frames(16'000, 1000);
        EXPECT_EQ(record.wait(), 1) << record.err();
        EXPECT_NE(record.err().find("disk is full"), std::string::npos) << record.err();
        EXPECT_NE(record.err().find(target), std::string::npos) << record.err();
        const Statistics statistics = record.statistics();
        expect_reconciled(statistics);
        EXPECT_GT(statistics.number("/packets_failed"), 0U);
        const std::uint64_t written = statistics.number("/packets_written");
        EXPECT_GT(written, 100U);
        expect_numbers(target, written, written);
        EXPECT_EQ(std::filesystem::file_size(target), statistics.number("/bytes_written"));
      }
      unmount(where);
    }
  }
}

TEST_F(RecordRefusals, AClosedPipe) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const UniqueFd in(ends[1]);
  ::close(ends[0]);
  ProcessOptions to_pipe;
  to_pipe.stdout_fd = in.get();
  RecordRun record({"-i", "v1", "-B", "8", "-w", "-"}, to_pipe);
  EXPECT_EQ(record.wait(), 1);
  EXPECT_NE(record.err().find("Broken pipe"), std::string::npos) << record.err();
  expect_reconciled(record.statistics());
}

TEST_F(RecordRefusals, AnInterfaceThatIsDown) {
  shell("ip link set v1 down");
  expect_refused({"-i", "v1", "-w", file("x")}, 1, {"v1", "ip link set v1 up"});
}

// The kernel gives ring memory until it has none left, and then kills processes: what is not there
// is not asked for.
TEST_F(RecordRefusals, MoreRingMemoryThanThereIsShrinksAndSaysSo) {
  std::ofstream(file("meminfo"))
      << "MemTotal:  100000 kB\nMemFree: 30000 kB\nMemAvailable:  65536 kB\n";
  shell("mount --bind " + file("meminfo") + " /proc/meminfo");
  const std::string target = file("x");
  RecordRun record({"-i", "v1", "-B", "4096", "-w", target});
  ASSERT_TRUE(record.wait_started()) << record.err();
  send_frames(100, 100);
  ASSERT_TRUE(record.wait_received(100));
  EXPECT_EQ(record.stop(), 0) << record.err();
  EXPECT_NE(record.err().find("4.0 GiB"), std::string::npos) << record.err();
  EXPECT_NE(record.err().find("48.0 MiB"), std::string::npos) << record.err();
  EXPECT_EQ(record.statistics().number("/rings/0/ring_bytes"), 48U << 20);
  expect_numbers(target, 100, 100);
  shell("umount /proc/meminfo");
}

TEST_F(RecordRefusals, TwoRecordersOnOneFile) {
  const std::string target = file("one.pcapng");
  RecordRun first({"-i", "v1", "-B", "8", "-w", target});
  ASSERT_TRUE(first.wait_started()) << first.err();
  expect_refused({"-i", "v1", "-B", "8", "-w", target}, 1, {".one.pcapng.part"});
  send_frames(50, 100);
  ASSERT_TRUE(first.wait_received(50));
  EXPECT_EQ(first.stop(), 0) << first.err();
  expect_numbers(target, 50, 50);
}

// What a killed run left is kept as a file of its own, and the new recording gets its name.
TEST_F(RecordRefusals, ALeftoverPartIsFinishedFirst) {
  const std::string target = file("again.pcapng");
  {
    RecordRun record(
        {"-i", "v1", "-B", "8", "--layout", "in-place", "--retire-ms", "5", "-w", target});
    ASSERT_TRUE(record.wait_started()) << record.err();
    send_frames(500, 1000);
    ASSERT_TRUE(record.wait_written(500));
    record.stop(SIGKILL);
  }
  ASSERT_TRUE(std::filesystem::exists(file(".again.pcapng.part")));
  const std::string said = record_all({}, target);
  EXPECT_NE(said.find("cut short"), std::string::npos) << said;
  EXPECT_FALSE(std::filesystem::exists(file(".again.pcapng.part")));
  std::size_t recovered = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory())) {
    if (entry.path() == target) continue;
    ++recovered;
    expect_numbers(entry.path(), 500, 500);
    EXPECT_NE(said.find(entry.path().string()), std::string::npos) << said;
  }
  EXPECT_EQ(recovered, 1U);
}

TEST_F(RecordRefusals, WithoutIoUringItWritesAllTheSame) {
  ProcessOptions forbidden;
  forbidden.in_child = forbid_io_uring;
  for (const char* layout : {"in-place", "packed"}) {
    SCOPED_TRACE(layout);
    const std::string said = record_all({"--layout", layout}, file(layout), forbidden);
    EXPECT_EQ(times(said, "io_uring is not available"), 1U) << said;
    EXPECT_NE(said.find("pwrite"), std::string::npos) << said;
  }
}

TEST_F(RecordRefusals, WithOrWithoutDirectWrites) {
  shell("mkdir " + file("memory") + " && mount -t tmpfs -o size=64m tmpfs " + file("memory"));
  for (const char* layout : {"in-place", "packed"}) {
    SCOPED_TRACE(layout);
    // Newer kernels have O_DIRECT on tmpfs, older ones refuse; what is refused is said, once.
    const std::string said =
        record_all({"--layout", layout}, file(std::string("memory/") + layout));
    EXPECT_LE(times(said, "O_DIRECT"), 1U) << said;
    const std::string buffered = record_all({"--no-direct", "--layout", layout}, file(layout));
    EXPECT_EQ(times(buffered, "O_DIRECT"), 0U) << buffered;
  }
  unmount(file("memory"));
}

TEST_F(RecordRefusals, WithoutLockedMemoryItWritesAllTheSame) {
  const std::string where = file("open");
  shell("mkdir " + where + " && chmod 777 " + directory() + " " + where);
  for (const char* layout : {"in-place", "packed"}) {
    SCOPED_TRACE(layout);
    const std::string target = where + "/" + layout;
    const std::string statistics = where + "/statistics-" + layout;
    ProcessOptions little;
    little.in_child = [] {
      const rlimit limit{64 << 10, 64 << 10};
      if (::setrlimit(RLIMIT_MEMLOCK, &limit) != 0) ::_exit(126);
    };
    Process record({"setpriv",
                    "--reuid",
                    "65534",
                    "--regid",
                    "65534",
                    "--clear-groups",
                    "--inh-caps",
                    "+net_raw,+net_admin",
                    "--ambient-caps",
                    "+net_raw,+net_admin",
                    capstan_binary(),
                    "record",
                    "-i",
                    "v1",
                    "-B",
                    "8",
                    "--layout",
                    layout,
                    "--stats-json",
                    statistics,
                    "--stats-interval",
                    "0.01",
                    "-w",
                    target},
                   little);
    const auto received = [&statistics] {
      std::ifstream in(statistics);
      std::uint64_t most = 0;
      for (std::string line; std::getline(in, line) && !in.eof();) {
        most = Statistics(line).number("/packets_received");
      }
      return most;
    };
    ASSERT_TRUE(wait_until([&] {
      return (std::filesystem::exists(statistics) && std::filesystem::file_size(statistics) > 0) ||
             !record.is_running();
    }));
    ASSERT_TRUE(record.is_running()) << record.err();
    send_frames(2000, 700);
    ASSERT_TRUE(wait_until([&] { return received() == 2000; }));
    record.signal(SIGINT);
    EXPECT_EQ(record.wait(), 0) << record.err();
    EXPECT_EQ(times(record.err(), "RLIMIT_MEMLOCK"), 1U) << record.err();
    expect_numbers(target, 2000, 2000);
  }
}

}  // namespace
}  // namespace capstan::test
