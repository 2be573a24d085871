// Rotation over a real interface: no packet lost, none doubled, order kept across the files.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <vector>

#include "tests/support/record_run.h"
#include "tests/support/sandbox.h"
#include "tests/support/wire.h"

namespace capstan::test {
namespace {

class RecordRotation : public Sandbox {
 protected:
  // The finished files of the pattern, in the order of their names; hidden ones are failures.
  std::vector<std::string> files_of(const std::string& stem) {
    std::vector<std::string> names;
    for (const auto& entry :
         std::filesystem::directory_iterator(std::filesystem::path(file(stem)).parent_path())) {
      const std::string name = entry.path().filename().string();
      EXPECT_FALSE(name.ends_with(".part")) << name;
      if (name.starts_with(stem + "_") && !name.ends_with(".cidx"))
        names.push_back(entry.path().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  static void send_from(std::uint32_t first, std::uint32_t count) {
    const FrameSender sender("v0");
    for (std::uint32_t i = 0; i < count; ++i) sender.send(make_udp_frame(5000, first + i, 900));
  }

  // Every packet once and in order over all files, each of them readable by itself.
  void expect_sequence(const std::vector<std::string>& files, std::uint32_t expected) {
    std::uint32_t next = 0;
    for (const std::string& path : files) {
      const ReadRecording recording = read_recording(path);
      EXPECT_EQ(recording.complaint, "") << path;
      for (const auto& packet : recording.packets) ASSERT_EQ(number_of(packet.bytes), next++);
      expect_readable(path, recording.packets.size());
    }
    EXPECT_EQ(next, expected);
  }

  static bool wait_finished(RecordRun& record, std::uint64_t files) {
    return wait_until([&] {
      const Statistics statistics = record.statistics();
      return statistics && statistics.number("/files/0/finished_files") >= files;
    });
  }
};

TEST_F(RecordRotation, SizeTurnsLoseAndDoubleNothing) {
  for (const char* layout : {"in-place", "packed", "auto"}) {
    SCOPED_TRACE(layout);
    const std::string stem = std::string("size-") + layout;
    RecordRun record({"-i", "v1", "-B", "64", "--layout", layout, "-b", "filesize:1500", "-w",
                      file(stem + ".pcapng")});
    ASSERT_TRUE(record.wait_started()) << record.err();
    send_from(0, 12000);
    ASSERT_TRUE(record.wait_received(12000));
    ASSERT_EQ(record.stop(), 0) << record.err();
    expect_reconciled(record.statistics());
    const std::vector<std::string> files = files_of(stem);
    EXPECT_GE(files.size(), 3U);
    EXPECT_EQ(record.statistics().number("/files/0/finished_files"), files.size());
    expect_sequence(files, 12000);
    for (std::size_t i = 0; i < files.size(); ++i) {
      EXPECT_EQ(info_of(files[i]).number("/sections/0/recording/file_number"), i + 1) << files[i];
    }
    std::vector<std::string> info = {capstan_binary(), "info"};
    info.insert(info.end(), files.begin(), files.end());
    const ProcessResult together = run(info);
    EXPECT_EQ(together.out.find("are the same file"), std::string::npos) << together.out;
    EXPECT_EQ(together.out.find("not known"), std::string::npos) << together.out;
  }
}

TEST_F(RecordRotation, SignalsTurnAndASilentLinkTurnsByTime) {
  RecordRun record({"-i", "v1", "-B", "8", "-b", "duration:0.2", "-w", file("silent.pcapng")});
  ASSERT_TRUE(record.wait_started()) << record.err();
  ASSERT_TRUE(wait_finished(record, 3)) << record.err();
  ASSERT_EQ(record.stop(), 0) << record.err();
  expect_sequence(files_of("silent"), 0);

  RecordRun asked({"-i", "v1", "-B", "8", "-b", "duration:100000", "-w", file("asked.pcapng")});
  ASSERT_TRUE(asked.wait_started()) << asked.err();
  std::uint32_t sent = 0;
  for (const int signal : {SIGHUP, SIGUSR1}) {
    send_from(sent, 100);
    sent += 100;
    ASSERT_TRUE(asked.wait_written(sent));
    const std::uint64_t before = asked.statistics().number("/files/0/finished_files");
    asked.process().signal(signal);
    ASSERT_TRUE(wait_finished(asked, before + 1)) << asked.err();
  }
  ASSERT_EQ(asked.stop(), 0) << asked.err();
  EXPECT_EQ(files_of("asked").size(), 3U);
  expect_sequence(files_of("asked"), sent);
}

TEST_F(RecordRotation, RingBufferKeepsTheLastFilesAndNobodyElses) {
  const std::string other = file("keep_1.pcapng");
  ASSERT_EQ(run({"touch", other}).status, 0);
  for (int start = 0; start < 2; ++start) {  // the second takes up the first one's files
    RecordRun record(
        {"-i", "v1", "-B", "8", "-b", "duration:0.1", "-b", "files:3", "-w", file("keep.pcapng")});
    ASSERT_TRUE(record.wait_started()) << record.err();
    ASSERT_TRUE(wait_finished(record, 6)) << record.err();
    ASSERT_EQ(record.stop(), 0) << record.err();
    EXPECT_EQ(files_of("keep").size(), 3U + 1U);  // and the other
    EXPECT_TRUE(std::filesystem::exists(other));
  }
}

TEST_F(RecordRotation, KilledRecordingsAreFinishedAtTheNextStart) {
  std::uint32_t sent = 0;
  for (int round = 0; round < 4; ++round) {
    RecordRun record({"-i", "v1", "-B", "8", "-b", "filesize:100", "-w", file("kill.pcapng")});
    ASSERT_TRUE(record.wait_started()) << record.err();
    send_from(sent, 500);
    sent += 500;
    ASSERT_TRUE(record.wait_written(500));
    record.process().signal(SIGKILL);
    record.wait();
  }
  RecordRun last({"-i", "v1", "-B", "8", "-b", "filesize:100", "-w", file("kill.pcapng")});
  ASSERT_TRUE(last.wait_started()) << last.err();
  ASSERT_EQ(last.stop(), 0) << last.err();
  expect_sequence(files_of("kill"), sent);
  const std::regex of_the_series("kill_[0-9]{5}_[0-9]{14}[.]pcapng");
  for (const std::string& path : files_of("kill")) {
    EXPECT_TRUE(std::regex_match(std::filesystem::path(path).filename().string(), of_the_series))
        << path << " would never be deleted by retention";
  }
}

// After a power loss: blocks on the disk, and zeros where the file's head was.
TEST_F(RecordRotation, ALeftoverWithoutItsHeadIsPutAsideAndRecordingBegins) {
  for (const bool rotating : {true, false}) {
    SCOPED_TRACE(rotating ? "rotating" : "one file");
    const std::string stem = rotating ? "r" : "o";
    const std::string name = rotating ? "r_00007_20260101000000" : "o";
    std::vector<char> content(4096, '\0');
    content.resize(8192, '\x55');
    std::ofstream(file("." + name + ".pcapng.part"), std::ios::binary)
        .write(content.data(), static_cast<std::streamsize>(content.size()));
    std::vector<std::string> arguments = {"-i", "v1", "-B", "8", "-w", file(stem + ".pcapng")};
    if (rotating) arguments.insert(arguments.end(), {"-b", "duration:1000"});
    RecordRun record(arguments);
    ASSERT_TRUE(record.wait_started()) << record.err();
    send_from(0, 100);
    ASSERT_TRUE(record.wait_written(100));
    EXPECT_EQ(record.stop(), 0) << record.err();
    const std::string aside = file(name + ".unreadable-1.pcapng");
    EXPECT_NE(record.err().find("cannot be read and is now " + aside), std::string::npos)
        << record.err();
    std::ifstream in(aside, std::ios::binary);
    EXPECT_EQ(std::vector<char>(std::istreambuf_iterator<char>(in), {}), content);
    EXPECT_FALSE(std::filesystem::exists(file("." + name + ".pcapng.part")));
  }
}

TEST_F(RecordRotation, WhatALinkWithALeftoversNameLeadsToStaysAsItIs) {
  {
    RecordRun record({"-i", "v1", "-B", "8", "-w", file("other.pcapng")});
    ASSERT_TRUE(record.wait_started()) << record.err();
    send_from(0, 100);
    ASSERT_TRUE(record.wait_written(100));
    ASSERT_EQ(record.stop(), 0) << record.err();
  }
  std::ofstream(file("other.pcapng"), std::ios::app) << "repair would cut this";
  const auto size = std::filesystem::file_size(file("other.pcapng"));
  const std::string rotated = file(".l_00001_20260101000000.pcapng.part");
  const std::string single = file(".m.pcapng.part");
  for (const std::string& link : {rotated, single}) {
    std::filesystem::create_symlink(file("other.pcapng"), link);
  }
  RecordRun record({"-i", "v1", "-B", "8", "-b", "duration:1000", "-w", file("l.pcapng")});
  ASSERT_TRUE(record.wait_started()) << record.err();
  EXPECT_EQ(record.stop(), 0) << record.err();
  RecordRun refused({"-i", "v1", "-B", "8", "-w", file("m.pcapng")});
  EXPECT_EQ(refused.wait(), 1);
  EXPECT_NE(refused.err().find(".m.pcapng.part"), std::string::npos) << refused.err();
  for (const std::string& link : {rotated, single}) {
    EXPECT_TRUE(std::filesystem::is_symlink(link)) << link;
  }
  EXPECT_EQ(std::filesystem::file_size(file("other.pcapng")), size);
}

}  // namespace
}  // namespace capstan::test
