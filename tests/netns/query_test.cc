// Queries on the directory of a recorder that is running, and on recordings that lost packets.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <string>
#include <vector>

#include "tests/support/record_run.h"
#include "tests/support/sandbox.h"
#include "tests/support/wire.h"

namespace capstan::test {
namespace {

class QueryBeside : public Sandbox {
 protected:
  static void send_from(std::uint32_t first, std::uint32_t count) {
    const FrameSender sender("v0");
    for (std::uint32_t i = 0; i < count; ++i) sender.send(make_udp_frame(5000, first + i, 900));
  }
  static ProcessResult query(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "query");
    return run_capstan(std::move(arguments));
  }
};

TEST_F(QueryBeside, TheDirectoryOfARunningRecorderIsReadUpToItsLastWrite) {
  const std::string directory = file("captures");
  std::filesystem::create_directory(directory);
  RecordRun record({"-i", "v1", "-B", "16", "-b", "filesize:1500", "-w", directory + "/r.pcapng"});
  ASSERT_TRUE(record.wait_started()) << record.err();
  std::uint32_t sent = 0;
  for (int round = 0; round < 3; ++round) {
    send_from(sent, 2500);
    sent += 2500;
    ASSERT_TRUE(record.wait_written(sent)) << record.err();
    const std::string out = file("beside.pcapng");
    const ProcessResult found = query({"-r", directory, "-w", out, "udp port 5000"});
    ASSERT_EQ(found.status, 0) << found.err;
    EXPECT_NE(found.err.find("is being written"), std::string::npos) << found.err;
    const ReadRecording recording = read_recording(out);
    EXPECT_EQ(recording.complaint, "");
    ASSERT_EQ(recording.packets.size(), sent) << found.err;
    for (std::uint32_t i = 0; i < sent; ++i) ASSERT_EQ(number_of(recording.packets[i].bytes), i);
  }
  EXPECT_EQ(record.statistics().number("/packets_dropped"), 0U);
  ASSERT_EQ(record.stop(), 0) << record.err();
  expect_reconciled(record.statistics());
  const ProcessResult after = query({"-r", directory, "--count", "--fail-on-loss", "port 5000"});
  EXPECT_EQ(after.status, 0) << after.err;
  EXPECT_EQ(after.out, std::to_string(sent) + " packets\n");
  EXPECT_NE(after.err.find("complete: nothing was lost"), std::string::npos) << after.err;
}

// Queries come and go, two at a time, while packets do.
TEST_F(QueryBeside, TwoQueriesAtOnceCostTheRecorderNothing) {
  const std::string directory = file("captures");
  std::filesystem::create_directory(directory);
  RecordRun record({"-i", "v1", "-B", "16", "-b", "filesize:1000", "-w", directory + "/r.pcapng"});
  ASSERT_TRUE(record.wait_started()) << record.err();
  std::uint32_t sent = 0;
  for (int round = 0; round < 4; ++round) {
    Process lines({capstan_binary(), "query", "-r", directory, "-n", "udp port 5000"});
    Process count({capstan_binary(), "query", "-r", directory, "--count", "not port 5000"});
    send_from(sent, 2000);
    sent += 2000;
    EXPECT_EQ(lines.wait(), 0) << lines.err();
    EXPECT_EQ(count.wait(), 0) << count.err();
    EXPECT_EQ(count.out().find("packets\n") != std::string::npos, true) << count.out();
  }
  ASSERT_TRUE(record.wait_written(sent)) << record.err();
  EXPECT_EQ(record.statistics().number("/packets_dropped"), 0U);
  ASSERT_EQ(record.stop(), 0) << record.err();
  expect_reconciled(record.statistics());
  EXPECT_EQ(query({"-r", directory, "--count", "port 5000"}).out,
            std::to_string(sent) + " packets\n");
}

// The ring is full behind a FIFO that nobody reads; then it goes on.
TEST_F(QueryBeside, AnAnswerSaysWhatWasLostWhileItAndOnlyThen) {
  const std::string fifo = file("fifo");
  const std::string target = file("lossy.pcapng");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const UniqueFd out(::open(target.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  ProcessOptions to_file;
  to_file.stdout_fd = out.get();
  Process reader({"cat", fifo}, to_file);
  RecordRun record({"-i", "v1", "-B", "1", "--block-size", "64K", "-w", fifo});
  ASSERT_TRUE(record.wait_started()) << record.err();
  std::uint32_t sent = 0;
  send_from(sent, 100);
  sent += 100;
  ASSERT_TRUE(record.wait_written(sent));
  reader.signal(SIGSTOP);
  send_from(sent, 6000);
  sent += 6000;
  ASSERT_TRUE(record.wait_received(sent));
  reader.signal(SIGCONT);
  ASSERT_TRUE(record.wait_written(sent - record.statistics().number("/packets_dropped")));
  send_from(sent, 100);
  sent += 100;
  ASSERT_TRUE(record.wait_received(sent));
  ASSERT_EQ(record.stop(), 0) << record.err();
  ASSERT_EQ(reader.wait(), 0);
  const std::uint64_t dropped = record.statistics().number("/packets_dropped");
  ASSERT_GT(dropped, 1000U);

  const auto ask = [&](std::vector<std::string> arguments, int status) {
    arguments.insert(arguments.begin(),
                     {"-r", target, "--count", "--fail-on-loss", "--stats-json", file("s.json")});
    const ProcessResult result = query(arguments);
    EXPECT_EQ(result.status, status) << result.err;
    return Statistics(read_text(file("s.json")));
  };
  const Statistics whole = ask({}, 3);
  EXPECT_EQ(whole.number("/completeness/packets_lost"), dropped) << whole.all();
  const std::size_t losses = whole.size("/completeness/losses");
  ASSERT_GT(losses, 0U);
  const std::string begin = whole.text("/completeness/losses/0/from");
  const std::string end = whole.text("/completeness/losses/" + std::to_string(losses - 1) + "/to");
  EXPECT_EQ(ask({"--until", begin}, 0).number("/completeness/packets_lost"), 0U);
  EXPECT_EQ(ask({"--since", begin}, 3).number("/completeness/packets_lost"), dropped);
  EXPECT_GT(ask({"--since", end}, 3).number("/completeness/packets_lost"), 0U);  // its last moment
  const std::string last = whole.text("/completeness/recorded_to");
  EXPECT_EQ(ask({"--since", last}, 0).number("/completeness/packets_lost"), 0U);
}

// Packets of a part of a recording that is not there are in no answer, which says so: from the
// index and from the recording itself.
class QueryOfParts : public QueryBeside {
 protected:
  std::string recorded(std::vector<std::string> options) {
    const std::string directory = file("captures");
    std::filesystem::create_directory(directory);
    options.insert(options.begin(), {"-i", "v1", "-B", "16", "-w", directory + "/r.pcapng"});
    RecordRun record(options);
    const bool started = record.wait_started();
    EXPECT_TRUE(started) << record.err();
    for (std::uint32_t round = 0; started && round < 4; ++round) {
      send_from(round * 1000, 1000);
      EXPECT_TRUE(record.wait_written((round + 1) * 1000)) << record.err();
      if (round != 3) turn(record, round + 2);
    }
    EXPECT_EQ(record.stop(), 0) << record.err();
    return directory;
  }
  void turn(RecordRun& record, std::size_t files) {
    if (turns_ == 0) return;
    record.process().signal(SIGHUP);
    EXPECT_TRUE(wait_until([&] { return recordings().size() >= (files - 1) * turns_; }));
  }
  std::vector<std::string> recordings() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(file("captures"))) {
      const std::string name = entry.path().filename();
      if (name.ends_with(".pcapng") && !name.starts_with(".")) names.push_back(entry.path());
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  // What a question for everything answers, with indexes and without.
  void expect_answer(int status, const std::string& sentence) {
    const std::string directory = file("captures");
    for (const bool indexed : {true, false}) {
      SCOPED_TRACE(indexed);
      const ProcessResult indexes = run_capstan({"index", "-q", directory});
      ASSERT_EQ(indexes.status, 0) << indexes.err;
      if (!indexed) {
        for (const std::string& path : recordings()) std::filesystem::remove(path + ".cidx");
      }
      const ProcessResult answer =
          query({"-r", directory, "--count", "--fail-on-loss", "udp port 5000"});
      EXPECT_EQ(answer.status, status) << answer.err;
      EXPECT_NE(answer.err.find(sentence), std::string::npos) << answer.err;
      const ProcessResult flows = run_capstan({"flows", "-r", directory});
      EXPECT_EQ(flows.status, 0) << flows.err;
      const bool told = flows.err.find("not among the files") != std::string::npos ||
                        flows.err.find("missing between") != std::string::npos;
      EXPECT_EQ(told, status != 0) << flows.err;
      if (status != 0) {
        EXPECT_NE(flows.err.find(sentence), std::string::npos) << flows.err;
      }
    }
  }

  std::size_t turns_ = 0;  // files at each SIGHUP
};

TEST_F(QueryOfParts, ARingThatIsNotThereIsNamed) {
  recorded({"--rings", "2", "--fanout", "lb", "--split-rings"});
  expect_answer(0, "complete: nothing was lost");
  const std::vector<std::string> files = recordings();
  ASSERT_EQ(files.size(), 2U);
  std::filesystem::rename(files[1], file("elsewhere"));
  expect_answer(3, "ring 2 of 2 of v1 is not among the files: " + files[0] + " is of another");
}

// What query copies out of a recording is none of its parts.
TEST_F(QueryOfParts, CopiesAreNoPartOfARecording) {
  const std::string directory = file("captures");
  std::filesystem::create_directory(directory);
  const std::string whole = file("whole.pcapng");
  RecordRun record({"-i", "v1", "-B", "16", "--rings", "2", "--fanout", "hash", "-w", whole});
  ASSERT_TRUE(record.wait_started()) << record.err();
  send_from(0, 100);  // one flow, which is one ring's
  ASSERT_TRUE(record.wait_written(100)) << record.err();
  ASSERT_EQ(record.stop(), 0) << record.err();
  for (const char* name : {"one.pcapng", "two.pcapng"}) {
    const ProcessResult copied =
        query({"-r", whole, "-w", directory + "/" + name, "udp port 5000"});
    ASSERT_EQ(copied.status, 0) << copied.err;
  }
  const ProcessResult answer = query({"-r", directory, "--count"});
  EXPECT_EQ(answer.status, 0) << answer.err;
  EXPECT_EQ(answer.out, "200 packets\n");
  EXPECT_EQ(answer.err.find("not among the files"), std::string::npos) << answer.err;
}

TEST_F(QueryOfParts, AStripeThatIsNotThereIsNamed) {
  const std::string second = file("captures") + "/s.pcapng";
  recorded({"-w", second});
  expect_answer(0, "complete: nothing was lost");
  std::filesystem::rename(second, file("elsewhere"));
  expect_answer(3, "stripe 2 of 2 is not among the files");
}

TEST_F(QueryOfParts, AFileInTheMiddleThatIsNotThereIsNamedAndTheOldestMayGo) {
  turns_ = 1;
  recorded({"-b", "duration:3600"});
  expect_answer(0, "complete: nothing was lost");
  const std::vector<std::string> files = recordings();
  ASSERT_EQ(files.size(), 4U);
  std::filesystem::remove(files[0]);  // as retention does
  expect_answer(0, "complete: nothing was lost");
  std::filesystem::remove(files[2]);
  expect_answer(3, "1 file of the recording is missing between " + files[1] + " and " + files[3]);
}

}  // namespace
}  // namespace capstan::test
