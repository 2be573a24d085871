// `record --audit`: what it finds beside a recording, what it skips, and that the recording never
// pays for it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <sstream>

#include "engine/core/unique_fd.h"
#include "tests/support/packet_builder.h"
#include "tests/support/record_run.h"
#include "tests/support/sandbox.h"
#include "tests/support/wire.h"

namespace capstan::test {
namespace {

constexpr int kFindings = 4;
constexpr int kNotAll = 5;

std::vector<nlohmann::json> events(const std::string& text, const std::string& type) {
  std::vector<nlohmann::json> found;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    nlohmann::json event = nlohmann::json::parse(line);
    if (event["event_type"] == type) found.push_back(std::move(event));
  }
  return found;
}

class RecordAudit : public Sandbox {
 protected:
  // A POP3 connection with a login in the clear: three packets.
  void send_login(std::uint16_t client_port) {
    PacketSpec spec;
    spec.source_port = client_port;
    spec.sequence = sequence_ += 100'000;  // another connection than the last on these ports
    spec.flags = tcp_flag::kSyn;
    send(spec);
    ++spec.sequence;
    spec.flags = tcp_flag::kAck;
    for (const char* words : {"USER alice\r\n", "PASS Tr0ub4dor&3\r\n"}) {
      spec.payload = words;
      send(spec);
      spec.sequence += static_cast<std::uint32_t>(spec.payload.size());
    }
  }
  void send_encrypted(std::uint16_t client_port) {
    PacketSpec spec;
    spec.source_port = client_port;
    spec.destination_port = 443;
    spec.payload = std::string("\x16\x03\x01\x00\x31\x01\x00\x00\x2d\x03\x03", 11) +
                   std::string(32, 'r') + std::string("\x00\x00\x02\xc0\x2f\x01\x00", 7) +
                   std::string(4, '\0');
    send(spec);
  }
  void send(const PacketSpec& spec) {
    sender_->send(build_packet(spec));
    ++sent_;
  }

  // Every packet on the wire is written, and audited or counted as skipped.
  void expect_accounted(const Statistics& statistics) const {
    expect_reconciled(statistics);
    EXPECT_EQ(statistics.number("/packets_written"), sent_);
    EXPECT_EQ(statistics.number("/packets_dropped"), 0U);
    EXPECT_EQ(statistics.number("/audit/packets") + statistics.number("/audit/packets_skipped"),
              sent_)
        << statistics.all();
  }

  const FrameSender& sender() const { return *sender_; }

  std::uint64_t sent_ = 0;

