// `capstan show -i -w` with -C, -G, -W, -z and -Z, beside tcpdump with the same flags on the same
// link: the same packets, the same files but for their names.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/record_run.h"
#include "tests/support/sandbox.h"
#include "tests/support/wire.h"

namespace capstan::test {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMegabyte = 1'000'000;  // of -C
constexpr std::uint64_t kBlock = 1U << 20;      // a file of ours may pass its size by one
constexpr std::uint32_t kFrameBytes = 1000;
constexpr uid_t kNobody = 65534;

std::vector<std::string> lines_of(const fs::path& path) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

// One of the two programs, with a folder of its own that everybody may write to.
class Side {
 public:
  Side(const std::string& folder, std::vector<std::string> program, const std::string& name,
       const std::vector<std::string>& flags)
      : folder_(folder), process_(command(folder, std::move(program), name, flags)) {}

  Process& process() { return process_; }
  const Process& process() const { return process_; }
  const fs::path& folder() const { return folder_; }
  [[nodiscard]] bool wait_listening() const {
    return wait_until([&] { return process_.err().find("listening on v1") != std::string::npos; });
  }

  // Recordings, by the number of their first packet; empty, compressed ones and indexes left out.
  std::vector<fs::path> files() const {
    std::vector<std::pair<std::uint32_t, fs::path>> found;
    for (const fs::path& path : names()) {
      if (path.extension() == ".gz") continue;
      const ReadRecording recording = read_recording(path);
      EXPECT_EQ(recording.complaint, "") << path;
      if (!recording.packets.empty())
        found.emplace_back(number_of(recording.packets.front().bytes), path);
    }
    std::sort(found.begin(), found.end());
    std::vector<fs::path> paths;
    for (auto& [number, path] : found) paths.push_back(std::move(path));
    return paths;
  }
  std::vector<fs::path> names() const {
    std::vector<fs::path> paths;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      const std::string name = entry.path().filename();
      if (name.starts_with("f") && entry.path().extension() != ".cidx")
        paths.push_back(entry.path());
    }
    return paths;
  }
  // Each packet once, in order over all files.
  void expect_packets(std::uint32_t first, std::uint32_t end) const {
    std::uint32_t next = first;
    for (const fs::path& path : files()) {
      for (const auto& packet : read_recording(path).packets)
        ASSERT_EQ(number_of(packet.bytes), next++) << path;
    }
    EXPECT_EQ(next, end) << folder_;
  }
  std::uint32_t first_packet() const {
    return number_of(read_recording(files().front()).packets.front().bytes);
  }

 private:
  static std::vector<std::string> command(const std::string& folder,
                                          std::vector<std::string> program, const std::string& name,
                                          const std::vector<std::string>& flags) {
    fs::create_directory(folder);
    fs::permissions(folder, fs::perms::all);
    program.insert(program.end(), {"-i", "v1", "-B", "65536", "-w", folder + "/" + name});
    program.insert(program.end(), flags.begin(), flags.end());
    return program;
  }

  fs::path folder_;
  Process process_;
};

