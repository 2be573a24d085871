// Starts of which one step fails, for every step; and ends at which nothing may be left uncounted.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "tests/support/failing_calls.h"
#include "tests/support/record_run.h"
#include "tests/support/sandbox.h"
#include "tests/support/wire.h"

namespace capstan::test {
namespace {

class RecordFaults : public Sandbox {
 protected:
  std::vector<std::string> words(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all = {capstan_binary(),
                                    "record",
                                    "-i",
                                    "v1",
                                    "-B",
                                    "4",
                                    "--retire-ms",
                                    "5",
                                    "-a",
                                    "duration:0.02",
                                    "-w",
                                    folder() + "/r.pcapng"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  std::string folder() const { return directory() + "/target"; }

  // Whatever happened: it ends by itself, with a word, and leaves nothing when it never began.
  void check(Process& record, const std::string& reason) {
    const int status = record.wait();
    const std::string err = record.err();
    EXPECT_LT(status, 3) << "137: it had to be killed. " << err;
    const bool began = err.find("packets received") != std::string::npos;
    if (status == 0) {
      EXPECT_TRUE(began) << err;
      return;
    }
    EXPECT_NE(err, "");
    if (!reason.empty()) {
      EXPECT_NE(err.find(reason), std::string::npos) << err;
    }
    if (began) return;
    for (const auto& entry : std::filesystem::directory_iterator(folder())) {
      ADD_FAILURE() << "left behind: " << entry.path() << " after " << err;
    }
  }

  void fail_each(const std::vector<int>& calls, int error,
                 const std::vector<std::string>& more = {}) {
    for (std::uint64_t nth = 1;; ++nth) {
      std::filesystem::remove_all(folder());
      std::filesystem::create_directory(folder());
      CallFault fault;
      fault.calls = calls;
      fault.counted_from = SYS_signalfd4;  // behind what the dynamic linker does
      fault.nth = nth;
      fault.error = error;
      FailingCalls faults(fault);
      ProcessOptions options;
      options.in_child = faults.in_child();
      Process record(words(more), options);
      record.wait();
      SCOPED_TRACE("call " + std::to_string(nth) + " (number " + std::to_string(faults.hit_call()) +
                   ") fails with " + ::strerror(error));
      check(record, ::strerror(error));
      if (!faults.hit()) {
        EXPECT_GT(nth, 2U) << "too few calls to show anything";
        return;
      }
      if (HasFailure()) return;
    }
  }
};

TEST_F(RecordFaults, EveryDescriptorIsRefusedInTurn) {
  fail_each(
      {SYS_socket, SYS_socketpair, SYS_eventfd2, SYS_epoll_create1, SYS_io_uring_setup, SYS_openat},
      EMFILE);
}

TEST_F(RecordFaults, EveryThreadIsRefusedInTurn) {
  ::setenv("ASAN_OPTIONS", "detect_leaks=0", 0);  // its search for leaks is a thread too
  fail_each({SYS_clone, SYS_clone3}, EAGAIN);
  fail_each({SYS_clone, SYS_clone3}, EAGAIN, {"-b", "filesize:1000", "--audit", "/dev/null"});
}

TEST_F(RecordFaults, EveryOptionOfASocketOrRingIsRefusedInTurn) {
  fail_each({SYS_setsockopt, SYS_bind, SYS_io_uring_register, SYS_fallocate, SYS_listen}, ENOMEM);
}

TEST_F(RecordFaults, FewDescriptorsAreSaidWithTheirLimit) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "UndefinedBehaviorSanitizer asks whether memory is there with a pipe of its own, "
                  "and takes a refused one for a bad object";
#endif
  for (rlim_t most = 4; most < 32; ++most) {
    std::filesystem::remove_all(folder());
    std::filesystem::create_directory(folder());
    SCOPED_TRACE("ulimit -n " + std::to_string(most));
    ProcessOptions options;
    options.in_child = [most] {
      const rlimit limit{most, most};
      ::setrlimit(RLIMIT_NOFILE, &limit);
    };
    Process record(words(), options);
    // With so few the dynamic loader may not open the libraries: the program does not come up.
    if (record.wait() == 127 && most < 8) continue;
    check(record, most >= 8 ? "Too many open files" : "");
    const std::string err = record.err();
    // libpcap, which opens a socket to compile a filter, says it in its own words.
    if (most >= 8 && record.wait() != 0 && err.find("compile the filter") == std::string::npos) {
      EXPECT_NE(err.find("ulimit -n"), std::string::npos) << err;
      EXPECT_EQ(err.find("--keep-privileges"), std::string::npos) << "of no help: " << err;
    }
    if (HasFailure()) return;
  }
}

// A directory that goes away under a recorder that may wait, and one interrupt.
TEST_F(RecordFaults, WhatADeletedDirectoryTookIsCountedAsFailed) {
  std::filesystem::create_directory(folder());
  RecordRun record({"-i", "v1", "-B", "4", "--retire-ms", "5", "-b", "filesize:100000", "--on-full",
                    "pause", "-w", folder() + "/r.pcapng"});
  ASSERT_TRUE(record.wait_started()) << record.err();
  const FrameSender sender("v0");
  for (std::uint32_t number = 0; number < 300; ++number) {
    if (number == 100) {
      ASSERT_TRUE(record.wait_received(100));
      std::filesystem::remove_all(folder());
    }
    sender.send(make_udp_frame(5000, number, 100));
  }
  ASSERT_TRUE(record.wait_received(300));
  EXPECT_EQ(record.stop(), 1) << record.err();
  expect_reconciled(record.statistics());
  EXPECT_EQ(record.statistics().number("/packets_failed"), 300U) << record.statistics().all();
  EXPECT_EQ(record.err().find("takes writes again"), std::string::npos) << record.err();
  EXPECT_EQ(record.err().find("valid file"), std::string::npos) << record.err();
}

// Refused by what it asks for, before anything is opened.
TEST_F(RecordFaults, ARefusedFormatLeavesNothing) {
  std::filesystem::create_directory(folder());
  const ProcessResult mixed = run_capstan(
      {"record", "-i", "lo", "-i", "any", "-F", "pcap", "-w", folder() + "/mixed.pcap"});
  EXPECT_EQ(mixed.status, 2) << mixed.err;
  EXPECT_TRUE(std::filesystem::is_empty(folder()));
}

}  // namespace
}  // namespace capstan::test
