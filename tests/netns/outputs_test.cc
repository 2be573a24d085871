// What cannot be said must not end what is recorded: every write to standard output, standard
// error, statistics and findings fails in turn, in every way, and goes away altogether.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "tests/support/failing_calls.h"
#include "tests/support/record_run.h"
#include "tests/support/sandbox.h"
#include "tests/support/wire.h"

namespace capstan::test {
namespace {

constexpr int kErrors[] = {EAGAIN, EPIPE, ENOSPC, EIO, EINTR};
constexpr std::uint32_t kPackets = 40;

class Outputs : public Sandbox {
 protected:
  static void send(std::uint32_t from, std::uint32_t to) {
    const FrameSender sender("v0");
    for (std::uint32_t number = from; number < to; ++number) {
      sender.send(make_udp_frame(5000, number, 100));
    }
  }

  // One recording of kPackets that is asked for its status twice. Every packet is in the file
  // whatever happens to `fault`'s writes.
  int record(FailingCalls& faults, const std::vector<std::string>& more, std::string& err) {
    const std::string target = file("r.pcapng");
    std::filesystem::remove(target);
    std::vector<std::string> arguments = {"-i", "v1", "-B", "4", "--retire-ms", "5", "-w", target};
    arguments.insert(arguments.end(), more.begin(), more.end());
    ProcessOptions options;
    options.in_child = faults.in_child();
    RecordRun record(arguments, options);
    EXPECT_TRUE(record.wait_started()) << record.err();
    record.process().signal(SIGUSR2);
    send(0, kPackets);
    EXPECT_TRUE(record.wait_written(kPackets)) << record.err();
    record.process().signal(SIGUSR2);
    // The answer comes before the end: the second one is taken first.
    const int status = record.stop();
    err = record.err();
    EXPECT_EQ(read_recording(target).packets.size(), kPackets) << err;
    expect_reconciled(record.statistics());
    return status;
  }
};

TEST_F(Outputs, EveryLineOnStandardErrorFailsInTurnAndTheRecordingIsWhole) {
  for (const int error : kErrors) {
    for (std::uint64_t nth = 1;; ++nth) {
      SCOPED_TRACE(std::string(::strerror(error)) + " at write " + std::to_string(nth));
      CallFault fault;
      fault.calls = {SYS_write, SYS_writev};
      fault.fd = STDERR_FILENO;
      fault.nth = nth;
      fault.error = error;
      FailingCalls faults(fault);
      std::string err;
      EXPECT_EQ(record(faults, {}, err), 0) << err;
      if (!faults.hit()) {
        EXPECT_GT(nth, 3U) << "too little is said to show anything: " << err;
        break;
      }
      // What came later says how much is missing; an interrupted write is none.
      if (error == EINTR) {
        EXPECT_EQ(err.find("could not be said"), std::string::npos) << err;
      }
      if (HasFailure()) return;
    }
  }
}

TEST_F(Outputs, StandardErrorThatIsGoneFromTheStartToTheEnd) {
  for (const int error : kErrors) {
    if (error == EINTR) continue;  // for ever: no kernel does that
    SCOPED_TRACE(::strerror(error));
    CallFault fault;
    fault.calls = {SYS_write, SYS_writev};
    fault.fd = STDERR_FILENO;
    fault.nth = 1;
    fault.in_a_row = ~std::uint64_t{0};
    fault.error = error;
    FailingCalls faults(fault);
    std::string err;
    EXPECT_EQ(record(faults, {}, err), 0);
    EXPECT_EQ(err, "");
    EXPECT_TRUE(faults.hit());
  }
}

// The line drops, `ssh host capstan record` goes on.
TEST_F(Outputs, StandardErrorIsAPipeNobodyReads) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  for (const bool gone : {false, true}) {
    SCOPED_TRACE(gone ? "its reader has gone" : "its reader stands still and it is full");
    if (gone) {
      ::close(reader.get());
    } else {
      ::fcntl(writer.get(), F_SETFL, O_NONBLOCK);
      const std::string filling(4096, 'x');
      while (::write(writer.get(), filling.data(), filling.size()) > 0) {
      }
      ::fcntl(writer.get(), F_SETFL, 0);  // whoever writes now waits
    }
    const std::string target = file("pipe.pcapng");
    ProcessOptions options;
    options.in_child = [&] { ::dup2(writer.get(), STDERR_FILENO); };
    RecordRun record({"-i", "v1", "-B", "4", "--retire-ms", "5", "-w", target}, options);
    ASSERT_TRUE(record.wait_started());
    for (int i = 0; i < 3; ++i) record.process().signal(SIGUSR2);
    send(0, kPackets);
    EXPECT_TRUE(record.wait_written(kPackets));
    record.process().signal(SIGUSR2);
    EXPECT_EQ(record.stop(), 0);
    EXPECT_EQ(read_recording(target).packets.size(), kPackets);
    expect_reconciled(record.statistics());
  }
}

TEST_F(Outputs, EveryLineOfStatisticsFailsInTurnAndIsSaid) {
  const std::string statistics = file("statistics");
  for (const int error : kErrors) {
    for (std::uint64_t nth = 1;; ++nth) {
      SCOPED_TRACE(std::string(::strerror(error)) + " at write " + std::to_string(nth));
      CallFault fault;
      fault.calls = {SYS_write, SYS_writev};
      fault.path = statistics;
      fault.nth = nth;
      fault.in_a_row = nth == 1 ? ~std::uint64_t{0} : 1;
      fault.error = error == EINTR && nth == 1 ? EIO : error;
      FailingCalls faults(fault);
      const std::string target = file("s.pcapng");
      ProcessOptions options;
      options.in_child = faults.in_child();
      Process record(
          {capstan_binary(), "record", "-q", "-i", "v1", "-B", "4", "--retire-ms", "5", "-w",
           target, "--stats-json", statistics, "--stats-interval", "0.06", "-a", "duration:0.2"},
          options);
      const int status = record.wait();
      const bool missing =
          record.err().find("the last statistics are missing") != std::string::npos;
      EXPECT_EQ(status, missing ? 1 : 0) << record.err();
      EXPECT_TRUE(std::filesystem::exists(target));
      // Whole lines only, whatever was left out in between.
      std::ifstream lines(statistics);
      std::size_t count = 0;
      for (std::string line; std::getline(lines, line); ++count) {
        EXPECT_NO_THROW(Statistics{line}) << line;
      }
      if (!faults.hit()) {
        EXPECT_GT(nth, 2U);
        EXPECT_FALSE(missing);
        break;
      }
      if (nth == 1) {
        EXPECT_TRUE(missing);
      }
      if (HasFailure()) return;
    }
  }
}

// Names of files need not be UTF-8, JSON must be.
TEST_F(Outputs, APathThatIsNoUtf8) {
  const std::string target = file("\xff\xfe.pcapng");
  RecordRun record({"-i", "v1", "-B", "4", "--retire-ms", "5", "-w", target});
  ASSERT_TRUE(record.wait_started()) << record.err();
  send(0, kPackets);
  ASSERT_TRUE(record.wait_written(kPackets));
  EXPECT_EQ(record.stop(), 0) << record.err();
  expect_reconciled(record.statistics());
  EXPECT_EQ(read_recording(target).packets.size(), kPackets);
}

// The capture threads must have ended before the queues go: under AddressSanitizer and
// ThreadSanitizer too.
TEST_F(Outputs, EveryWriteOfShowFailsInTurnAndItEnds) {
  for (const int error : {ENOSPC, EIO, EPIPE}) {
    for (std::uint64_t nth = 1; nth <= 6; ++nth) {
      SCOPED_TRACE(std::string(::strerror(error)) + " at write " + std::to_string(nth));
      CallFault fault;
      fault.calls = {SYS_write};
      fault.fd = STDOUT_FILENO;
      fault.nth = nth;
      fault.in_a_row = ~std::uint64_t{0};
      fault.error = error;
      FailingCalls faults(fault);
      ProcessOptions options;
      options.in_child = faults.in_child();
      Process show({capstan_binary(), "show", "-nn", "-l", "-i", "v1", "--immediate-mode"},
                   options);
      ASSERT_TRUE(wait_until([&] { return show.err().find("listening on") != std::string::npos; }))
          << show.err();
      std::uint32_t number = 0;
      EXPECT_TRUE(wait_until([&] {  // traffic all the time
        send(number, number + 20);
        number += 20;
        return !show.is_running();
      })) << show.err();
      EXPECT_TRUE(faults.hit());
      EXPECT_EQ(show.wait(), error == EPIPE ? 0 : 1) << show.err();
      if (error != EPIPE) {
        EXPECT_NE(show.err().find(::strerror(error)), std::string::npos);
      }
    }
  }
}

// Nothing comes after the line that could not be written.
TEST_F(Outputs, ShowOnASilentLinkNoticesThatItsOutputHasFailed) {
  for (const bool pipe : {false, true}) {
    UniqueFd out(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    if (pipe) {
      int ends[2];
      ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
      out = UniqueFd(ends[1]);
      ::close(ends[0]);
    }
    ProcessOptions options;
    options.stdout_fd = out.get();
    Process show({capstan_binary(), "show", "-nn", "-l", "-i", "v1"}, options);
    ASSERT_TRUE(wait_until([&] { return show.err().find("listening on") != std::string::npos; }));
    ASSERT_TRUE(wait_until([&] {
      return run({"sh", "-c", "cat /proc/net/packet | wc -l"}).out != "1\n";
    }));
    ::usleep(50'000);  // the filter is attached a moment after the line
    send(0, 1);
    EXPECT_EQ(show.wait(), pipe ? 0 : 1) << show.err();
  }
}

TEST_F(Outputs, EveryLineOfShowOnStandardErrorFailsInTurn) {
  for (const int error : kErrors) {
    for (std::uint64_t nth = 1; nth <= 4; ++nth) {
      SCOPED_TRACE(std::string(::strerror(error)) + " at write " + std::to_string(nth));
      CallFault fault;
      fault.calls = {SYS_write, SYS_writev};
      fault.fd = STDERR_FILENO;
      fault.nth = nth;
      fault.error = error;
      FailingCalls faults(fault);
      ProcessOptions options;
      options.in_child = faults.in_child();
      Process show({capstan_binary(), "show", "-nn", "-l", "-i", "v1", "-c", "1"}, options);
      ASSERT_TRUE(wait_until([&] {
        send(0, 1);
        return !show.is_running();
      })) << show.err();
      EXPECT_EQ(show.wait(), 0) << show.err();
      EXPECT_NE(show.out(), "");
    }
  }
}

TEST_F(Outputs, EveryWriteOfAuditFailsInTurnAndItEnds) {
  for (const char* output : {"terminal", "json"}) {
    const bool json = std::string(output) == "json";
    const std::string lines = file("eve.json");
    for (const int error : kErrors) {
      for (std::uint64_t nth = 1;; ++nth) {
        SCOPED_TRACE(std::string(output) + ", " + ::strerror(error) + " at write " +
                     std::to_string(nth));
        CallFault fault;
        fault.calls = {SYS_write, SYS_writev};
        if (json) {
          fault.path = lines;
        } else {
          fault.fd = STDOUT_FILENO;
        }
        fault.nth = nth;
        fault.error = error;
        FailingCalls faults(fault);
        ProcessOptions options;
        options.in_child = faults.in_child();
        std::vector<std::string> words = {capstan_binary(), "audit", "-i", "v1", "--json-flows"};
        words.pop_back();
        words.insert(words.end(), {"--count", "30"});
        if (json) words.insert(words.end(), {"--json", lines});
        Process audit(words, options);
        std::uint32_t number = 0;
        ASSERT_TRUE(wait_until([&] {
          send(number, number + 10);
          number += 10;
          return !audit.is_running();
        })) << audit.err();
        const int status = audit.wait();
        if (!faults.hit()) {
          EXPECT_EQ(status, 0) << audit.err();
          EXPECT_GT(nth, 1U);
          break;
        }
        const bool harmless = error == EINTR || error == EAGAIN || (!json && error == EPIPE);
        EXPECT_EQ(status, harmless ? 0 : 1) << audit.err();
        if (!harmless) {
          EXPECT_NE(audit.err().find(::strerror(error)), std::string::npos);
        }
        if (HasFailure()) return;
      }
    }
  }
}

TEST_F(Outputs, FindingsBesideARecordingFailAndTheRecordingIsWhole) {
  const std::string findings = file("findings.json");
  for (const int error : {EPIPE, ENOSPC, EIO}) {
    SCOPED_TRACE(::strerror(error));
    CallFault fault;
    fault.calls = {SYS_write, SYS_writev};
    fault.path = findings;
    fault.nth = 1;
    fault.error = error;
    FailingCalls faults(fault);
    std::string err;
    EXPECT_EQ(record(faults, {"--audit", findings}, err), 1) << err;
    EXPECT_TRUE(faults.hit());
    EXPECT_NE(err.find("findings are missing"), std::string::npos) << err;
  }
}

}  // namespace
}  // namespace capstan::test
