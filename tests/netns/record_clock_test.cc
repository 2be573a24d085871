// The wall clock jumps under a running recorder (libfaketime): everything is written, every file
// turns, none is deleted before its age, and the jump is told.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "engine/reader/capture_file.h"
#include "tests/support/record_run.h"
#include "tests/support/sandbox.h"
#include "tests/support/wire.h"

namespace capstan::test {
namespace {

constexpr const char* kLibrary = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

class RecordClock : public Sandbox {
 protected:
  // The recorder's wall clock; the machine's stays as it is. As libfaketime takes it: "+864000" is
  // an offset, "@2300-01-01 00:00:00" a time.
  void set_clock(const std::string& to) {
    // Renamed: it never reads half a file.
    std::ofstream(file("clock.new")) << to << '\n';
    std::filesystem::rename(file("clock.new"), file("clock"));
  }

  ProcessOptions faked(bool monotonic_too = false) {
    ProcessOptions options;
    options.in_child = [path = file("clock"), monotonic_too] {
      ::setenv("FAKETIME_TIMESTAMP_FILE", path.c_str(), 1);
      ::setenv("FAKETIME_NO_CACHE", "1", 1);
      ::setenv("LD_PRELOAD", kLibrary, 1);
      // AddressSanitizer wants to be loaded first; behind this library it works as well.
      ::setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 0);
      ::setenv("TZ", "UTC", 1);
      if (!monotonic_too) ::setenv("FAKETIME_DONT_FAKE_MONOTONIC", "1", 1);
    };
    return options;
  }

  static std::uint64_t finished(const RecordRun& record) {
    const Statistics statistics = record.statistics();
    return statistics ? statistics.number("/files/0/finished_files") : 0;
  }

  static bool wait_finished(RecordRun& record, std::uint64_t files) {
    return wait_until([&] { return finished(record) >= files; });
  }

  static bool wait_said(RecordRun& record, const std::string& text) {
    return wait_until([&] { return record.err().find(text) != std::string::npos; });
  }

  static void send_from(const std::string& interface, std::uint32_t first, std::uint32_t count) {
    const FrameSender sender(interface);
    for (std::uint32_t i = 0; i < count; ++i) sender.send(make_udp_frame(5000, first + i, 200));
  }

  std::size_t files_of(const std::string& stem) const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory())) {
      const std::string name = entry.path().filename().string();
      count += name.starts_with(stem) && !name.ends_with(".cidx") ? 1 : 0;
    }
    return count;
  }
};

// Each of them forwards and back again.
constexpr const char* kElsewhere[] = {
    "+864000",               // ten days on
    "-3600",                 // an hour back
    "@1970-01-01 00:00:00",  // 0
    "@2038-01-19 03:14:08",  // 2^31
    "@2106-02-07 06:28:16",  // 2^32
    "@2300-01-01 00:00:00",  // beyond what 63 bits of nanoseconds hold
};

TEST_F(RecordClock, IntervalsTurnWhateverTheClockDoes) {
  set_clock("+0");
  RecordRun record(
      {"--keep-privileges", "-i", "v1", "-B", "8", "-b", "interval:1", "-w", file("turn.pcapng")},
      faked());
  ASSERT_TRUE(record.wait_started()) << record.err();
  std::uint32_t sent = 0;
  for (const char* elsewhere : kElsewhere) {
    SCOPED_TRACE(elsewhere);
    for (const std::string& to : {std::string(elsewhere), std::string("+0")}) {
      set_clock(to);
      const std::uint64_t before = finished(record);
      ASSERT_TRUE(wait_finished(record, before + 3)) << to << '\n' << record.err();
      send_from("v0", sent, 10);
      sent += 10;
      ASSERT_TRUE(record.wait_written(sent)) << to << '\n' << record.err();
    }
  }
  ASSERT_EQ(record.stop(), 0) << record.err();
  expect_reconciled(record.statistics());
}