class ShowRotation : public Sandbox {
 protected:
  void SetUp() override {
    Sandbox::SetUp();
    if (!IsSkipped()) ::chmod(directory().c_str(), 0755);
  }
  Side ours(const std::string& name, const std::vector<std::string>& flags) {
    return {file("ours"), {capstan_binary(), "show"}, name, flags};
  }
  Side theirs(const std::string& name, const std::vector<std::string>& flags) {
    return {file("theirs"), {"tcpdump"}, name, flags};
  }
  // In bursts: neither shall drop.
  static void send(std::uint32_t first, std::uint32_t count) {
    const FrameSender sender("v0");
    for (std::uint32_t number = first; number < first + count; ++number) {
      sender.send(make_udp_frame(5000, number, kFrameBytes));
      if (number % 500 == 499) ::usleep(10'000);
    }
  }
  // Until both have come to their end, for some tens of seconds at most. How many it were.
  static std::uint32_t send_until(const std::function<bool()>& ended) {
    constexpr std::uint32_t kMost = 30'000;
    std::uint32_t sent = 0;
    for (; sent < kMost && !ended(); sent += 10) {
      send(sent, 10);
      ::usleep(2'000);
    }
    return sent;
  }
  static void await_both(const Side& we, const Side& they) {
    for (const Side* side : {&we, &they}) {
      ASSERT_TRUE(side->wait_listening()) << side->process().err();
    }
  }
  // Each of these packets to both, which end by themselves.
  static void record_all(Side& we, Side& they, std::uint32_t count) {
    await_both(we, they);
    send(0, count);
    for (Side* side : {&we, &they}) {
      EXPECT_EQ(side->process().wait(), 0) << side->process().err();
    }
  }
  std::string script(const std::string& text) const {
    const std::string path = file("program");
    std::ofstream(path) << "#!/bin/sh\n" << text << '\n';
    ::chmod(path.c_str(), 0755);
    return path;
  }
};

TEST_F(ShowRotation, SizeTurnsAsTcpdumps) {
  constexpr std::uint32_t kFrames = 4500;
  const std::vector<std::string> flags = {"-C", "1", "-c", std::to_string(kFrames)};
  Side we = ours("f.pcap", flags);
  Side they = theirs("f.pcap", flags);
  record_all(we, they, kFrames);
  for (Side* side : {&we, &they}) {
    EXPECT_NE(side->process().err().find("4500 packets captured"), std::string::npos)
        << side->process().err();
    side->expect_packets(0, kFrames);
    const std::vector<fs::path> files = side->files();
    EXPECT_GE(files.size(), 3U);
    for (const fs::path& path : files) {
      EXPECT_LT(fs::file_size(path), kMegabyte + kBlock) << path;
      if (path != files.back()) {
        EXPECT_GE(fs::file_size(path), kMegabyte) << path;
      }
    }
  }
}

// Without -W all files stay, with it the last ones: the newest packets, and no gap in them.
TEST_F(ShowRotation, ARingOfFilesKeepsTheLastAsTcpdumps) {
  constexpr std::uint32_t kFrames = 9000;
  const std::vector<std::string> flags = {"-C", "1", "-W", "3", "-c", std::to_string(kFrames)};
  Side we = ours("f.pcap", flags);
  Side they = theirs("f.pcap", flags);
  record_all(we, they, kFrames);
  for (Side* side : {&we, &they}) {
    EXPECT_EQ(side->names().size(), 3U) << side->folder();
    const std::uint32_t first = side->first_packet();
    EXPECT_GT(first, 0U);
    side->expect_packets(first, kFrames);
  }
  for (const auto& entry : fs::directory_iterator(we.folder())) {
    if (entry.path().extension() != ".cidx") continue;
    EXPECT_TRUE(fs::exists(fs::path(entry.path()).replace_extension())) << entry.path();
  }
}

TEST_F(ShowRotation, SecondsTurnAsTcpdumps) {
  const std::vector<std::string> flags = {"-G", "1"};
  Side we = ours("f_%Y%m%d-%H%M%S.pcap", flags);
  Side they = theirs("f_%Y%m%d-%H%M%S.pcap", flags);
  await_both(we, they);
  const std::uint32_t sent =
      send_until([&] { return we.names().size() >= 3 && they.names().size() >= 4; });
  for (Side* side : {&we, &they}) {
    side->process().signal(SIGINT);
    EXPECT_EQ(side->process().wait(), 0) << side->process().err();
    EXPECT_GE(side->names().size(), 3U);
    for (const fs::path& path : side->names()) {
      const std::string name = path.filename();
      EXPECT_EQ(name.size(), std::string("f_20260131-235959.pcap").size()) << name;
    }
  }
  we.expect_packets(0, sent);  // tcpdump leaves in its ring what came in front of the signal
}

TEST_F(ShowRotation, SecondsAndANumberOfFilesEndAsTcpdumps) {
  const std::vector<std::string> flags = {"-G", "1", "-W", "2"};
  Side we = ours("f_%H%M%S.pcap", flags);
  Side they = theirs("f_%H%M%S.pcap", flags);
  await_both(we, they);
  send_until([&] { return !we.process().is_running() && !they.process().is_running(); });
  for (Side* side : {&we, &they}) {
    EXPECT_EQ(side->process().wait(), 0) << side->process().err();
    EXPECT_EQ(side->names().size(), 2U) << side->folder();
    const std::vector<fs::path> files = side->files();
    ASSERT_FALSE(files.empty()) << side->folder();
    const std::uint32_t first = side->first_packet();
    std::uint32_t count = 0;
    for (const fs::path& path : files)
      count += static_cast<std::uint32_t>(read_recording(path).packets.size());
    side->expect_packets(first, first + count);
  }
}

// Each finished file once, by its name; tcpdump leaves the last one out.
TEST_F(ShowRotation, TheProgramRunsForEachFileAsTcpdumps) {
  constexpr std::uint32_t kFrames = 4500;
  const std::string program = script(
      "echo \"$# $1\" >>\"$(dirname \"$1\")/told\"; capinfos \"$1\" >/dev/null 2>&1 || "
      "echo damaged >>\"$(dirname \"$1\")/told\"");
  const std::vector<std::string> flags = {"-C", "1", "-c", std::to_string(kFrames), "-z", program};
  std::vector<std::string> as_root = flags;
  as_root.insert(as_root.end(), {"-Z", "root"});
  Side we = ours("f.pcap", flags);
  Side they = theirs("f.pcap", as_root);
  record_all(we, they, kFrames);
  for (Side* side : {&we, &they}) {
    std::multiset<std::string> expected;
    for (const fs::path& path : side->names()) expected.insert("1 " + path.string());
    if (side == &they) expected.erase("1 " + side->files().back().string());
    const fs::path told = side->folder() / "told";
    // Ours waits for its programs, tcpdump does not.
    ASSERT_TRUE(wait_until([&] { return lines_of(told).size() >= expected.size(); }));
    const std::vector<std::string> lines = lines_of(told);
    EXPECT_EQ(std::multiset<std::string>(lines.begin(), lines.end()), expected);
    side->expect_packets(0, kFrames);
  }
}

// Compressed by the program, the files of a ring are still its files: the disk does not fill.
TEST_F(ShowRotation, ARingOfCompressedFilesIsARingToo) {
  constexpr std::uint32_t kFrames = 9000;
  for (int start = 0; start < 2; ++start) {  // the second takes up the first one's files
    Side we = ours("f.pcap", {"-C", "1", "-W", "3", "-c", std::to_string(kFrames), "-z", "gzip"});
    ASSERT_TRUE(we.wait_listening()) << we.process().err();
    send(0, kFrames);
    EXPECT_EQ(we.process().wait(), 0) << we.process().err();
    const std::vector<fs::path> left = we.names();
    EXPECT_EQ(left.size(), 3U);
    std::set<fs::path> recordings;
    for (const fs::path& path : left) {
      EXPECT_EQ(path.extension(), ".gz") << path;
      recordings.insert(fs::path(path).replace_extension());
      shell("gunzip -k -f " + path.string());
    }
    const std::uint32_t first = we.first_packet();
    EXPECT_GT(first, 0U);
    we.expect_packets(first, kFrames);
    for (const auto& entry : fs::directory_iterator(we.folder())) {
      if (entry.path().extension() != ".cidx") continue;
      EXPECT_TRUE(recordings.contains(fs::path(entry.path()).replace_extension())) << entry.path();
    }
    for (const fs::path& path : recordings) fs::remove(path);
  }
}

// Whose the files are, who records, and who the program is that runs for each file.
TEST_F(ShowRotation, ItBecomesTheUserAsTcpdumpDoes) {
  constexpr std::uint32_t kFrames = 4500;
  const std::string program = script("id -u >>\"$(dirname \"$1\")/told\"");
  const std::vector<std::string> flags = {"-C", "1",     "-c", std::to_string(kFrames),
                                          "-z", program, "-Z", "nobody"};
  Side we = ours("f.pcap", flags);
  Side they = theirs("f.pcap", flags);
  for (Side* side : {&we, &they}) {
    ASSERT_TRUE(side->wait_listening()) << side->process().err();
    const std::string status = "/proc/" + std::to_string(side->process().pid()) + "/status";
    EXPECT_EQ(status_line(status, "Uid"), "65534\t65534\t65534\t65534") << side->folder();
    EXPECT_EQ(status_line(status, "CapEff"), "0000000000000000") << side->folder();
  }
  record_all(we, they, kFrames);
  for (Side* side : {&we, &they}) {
    side->expect_packets(0, kFrames);
    const std::vector<fs::path> files = side->files();
    ASSERT_GE(files.size(), 3U);
    for (const fs::path& path : files) {
      struct stat status {};
      ASSERT_EQ(::stat(path.c_str(), &status), 0);
      EXPECT_EQ(status.st_uid, kNobody) << path;
    }
    const fs::path told = side->folder() / "told";
    ASSERT_TRUE(wait_until([&] { return lines_of(told).size() >= files.size() - 1; }));
    for (const std::string& line : lines_of(told)) EXPECT_EQ(line, "65534") << side->folder();
  }
}

TEST_F(ShowRotation, WhatCannotBeIsSaidByBoth) {
  for (const std::vector<std::string>& flags :
       {std::vector<std::string>{"-Z", "nosuchuser"}, {"-C", "x"}, {"-G", "-1"}}) {
    Side we = ours("f.pcap", flags);
    Side they = theirs("f.pcap", flags);
    EXPECT_NE(they.process().wait(), 0) << they.process().err();
    EXPECT_EQ(we.process().wait(), 2) << we.process().err();
    EXPECT_NE(we.process().err().find(flags[0]), std::string::npos) << we.process().err();
    EXPECT_TRUE(we.names().empty());
  }
}

}  // namespace
}  // namespace capstan::test
