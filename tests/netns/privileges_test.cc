// What a running recorder may still do: nothing but write its recordings.
#include "tools/privileges/privileges.h"

#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <vector>

#include "engine/core/unique_fd.h"
#include "tests/support/record_run.h"
#include "tests/support/sandbox.h"
#include "tests/support/wire.h"

namespace capstan::test {
namespace {

constexpr unsigned kNobody = 65534;
constexpr unsigned kNameless = 54321;  // in no user database

void become_nobody() {
  if (::setgroups(0, nullptr) != 0 || ::setgid(kNobody) != 0 || ::setuid(kNobody) != 0)
    ::_exit(126);
}

// Of every thread, as capabilities and filters belong to threads.
void expect_locked_down(pid_t pid, bool started_as_root) {
  std::size_t threads = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
    const auto file = entry.path() / "status";
    const std::string name = status_line(file, "Name");
    std::vector<std::string> sets = {"CapPrm", "CapEff", "CapInh", "CapAmb"};
    if (started_as_root) sets.push_back("CapBnd");  // which takes CAP_SETPCAP to clear
    for (const std::string& set : sets) {
      EXPECT_EQ(status_line(file, set), "0000000000000000") << set << " of " << name;
    }
    EXPECT_EQ(status_line(file, "NoNewPrivs"), "1") << name;
    EXPECT_EQ(status_line(file, "Seccomp"), "2") << name;
    ++threads;
  }
  EXPECT_GE(threads, 3U) << "main, capture and writer";
}

class Privileges : public Sandbox {
 protected:
  void SetUp() override {
    Sandbox::SetUp();
    if (IsSkipped()) return;
    if (!tools::can_lock_down()) GTEST_SKIP() << "sanitizers cannot be confined (privileges.h)";
  }
  // Runs `attempt` in a child that is locked into the test's directory; its result.
  int attempt(const std::function<int()>& what) const {
    const pid_t child = ::fork();
    if (child == 0) {
      try {
        tools::lock_down({directory()});
        ::_exit(what());
      } catch (...) {
        ::_exit(255);
      }
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  int open_error(const std::string& path, int flags) const {
    return attempt([&] {
      const UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC, 0640));
      return fd ? 0 : errno;
    });
  }
};

TEST_F(Privileges, FilesOutsideTheDirectoryAreOutOfReach) {
  EXPECT_EQ(open_error("/etc/passwd", O_RDONLY), EACCES);
  EXPECT_EQ(open_error("/etc/shadow", O_RDONLY), EACCES);
  EXPECT_EQ(open_error(directory() + "/../capstan-outside", O_WRONLY | O_CREAT), EACCES);
  EXPECT_EQ(open_error("/etc/localtime", O_RDWR), EACCES);
}

TEST_F(Privileges, RotationsWorkInTheDirectoryGoesOn) {
  EXPECT_EQ(attempt([this] {
              const std::string part = directory() + "/.a.part";
              const std::string name = directory() + "/a";
              const UniqueFd fd(::open(part.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
              const UniqueFd folder(::open(directory().c_str(), O_RDONLY | O_DIRECTORY));
              if (!fd || !folder) return 1;
              if (::fallocate(fd.get(), 0, 0, 1 << 20) != 0) return 2;
              if (::ftruncate(fd.get(), 4096) != 0 || ::fsync(fd.get()) != 0) return 3;
              if (::rename(part.c_str(), name.c_str()) != 0) return 4;
              if (::fsync(folder.get()) != 0) return 5;
              return ::unlink(name.c_str()) == 0 ? 0 : 6;
            }),
            0);
}

TEST_F(Privileges, NoProgramNoSocketNoOtherUser) {
  EXPECT_EQ(attempt([] {
              ::execl("/bin/true", "true", static_cast<char*>(nullptr));
              return errno;
            }),
            EPERM);
  EXPECT_EQ(attempt([] { return ::socket(AF_INET, SOCK_STREAM, 0) < 0 ? errno : 0; }), EPERM);
  EXPECT_EQ(attempt([] { return ::setuid(0) != 0 ? errno : 0; }), EPERM);
}

// All that a recorder does in service, by an unprivileged user: rotate, answer, and record an
// interface anew that vanished.
TEST_F(Privileges, AUserWithTheThreeCapabilitiesRecordsAndHoldsNone) {
  make_pair("w0", "w1");
  const std::string binary = file("capstan-with-capabilities");
  std::filesystem::copy_file(capstan_binary(), binary);
  shell("setcap cap_net_raw,cap_net_admin,cap_ipc_lock+ep " + binary);
  shell("chmod 755 " + directory() + " && mkdir " + file("out") + " && chown 65534 " + file("out"));
  const std::string socket = file("out/status.sock");
  Process process({binary,
                   "record",
                   "-i",
                   "w1",
                   "-w",
                   file("out/a.pcapng"),
                   "-b",
                   "duration:1",
                   "-B",
                   "8",
                   "--wait-for-interface",
                   "--metrics",
                   ":9117",
                   "--status-socket",
                   socket,
                   "--stats-json",
                   file("out/s"),
                   "--stats-interval",
                   "0.05",
                   "udp"},
                  {become_nobody});
  ASSERT_TRUE(wait_until(
      [&] { return !process.is_running() || std::ifstream(file("out/s")).peek() != EOF; }));
  ASSERT_TRUE(process.is_running()) << process.err();
  expect_locked_down(process.pid(), false);
  EXPECT_EQ(status_line("/proc/" + std::to_string(process.pid()) + "/status", "Uid").substr(0, 5),
            "65534");
  const auto said = [&](const std::string& text) {
    return wait_until([&] { return process.err().find(text) != std::string::npos; });
  };
  const auto written = [&](const std::string& packets) {
    return wait_until([&] {
      return run({"curl", "-sS", "http://127.0.0.1:9117/metrics"})
                 .out.find("capstan_packets_written_total{file=\"" + file("out/a.pcapng") + "\"} " +
                           packets + "\n") != std::string::npos;
    });
  };
  const auto send = [&](std::uint32_t from, std::uint32_t to) {
    const FrameSender sender("w0");
    for (std::uint32_t i = from; i < to; ++i) ASSERT_TRUE(sender.send(make_udp_frame(5000, i)));
  };
  send(0, 100);
  EXPECT_TRUE(written("100")) << process.err();
  shell("ip link del w1");
  ASSERT_TRUE(said("w1 has vanished")) << process.err();
  make_pair("w0", "w1");
  ASSERT_TRUE(said("w1 is there again")) << process.err();
  ASSERT_TRUE(wait_until([] { return run({"cat", "/sys/class/net/w1/carrier"}).out == "1\n"; }));
  send(100, 200);
  EXPECT_TRUE(written("200")) << process.err();
  EXPECT_NE(run({capstan_binary(), "status", socket}).out.find("200 packets received"),
            std::string::npos);
  expect_locked_down(process.pid(), false);
  const auto finished = [&] {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(file("out"))) {
      if (entry.path().filename().string().rfind("a_", 0) == 0) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
  };
  EXPECT_TRUE(wait_until([&] { return finished().size() >= 2; }));
  process.signal(SIGINT);
  EXPECT_EQ(process.wait(), 0) << process.err();
  EXPECT_FALSE(std::filesystem::exists(socket));
  std::uint32_t next = 0;
  for (const std::string& path : finished()) {
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0640U);
    for (const RecordedPacket& packet : read_recording(path).packets) {
      EXPECT_EQ(number_of(packet.bytes), next++);
    }
  }
  EXPECT_EQ(next, 200U);
}

// As `unshare -rn` makes root of anybody: a directory's owner may be a user that is not there.
TEST_F(Privileges, InAUserNamespaceWithoutTheOwnerItStaysWhoItIs) {
  const std::string binary = file("capstan-for-all");
  std::filesystem::copy_file(capstan_binary(), binary);
  shell("chmod 755 " + directory() + " " + binary + " && mkdir -m 777 " + file("out"));
  Process process({"unshare", "-rn", "sh", "-c",
                   "ip link set lo up && exec " + binary +
                       " record -i lo -B 2 -a duration:0.1 -w " + file("out/a.pcapng")},
                  {become_nobody});
  EXPECT_EQ(process.wait(), 0) << process.err();
  EXPECT_TRUE(std::filesystem::exists(file("out/a.pcapng")));
}

TEST_F(Privileges, RootBecomesTheOwnerOfTheDirectory) {
  shell("chmod 755 " + directory());
  for (const unsigned owner : {kNobody, kNameless}) {
    const std::string out = file(std::to_string(owner));
    shell("mkdir " + out + " && chown " + std::to_string(owner) + " " + out);
    const std::string recording = out + "/a.pcapng";
    RecordRun run({"-i", "v1", "-w", recording});
    ASSERT_TRUE(run.wait_started()) << run.err();
    expect_locked_down(run.process().pid(), true);
    EXPECT_EQ(run.stop(), 0) << run.err();
    expect_reconciled(run.statistics());
    struct stat status {};
    ASSERT_EQ(::stat(recording.c_str(), &status), 0);
    EXPECT_EQ(status.st_uid, owner);
  }
}

TEST_F(Privileges, AnUnknownUserIsBadUsageAndTheEscapeKeepsAll) {
  const ProcessResult wrong =
      run_capstan({"record", "-i", "v1", "-w", file("a.pcapng"), "-Z", "no-such-user"});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_NE(wrong.err.find("no-such-user"), std::string::npos);
  RecordRun run({"-i", "v1", "-w", file("b.pcapng"), "--keep-privileges"});
  ASSERT_TRUE(run.wait_started()) << run.err();
  EXPECT_EQ(status_line("/proc/" + std::to_string(run.process().pid()) + "/status", "Seccomp"),
            "0");
  EXPECT_EQ(run.stop(), 0);
}

}  // namespace
}  // namespace capstan::test