 private:
  void SetUp() override {
    Sandbox::SetUp();
    if (!IsSkipped()) sender_.emplace("v0");
  }
  std::optional<FrameSender> sender_;
  std::uint32_t sequence_ = 0;
};

TEST_F(RecordAudit, FindsLoginsAndSaysSo) {
  const std::string target = file("a.pcapng");
  const std::string findings = file("findings.json");
  RecordRun record({"-i", "v1", "-B", "16", "-w", target, "--audit", findings});
  ASSERT_TRUE(record.wait_started()) << record.err();
  send_login(40000);
  send_encrypted(40001);
  ASSERT_TRUE(record.wait_received(sent_));
  EXPECT_EQ(record.stop(), kFindings) << record.err();
  expect_accounted(record.statistics());
  EXPECT_EQ(record.statistics().number("/audit/cleartext_logins"), 1U);
  EXPECT_NE(record.err().find("1 login in the clear"), std::string::npos) << record.err();
  EXPECT_EQ(record.err().find("not audited"), std::string::npos) << record.err();
  expect_readable(target, sent_);

  const std::string text = read_text(findings);
  EXPECT_EQ(text.find("Tr0ub4dor"), std::string::npos);
  const std::vector<nlohmann::json> audits = events(text, "audit");
  ASSERT_EQ(audits.size(), 2U) << text;
  EXPECT_EQ(audits[0]["verdict"], "cleartext-credentials");
  EXPECT_EQ(audits[0]["user"], "alice");
  EXPECT_EQ(audits[0]["secret_length"], 11);
  EXPECT_EQ(audits[1]["verdict"], "implicit-tls");
  const std::vector<nlohmann::json> stats = events(text, "stats");
  ASSERT_EQ(stats.size(), 1U);
  EXPECT_EQ(stats[0]["stats"]["audit"]["packets"], sent_);
  EXPECT_EQ(stats[0]["stats"]["audit"]["packets_skipped"], 0);
  EXPECT_EQ(stats[0]["stats"]["audit"]["cleartext_logins"], 1);
}

TEST_F(RecordAudit, WithoutALoginTheStatusIsThatOfTheRecording) {
  RecordRun record({"-i", "v1", "-B", "16", "-w", file("a.pcapng"), "--audit", "-"});
  ASSERT_TRUE(record.wait_started()) << record.err();
  send_encrypted(40001);
  ASSERT_TRUE(record.wait_received(sent_));
  EXPECT_EQ(record.stop(), 0) << record.err();
  expect_accounted(record.statistics());
  EXPECT_EQ(events(record.process().out(), "audit").size(), 1U);
}

// What the audit cannot look into is no 0 here either: the status, the report and the last line.
TEST_F(RecordAudit, WhatCannotBeLookedAtIsFive) {
  const std::string findings = file("findings.json");
  RecordRun record({"-i", "v1", "-B", "16", "-w", file("a.pcapng"), "--audit", findings});
  ASSERT_TRUE(record.wait_started()) << record.err();
  send_encrypted(40001);
  std::mt19937 random(7);
  sender().send(make_frame(100, random));  // of an Ethernet type that nobody knows
  ++sent_;
  ASSERT_TRUE(record.wait_received(sent_));
  EXPECT_EQ(record.stop(), kNotAll) << record.err();
  expect_accounted(record.statistics());
  EXPECT_EQ(record.statistics().number("/audit/left_out"), 1U);
  EXPECT_NE(record.err().find("could not be looked at"), std::string::npos) << record.err();
  const std::vector<nlohmann::json> stats = events(read_text(findings), "stats");
  ASSERT_EQ(stats.size(), 1U);
  EXPECT_FALSE(stats[0]["stats"]["audit"]["everything_looked_at"]);
  EXPECT_EQ(stats[0]["stats"]["audit"]["left_out"][0]["what"], "not-followed");
}

// A ring that ran over: the packets it lost were not audited.
TEST_F(RecordAudit, WhatTheRingLostIsFive) {
  const std::string findings = file("findings.json");
  RecordRun record({"-i", "v1", "-B", "2", "-w", file("a.pcapng"), "--audit", findings});
  ASSERT_TRUE(record.wait_started()) << record.err();
  record.process().signal(SIGSTOP);
  for (std::uint32_t i = 0; i < 6000; ++i) sender().send(make_udp_frame(9999, i, 1400));
  record.process().signal(SIGCONT);
  EXPECT_EQ(record.stop(), kNotAll) << record.err();
  const std::vector<nlohmann::json> stats = events(read_text(findings), "stats");
  ASSERT_EQ(stats.size(), 1U);
  EXPECT_GT(record.statistics().number("/packets_dropped"), 0U);
  EXPECT_EQ(stats[0]["stats"]["audit"]["packets_lost"],
            record.statistics().number("/packets_dropped"));
  EXPECT_FALSE(stats[0]["stats"]["audit"]["everything_looked_at"]);
}

// Findings to a pipe that nobody empties: the worker stands still for as long as it likes.
TEST_F(RecordAudit, AWorkerThatStandsStillCostsTheRecordingNothing) {
  const std::string pipe = file("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const UniqueFd reader(::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  ASSERT_TRUE(reader);
  ASSERT_GT(::fcntl(reader.get(), F_SETPIPE_SZ, 4096), 0);
  RecordRun record({"-i", "v1", "-B", "8", "--retire-ms", "10", "-w", file("a.pcapng"), "--audit",
                    pipe, "--fail-on-loss"});
  ASSERT_TRUE(record.wait_started()) << record.err();
  const std::uint64_t ring_blocks = 8;
  // Each connection ends the one before, whose lines the worker then writes. The ring goes round
  // several times while the queue holds its oldest blocks.
  while (record.statistics().number("/audit/blocks_skipped") < 4 * ring_blocks) {
    ASSERT_LT(sent_, 100'000U) << record.statistics().all();
    for (int i = 0; i < 10; ++i) send_login(40000);
    ASSERT_TRUE(record.wait_received(sent_)) << record.err();
  }
  ASSERT_TRUE(record.wait_written(sent_));
  record.process().signal(SIGINT);
  std::string text;
  ASSERT_TRUE(wait_until([&] {
    char buffer[65536];
    for (ssize_t count = 0; (count = ::read(reader.get(), buffer, sizeof(buffer))) > 0;) {
      text.append(buffer, static_cast<std::size_t>(count));
    }
    return !record.process().is_running();
  }));
  EXPECT_EQ(record.wait(), kFindings) << record.err();
  const Statistics statistics = record.statistics();
  expect_accounted(statistics);
  EXPECT_NE(record.err().find("were recorded but not audited"), std::string::npos) << record.err();
  const std::vector<nlohmann::json> stats = events(text, "stats");
  ASSERT_EQ(stats.size(), 1U);
  EXPECT_EQ(stats[0]["stats"]["audit"]["packets_skipped"],
            statistics.number("/audit/packets_skipped"));
  EXPECT_EQ(stats[0]["stats"]["audit"]["packets"], statistics.number("/audit/packets"));
  EXPECT_EQ(events(text, "audit").size(), statistics.number("/audit/sessions"));
}

TEST_F(RecordAudit, SeveralRingsAndRotation) {
  RecordRun record({"-i", "v1", "-B", "8", "--rings", "2", "--split-rings", "-b", "filesize:20",
                    "-w", file("turn.pcapng"), "--audit", file("findings.json")});
  ASSERT_TRUE(record.wait_started()) << record.err();
  for (std::uint16_t port = 0; port < 300; ++port) {
    send_login(static_cast<std::uint16_t>(40000 + port));
    if (port % 100 == 0) {
      ASSERT_TRUE(record.wait_written(sent_)) << record.err();
    }
  }
  ASSERT_TRUE(record.wait_received(sent_));
  EXPECT_EQ(record.stop(), kFindings) << record.err();
  expect_accounted(record.statistics());
  EXPECT_EQ(record.statistics().number("/audit/cleartext_logins"), 300U);
  std::uint64_t in_files = 0;
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory())) {
    if (entry.path().extension() != ".pcapng") continue;
    ++files;
    in_files += read_recording(entry.path()).packets.size();
  }
  EXPECT_GT(files, 2U);
  EXPECT_EQ(in_files, sent_);
}

// What cannot be written is a failure, also where a login was seen; the recording is whole.
TEST_F(RecordAudit, AFullDiskForTheFindingsIsAFailureOfTheAuditAlone) {
  const std::string target = file("a.pcapng");
  RecordRun record({"-i", "v1", "-B", "8", "-w", target, "--audit", "/dev/full"});
  ASSERT_TRUE(record.wait_started()) << record.err();
  send_login(40000);
  ASSERT_TRUE(record.wait_received(sent_));
  EXPECT_EQ(record.stop(), 1) << record.err();
  EXPECT_NE(record.err().find("/dev/full: findings are missing"), std::string::npos)
      << record.err();
  expect_accounted(record.statistics());
  EXPECT_EQ(record.statistics().number("/audit/cleartext_logins"), 1U);
  expect_readable(target, sent_);
}

// The recorder becomes somebody who could not open the findings, in a sandbox that lets nobody.
TEST_F(RecordAudit, FindingsAreWrittenWhenPrivilegesAreGone) {
  shell("chmod 755 " + directory() + " && mkdir " + file("out") + " " + file("private") +
        " && chown 65534 " + file("out") + " && chmod 700 " + file("private"));
  RecordRun record({"-i", "v1", "-B", "8", "-w", file("out") + "/a.pcapng", "--audit",
                    file("private") + "/findings.json"});
  ASSERT_TRUE(record.wait_started()) << record.err();
  send_login(40000);
  ASSERT_TRUE(record.wait_received(sent_));
  EXPECT_EQ(record.stop(), kFindings) << record.err();
  expect_accounted(record.statistics());
  struct stat status {};
  ASSERT_EQ(::stat((file("out") + "/a.pcapng").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 65534U);
  EXPECT_EQ(events(read_text(file("private") + "/findings.json"), "audit").size(), 1U);
}

TEST_F(RecordAudit, WhatCannotWorkIsRefusedByName) {
  const std::string pipe = file("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const ProcessResult unread =
      run_capstan({"record", "-i", "v1", "-w", file("a.pcapng"), "--audit", pipe});
  EXPECT_EQ(unread.status, 1);
  EXPECT_NE(unread.err.find("Nobody reads this pipe: start what reads it first"), std::string::npos)
      << unread.err;
  const ProcessResult both = run_capstan({"record", "-i", "v1", "-w", "-", "--audit", "-"});
  EXPECT_EQ(both.status, 2);
  EXPECT_NE(both.err.find("-w - and --audit - both want standard output"), std::string::npos);
  const ProcessResult same =
      run_capstan({"record", "-i", "v1", "-w", file("a"), "--audit", file("a")});
  EXPECT_EQ(same.status, 2);
  EXPECT_NE(same.err.find("are one file"), std::string::npos) << same.err;
}

}  // namespace
}  // namespace capstan::test
