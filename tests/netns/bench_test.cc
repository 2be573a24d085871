// `capstan bench` as a user runs it: real recorders over a real veth pair.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "engine/core/unique_fd.h"
#include "tests/support/process.h"
#include "tests/support/record_run.h"
#include "tests/support/sandbox.h"

namespace capstan::test {
namespace {

// A /run of the test's own: its namespaces' names and the bench's lock are nobody else's.
class Bench : public Sandbox {
 protected:
  void SetUp() override {
    Sandbox::SetUp();
    if (IsSkipped()) return;
    shell("mount -t tmpfs tmpfs /run && mkdir -p /run/netns /run/lock");
    if (::sysconf(_SC_NPROCESSORS_ONLN) < 2) GTEST_SKIP() << "needs two CPUs";
  }

  std::vector<std::string> command(std::vector<std::string> words) const {
    words.insert(words.begin(), {capstan_binary(), "bench"});
    words.insert(words.end(), {"--quick", "--dir", directory(), "--disk-gib", "0.25", "--json",
                               file("report.json"), "--html", file("report.html")});
    return words;
  }
  static bool no_namespaces() { return std::filesystem::is_empty("/run/netns"); }
};

TEST_F(Bench, ComparesTheRecordersThatAreThere) {
  ProcessOptions slow;
  slow.patience = std::chrono::minutes(5);
  const ProcessResult result =
      run(command({"compare", "--tools", "capstan,tcpdump,daemonlogger", "--loads", "2,100",
                   "--seconds", "0.3", "--resolution", "0.5"}),
          slow);
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.err, "") << "a pipe is kept quiet";
  const nlohmann::json report = nlohmann::json::parse(read_text(file("report.json")));
  EXPECT_FALSE(report["interrupted"]);
  EXPECT_GT(report["disk"]["bytes_per_second"].get<double>(), 0);
  EXPECT_GT(report["memcpy_bytes_per_second"].get<double>(), 0);
  std::map<std::string, int> curves;
  for (const nlohmann::json& trial : report["trials"]) {
    SCOPED_TRACE(trial.dump());
    if (trial["tool"] != "daemonlogger") {
      EXPECT_EQ(trial["failure"], "");
    }
    if (trial["failure"] != "") continue;
    EXPECT_GT(trial["offered_packets"], 0);
    EXPECT_LE(trial["written_packets"], trial["offered_packets"]);
    EXPECT_EQ(trial["damaged_packets"], 0);
    EXPECT_GT(trial["cpu_ns_per_packet"].get<double>(), 0);
    EXPECT_GT(trial["peak_rss_kib"], 0);
    if (trial["purpose"] == "curve") ++curves[trial["tool"]];
  }
  EXPECT_EQ(curves["capstan"], 2);
  EXPECT_EQ(curves["tcpdump"], 2);
  const std::string page = read_text(file("report.html"));
  for (const char* series : {"data-series=\"capstan\"", "data-series=\"tcpdump\"",
                             "data-mark=\"disk", "data-mark=\"memcpy"}) {
    EXPECT_NE(page.find(series), std::string::npos) << series;
  }
  EXPECT_TRUE(no_namespaces());
  for (const auto& entry : std::filesystem::directory_iterator(directory())) {
    EXPECT_EQ(entry.path().filename().string().rfind("report.", 0), 0U) << entry.path();
  }
}

TEST_F(Bench, AnInterruptKeepsWhatWasMeasured) {
  Process bench(command({"curve", "--loads", "1,2,3,4,5,6,7,8,9,10"}));
  // The recordings' folder is there while the first trial runs.
  ASSERT_TRUE(wait_until([&] {
    for (const auto& entry : std::filesystem::directory_iterator(directory())) {
      if (entry.is_directory()) return true;
    }
    return !bench.is_running();
  }));
  bench.signal(SIGINT);
  EXPECT_EQ(bench.wait(), 1) << bench.err();
  const nlohmann::json report = nlohmann::json::parse(read_text(file("report.json")));
  EXPECT_TRUE(report["interrupted"]);
  EXPECT_LT(report["trials"].size(), 10U);
  EXPECT_NE(read_text(file("report.html")).find("interrupted"), std::string::npos);
  EXPECT_TRUE(no_namespaces());
}

TEST_F(Bench, RemovesWhatAKilledOneLeftAndRefusesASecond) {
  shell("ip netns add capstan-bench-4194303-source && ip netns add other");
  const UniqueFd lock(::open("/run/lock/capstan-bench.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  ASSERT_EQ(::flock(lock.get(), LOCK_EX), 0);
  ProcessResult result = run(command({"curve", "--loads", "1"}));
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("another capstan bench"), std::string::npos) << result.err;
  EXPECT_TRUE(std::filesystem::exists("/run/netns/capstan-bench-4194303-source"));
  ASSERT_EQ(::flock(lock.get(), LOCK_UN), 0);
  result = run(command({"curve", "--loads", "1", "--seconds", "0.2"}));
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.err.find("removed namespace capstan-bench-4194303-source"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists("/run/netns/capstan-bench-4194303-source"));
  EXPECT_TRUE(std::filesystem::exists("/run/netns/other"));
  shell("ip netns del other");
}

// A recorder that writes nothing and one that cannot start are said, not counted as loss.
TEST_F(Bench, ARecorderThatFailsIsShownAsSuch) {
  shell("mkdir " + file("bin"));
  std::ofstream(file("bin/tcpdump")) << "#!/bin/sh\necho it is broken >&2\nexit 7\n";
  shell("chmod +x " + file("bin/tcpdump"));
  std::vector<std::string> words = command({"curve", "--tools", "tcpdump", "--loads", "1"});
  words.insert(words.begin(), {"env", "PATH=" + file("bin") + ":" + std::getenv("PATH")});
  const ProcessResult result = run(words);
  EXPECT_EQ(result.status, 0) << result.err;
  const nlohmann::json report = nlohmann::json::parse(read_text(file("report.json")));
  ASSERT_FALSE(report["trials"].empty());
  const nlohmann::json& trial = report["trials"].back();
  EXPECT_NE(trial["failure"].get<std::string>().find("exit status 7"), std::string::npos);
  EXPECT_NE(trial["failure"].get<std::string>().find("it is broken"), std::string::npos);
  EXPECT_TRUE(trial["loss_percent"].is_null());
}

TEST_F(Bench, TooLittleDiskIsSaidBeforeATrial) {
  shell("mkdir " + file("small") + " && mount -t tmpfs -o size=300m tmpfs " + file("small"));
  const ProcessResult result = run({capstan_binary(), "bench", "curve", "--quick", "--loads", "100",
                                    "--disk-gib", "0", "--dir", file("small")});
  EXPECT_EQ(result.status, 1);
  EXPECT_NE(result.err.find("Free some space"), std::string::npos) << result.err;
  unmount(file("small"));
}

// Verify's word against tcpdump's and tshark's counts, on a recording that lacks a lot: tcpdump is
// stopped while its ring of half a megabyte overflows.
TEST_F(Bench, VerifyAndOthersAgreeOnALossyRecording) {
  const std::string recording = file("lossy.pcap");
  Process tcpdump({"tcpdump", "-n", "-i", "v1", "-B", "512", "-U", "-Z", "root", "-w", recording});
  ASSERT_TRUE(wait_until([&] { return tcpdump.err().find("listening") != std::string::npos; }));
  const auto blast = [&](const std::string& first, const std::string& count) {
    const ProcessResult sent =
        run({capstan_binary(), "blast", "-i", "v0", "--size", "1000", "--count", count, "--pps",
             "50k", "--engine", "ring", "--first", first, "--json"});
    ASSERT_EQ(sent.status, 0) << sent.err;
    EXPECT_EQ(nlohmann::json::parse(sent.out)["refused"], 0);
  };
  blast("0", "300");
  tcpdump.signal(SIGSTOP);
  blast("300", "9000");
  tcpdump.signal(SIGCONT);
  // The ring is empty again when a packet sent now gets into the file.
  std::uint64_t next = 9300;
  ASSERT_TRUE(wait_until([&] {
    blast(std::to_string(next), "1");
    const std::uint64_t last = next++;
    const ProcessResult seen = run({capstan_binary(), "verify", "--json", recording});
    const nlohmann::json streams = nlohmann::json::parse(seen.out)["streams"];
    return !streams.empty() && streams[0]["last"] == last;
  }));
  tcpdump.signal(SIGINT);
  EXPECT_EQ(tcpdump.wait(), 0) << tcpdump.err();

  const ProcessResult verified =
      run({capstan_binary(), "verify", "--json", "--expect", std::to_string(next), recording});
  const nlohmann::json report = nlohmann::json::parse(verified.out);
  EXPECT_EQ(verified.status, 1) << "loss is not complete";
  const auto received = report["streams"][0]["received"].get<std::uint64_t>();
  EXPECT_GT(report["streams"][0]["missing"], 1000);
  EXPECT_EQ(received + report["streams"][0]["missing"].get<std::uint64_t>(), next);
  const ProcessResult tcpdump_count = run({"tcpdump", "-nr", recording, "--count"});
  EXPECT_EQ(tcpdump_count.out, std::to_string(received) + " packets\n") << tcpdump_count.err;
  const ProcessResult tshark =
      run({"tshark", "-n", "-r", recording, "-T", "fields", "-e", "frame.number"});
  EXPECT_EQ(static_cast<std::uint64_t>(std::count(tshark.out.begin(), tshark.out.end(), '\n')),
            received);
}

}  // namespace
}  // namespace capstan::test