// Also when the clocks that nobody can set are moved, as libfaketime does if it is let.
TEST_F(RecordClock, NoFileIsDeletedBeforeItsAge) {
  for (const bool monotonic_too : {false, true}) {
    SCOPED_TRACE(monotonic_too ? "all clocks" : "the wall clock");
    const std::string stem = monotonic_too ? "all" : "wall";
    set_clock("+0");
    RecordRun record({"--keep-privileges", "-i", "v1", "-B", "8", "-b", "duration:0.2", "--keep",
                      "7d", "-w", file(stem + ".pcapng")},
                     faked(monotonic_too));
    ASSERT_TRUE(record.wait_started()) << record.err();
    for (const char* elsewhere : kElsewhere) {
      for (const std::string& to : {std::string(elsewhere), std::string("+0")}) {
        set_clock(to);
        const std::size_t before = files_of(stem);
        ASSERT_TRUE(wait_until([&] { return files_of(stem) >= before + 2; })) << to << '\n'
                                                                              << record.err();
      }
    }
    ASSERT_EQ(record.stop(), 0) << record.err();
    EXPECT_EQ(record.statistics().number("/files/0/deleted_files"), 0U);
    EXPECT_EQ(files_of(stem), record.statistics().number("/files/0/finished_files"));
  }
}

TEST_F(RecordClock, AJumpIsSaidOnceAndIsAnEventInTheFile) {
  set_clock("+0");
  RecordRun record(
      {"--keep-privileges", "-i", "v1", "-i", "lo", "-B", "8", "-w", file("told.pcapng")}, faked());
  ASSERT_TRUE(record.wait_started()) << record.err();
  send_from("v0", 0, 10);
  ASSERT_TRUE(record.wait_written(10)) << record.err();
  set_clock("+864000");
  ASSERT_TRUE(wait_said(record, "the clock was set forwards by 240 h 00 min 00 s, to "))
      << record.err();
  send_from("v0", 10, 10);
  ASSERT_TRUE(record.wait_written(20)) << record.err();
  set_clock("-3600");
  ASSERT_TRUE(wait_said(record, "the clock was set back by 241 h 00 min 00 s, to "))
      << record.err();
  ASSERT_EQ(record.stop(), 0) << record.err();
  expect_reconciled(record.statistics());
  expect_readable(file("told.pcapng"), 20);
  const std::string said = record.err();
  EXPECT_EQ(said.find("the clock was set", said.find("set back") + 1), std::string::npos) << said;
  const Statistics info = info_of(file("told.pcapng"));
  ASSERT_EQ(info.size("/events"), 2U) << info.all();
  for (const char* at : {"/events/0", "/events/1"}) {
    EXPECT_EQ(info.text(std::string(at) + "/change"), "clock-set");
    EXPECT_NE(info.text(std::string(at) + "/text").find("the clock was set"), std::string::npos);
  }
}

// The kernel stamps packets with the time there is; the recorder believes it is another. A silent
// ring beside them, and they are written all the same.
TEST_F(RecordClock, PacketsAreWrittenWhateverTheirTimesAreToTheClock) {
  for (const char* elsewhere : kElsewhere) {
    SCOPED_TRACE(elsewhere);
    set_clock(elsewhere);
    RecordRun record({"--keep-privileges", "-i", "v1", "-i", "lo", "-B", "8", "--layout", "packed",
                      "-w", file("settled.pcapng")},
                     faked());
    ASSERT_TRUE(record.wait_started()) << record.err();
    send_from("v0", 0, 50);
    ASSERT_TRUE(record.wait_written(50)) << record.err();
    ASSERT_EQ(record.stop(), 0) << record.err();
    expect_reconciled(record.statistics());
  }
}

TEST_F(RecordClock, ARecordingsDurationIsTheTimeThatPassed) {
  set_clock("+0");
  RecordRun record({"--keep-privileges", "-i", "v1", "-B", "8", "-a", "duration:1000000", "-b",
                    "duration:1000000", "-w", file("long.pcapng")},
                   faked(true));
  ASSERT_TRUE(record.wait_started()) << record.err();
  set_clock("+864000000");
  ASSERT_TRUE(wait_said(record, "the clock was set forwards")) << record.err();
  send_from("v0", 0, 10);
  ASSERT_TRUE(record.wait_written(10)) << record.err();
  EXPECT_EQ(finished(record), 0U);
  set_clock("+0");
  ASSERT_TRUE(wait_said(record, "the clock was set back")) << record.err();
  ASSERT_EQ(record.stop(), 0) << record.err();
  EXPECT_EQ(record.statistics().number("/files/0/finished_files"), 1U);
}

}  // namespace
}  // namespace capstan::test
