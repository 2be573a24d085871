// Packets to verdicts: flows, VLANs, fragments, IPv6, bounds under attack.
#include <gtest/gtest.h>

#include <map>
#include <stdexcept>
#include <string>

#include "engine/audit/auditor.h"
#include "tests/support/packet_builder.h"

namespace capstan::audit {
namespace {

using test::PacketSpec;

struct Seen {
  std::string source;
  std::uint16_t source_port = 0;
  Verdict verdict = Verdict::kUnknown;
  Protocol protocol = Protocol::kUnknown;
  std::string user;
  std::uint32_t length = 0;
  Reasons reasons = 0;
  std::uint64_t packets = 0;
  std::array<std::uint16_t, 2> vlans{};
  bool has_payload = false;
};

class Recorder final : public AuditSink {
 public:
  void on_session(const SessionReport& report) override {
    ++ended;
    if (!keep) return;
    Seen one;
    one.source = address_text(report.ends.source, report.ends.ip_version);
    one.source_port = report.ends.source_port;
    one.verdict = report.verdict;
    one.protocol = report.facts->protocol;
    one.user = report.facts->user;
    if (!report.facts->credentials.empty()) one.length = report.facts->credentials[0].length;
    one.reasons = report.facts->reasons;
    one.packets = report.packets[0] + report.packets[1];
    one.vlans = report.vlans;
    one.has_payload = report.has_payload;
    seen.push_back(one);
  }
  void on_login(const SessionReport&, const Credential&) override { ++logins; }
  std::vector<Seen> seen;
  std::uint64_t ended = 0;
  std::uint64_t logins = 0;
  bool keep = true;
};

constexpr std::uint64_t kSecond = 1'000'000'000;

class AuditorTest : public testing::Test {
 protected:
  void send(const PacketSpec& spec) {
    now += 1000;
    const std::vector<std::uint8_t> bytes = test::build_packet(spec);
    auditor->on_packet(test::view_of(bytes, now));
  }
  // A three-way handshake and a POP3 login in whole segments.
  void pop3_login(PacketSpec spec, const std::string& user, const std::string& secret) {
    PacketSpec back = spec;
    std::swap(back.source, back.destination);
    std::swap(back.source_port, back.destination_port);
    spec.flags = tcp_flag::kSyn;
    spec.sequence = 100;
    send(spec);
    back.flags = tcp_flag::kSyn | tcp_flag::kAck;
    back.sequence = 900;
    send(back);
    back.flags = spec.flags = tcp_flag::kAck;
    back.sequence = 901;
    back.payload = "+OK\r\n";
    send(back);
    spec.sequence = 101;
    spec.payload = "USER " + user + "\r\n";
    send(spec);
    spec.sequence += static_cast<std::uint32_t>(spec.payload.size());
    spec.payload = "PASS " + secret + "\r\n";
    send(spec);
  }

  std::uint64_t now = 1'700'000'000 * kSecond;
  AuditOptions options;
  Recorder recorder;
  std::unique_ptr<Auditor> auditor = std::make_unique<Auditor>(options, recorder);
};

TEST_F(AuditorTest, LoginIsToldAtOnceAndReportedAtTheEnd) {
  pop3_login({}, "alice", "secret");
  EXPECT_EQ(recorder.logins, 1U);
  EXPECT_EQ(recorder.ended, 0U);
  auditor->finish();
  ASSERT_EQ(recorder.seen.size(), 1U);
  const Seen& one = recorder.seen[0];
  EXPECT_EQ(one.verdict, Verdict::kCleartextCredentials);
  EXPECT_EQ(one.user, "alice");
  EXPECT_EQ(one.length, 6U);
  EXPECT_EQ(one.source, "10.0.0.1");
  EXPECT_EQ(one.packets, 5U);
}

TEST_F(AuditorTest, SameAddressesOnTwoVlansAreTwoSessions) {
  PacketSpec one;
  one.vlan = 10;
  PacketSpec two;
  two.vlan = 20;
  // Interleaved, with the same numbers: mixed up they would be nonsense.
  pop3_login(one, "alice", "secret");
  pop3_login(two, "bob", "longer-secret");
  auditor->finish();
  ASSERT_EQ(recorder.seen.size(), 2U);
  EXPECT_NE(recorder.seen[0].vlans, recorder.seen[1].vlans);
  EXPECT_NE(recorder.seen[0].user, recorder.seen[1].user);
}

TEST_F(AuditorTest, Ipv6) {
  PacketSpec spec;
  spec.ipv6 = true;
  pop3_login(spec, "alice", "secret");
  auditor->finish();
  ASSERT_EQ(recorder.seen.size(), 1U);
  EXPECT_EQ(recorder.seen[0].source, "2001:db8::a00:1");
  EXPECT_EQ(recorder.seen[0].verdict, Verdict::kCleartextCredentials);
}

TEST_F(AuditorTest, FragmentsOutOfOrderAreOneDatagram) {
  PacketSpec snmp;
  snmp.udp = true;
  snmp.destination_port = 161;
  const char get[] =
      "\x30\x1a\x02\x01\x01\x04\x06public\xa0\x0d\x02\x01\x01\x02\x01\0\x02\x01\0\x30\x02\x30\0";
  snmp.payload.assign(get, sizeof(get) - 1);
  const std::vector<std::uint8_t> whole = test::transport_part(snmp);
  PacketSpec second = snmp;
  second.fragment_field = 2;  // offset 16
  second.payload.assign(whole.begin() + 16, whole.end());
  PacketSpec first = snmp;
  first.fragment_field = 0x2000;
  first.payload.assign(whole.begin(), whole.begin() + 16);
  send(second);
  send(first);
  auditor->finish();
  ASSERT_EQ(recorder.seen.size(), 1U);
  EXPECT_EQ(recorder.seen[0].verdict, Verdict::kCleartextCredentials);
  EXPECT_EQ(recorder.seen[0].length, 6U);
  EXPECT_EQ(auditor->counters().datagrams_defragmented, 1U);
}

TEST_F(AuditorTest, PortsUsedAgainAreANewSession) {
  pop3_login({}, "alice", "secret");
  PacketSpec fin;
  fin.flags = tcp_flag::kRst;
  fin.sequence = 500;
  send(fin);
  PacketSpec syn;
  syn.flags = tcp_flag::kSyn;
  syn.sequence = 77777;
  send(syn);
  auditor->finish();
  EXPECT_EQ(recorder.seen.size(), 2U);
}

TEST_F(AuditorTest, ServerSeenFirstIsStillTheServer) {
  PacketSpec banner;
  std::swap(banner.source, banner.destination);
  std::swap(banner.source_port, banner.destination_port);
  banner.sequence = 1000;
  banner.payload = "+OK ready\r\n";
  send(banner);
  auditor->finish();
  ASSERT_EQ(recorder.seen.size(), 1U);
  EXPECT_EQ(recorder.seen[0].source_port, 40000);
  EXPECT_EQ(recorder.seen[0].verdict, Verdict::kCleartextNoCredentials);
}

TEST_F(AuditorTest, OfferThatVanishedIsCalledStripped) {
  for (const bool offered : {true, false}) {
    PacketSpec client;
    client.source_port = offered ? 40001 : 40002;
    client.destination_port = 25;
    PacketSpec server = client;
    std::swap(server.source, server.destination);
    std::swap(server.source_port, server.destination_port);
    server.sequence = 1;
    server.payload = offered ? "220 mx ESMTP\r\n250-mx\r\n250-STARTTLS\r\n250 HELP\r\n"
                             : "220 mx ESMTP\r\n250-mx\r\n250 HELP\r\n";
    client.payload = "EHLO me\r\n";
    send(client);
    send(server);
    auditor->finish();
  }
  ASSERT_EQ(recorder.seen.size(), 2U);
  EXPECT_EQ(recorder.seen[0].reasons & reason::kUpgradeStripped, 0U);
  EXPECT_NE(recorder.seen[1].reasons & reason::kUpgradeStripped, 0U);
}

// A flood of connections that never go on: flows stay within their number, memory within its bound,
// and a login in their midst is found all the same.
TEST_F(AuditorTest, MillionHalfOpenConnections) {
  options.flows.max_flows = 4096;
  options.pool_bytes = 4U << 20;
  auditor = std::make_unique<Auditor>(options, recorder);
  recorder.keep = false;
  PacketSpec syn;
  syn.flags = tcp_flag::kSyn;
  std::vector<std::uint8_t> bytes = test::build_packet(syn);
  constexpr std::uint32_t kFlood = 1'000'000;
  for (std::uint32_t i = 0; i < kFlood; ++i) {
    const std::uint32_t source = 0x0b000000 + i;
    for (std::size_t byte = 0; byte < 4; ++byte) {
      bytes[26 + byte] = static_cast<std::uint8_t>(source >> (24 - 8 * byte));
    }
    auditor->on_packet(test::view_of(bytes, now += 1000));
    if (i == kFlood / 2) pop3_login({}, "alice", "secret");
  }
  EXPECT_EQ(recorder.logins, 1U);
  const AuditCounters counters = auditor->counters();
  EXPECT_EQ(counters.peak_flows, 4096U);
  EXPECT_EQ(counters.flows, kFlood + 1);
  EXPECT_EQ(counters.flows_evicted, kFlood + 1 - 4096);
  EXPECT_LE(counters.flow_memory_bytes, 4097 * Auditor::flow_bytes() + 8192 * 8);
  EXPECT_LE(counters.pool_peak_bytes, 65536U);
}

// Every flow sends one segment that leaves a hole, so that bytes must be held for all of them.
TEST_F(AuditorTest, HolesInEveryFlowStayWithinThePool) {
  options.pool_bytes = 2U << 20;
  auditor = std::make_unique<Auditor>(options, recorder);
  recorder.keep = false;
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    PacketSpec spec;
    spec.source = 0x0b000000 + i;
    spec.flags = tcp_flag::kSyn;
    spec.sequence = 0;
    send(spec);
    spec.flags = tcp_flag::kAck;
    spec.sequence = 10;
    spec.payload = "PASS secret" + std::string(1000, 'x');
    send(spec);
  }
  pop3_login({}, "alice", "secret");
  const AuditCounters counters = auditor->counters();
  EXPECT_LE(counters.pool_peak_bytes, options.pool_bytes);
  EXPECT_GE(recorder.logins, 1U);
  auditor->finish();
}

TEST_F(AuditorTest, OneByteSegmentsInReverse) {
  PacketSpec spec;
  spec.flags = tcp_flag::kSyn;
  spec.sequence = 100;
  send(spec);
  spec.flags = tcp_flag::kAck;
  const std::string text = "USER alice\r\nPASS secret\r\n";
  for (std::size_t i = text.size(); i-- > 0;) {
    spec.sequence = 101 + static_cast<std::uint32_t>(i);
    spec.payload = text.substr(i, 1);
    send(spec);
  }
  auditor->finish();
  ASSERT_EQ(recorder.seen.size(), 1U);
  EXPECT_EQ(recorder.seen[0].verdict, Verdict::kCleartextCredentials);
  EXPECT_EQ(recorder.seen[0].length, 6U);
}

TEST_F(AuditorTest, BatchesGiveTheSameAsSinglePackets) {
  std::vector<std::vector<std::uint8_t>> packets;
  for (std::uint32_t i = 0; i < 40; ++i) {
    PacketSpec spec;
    spec.source = 0x0b000000 + i;
    spec.sequence = 5;
    spec.payload = "USER u" + std::to_string(i) + "\r\nPASS secret\r\n";
    packets.push_back(test::build_packet(spec));
  }
  std::vector<PacketView> views;
  for (const auto& bytes : packets) views.push_back(test::view_of(bytes, ++now));
  auditor->on_packets(views);
  auditor->finish();
  EXPECT_EQ(recorder.seen.size(), 40U);
  for (const Seen& one : recorder.seen) EXPECT_EQ(one.verdict, Verdict::kCleartextCredentials);
}

// One packet of another flow, dated forty years ahead, between any two packets of a login; and the
// clock itself put to another time in its midst.
TEST_F(AuditorTest, JumpsOfTheClockTearNoFlow) {
  for (const std::int64_t jump_s : {1'200'000'000, -1'200'000'000, 86'400, -7'200, 301, -301}) {
    for (const bool stays : {false, true}) {
      for (int before = 1; before < 5; ++before) {
        SCOPED_TRACE(testing::Message()
                     << jump_s << " s before packet " << before << ", stays " << stays);
        recorder.seen.clear();
        auditor = std::make_unique<Auditor>(options, recorder);
        const std::uint64_t usual = 1'700'000'000 * kSecond;
        std::vector<std::vector<std::uint8_t>> packets;
        PacketSpec spec;
        const std::vector<std::string> said = {"EHLO me\r\n", "AUTH LOGIN\r\n", "Ym9i\r\n",
                                               "c2VjcmV0\r\n", "QUIT\r\n"};
        spec.destination_port = 25;
        for (const std::string& line : said) {
          spec.payload = line;
          packets.push_back(test::build_packet(spec));
          spec.sequence += static_cast<std::uint32_t>(line.size());
        }
        PacketSpec stray;
        stray.udp = true;
        stray.source_port = 5;
        const std::vector<std::uint8_t> other = test::build_packet(stray);
        std::uint64_t time_ns = usual;
        const std::uint64_t jumped = usual + static_cast<std::uint64_t>(jump_s) * kSecond;
        for (int i = 0; i < static_cast<int>(packets.size()); ++i) {
          if (i == before) {
            auditor->on_packet(test::view_of(other, jumped));
            if (stays) time_ns = jumped;
          }
          auditor->on_packet(test::view_of(packets[static_cast<std::size_t>(i)], time_ns += 1000));
        }
        auditor->finish();
        EXPECT_EQ(recorder.seen.size(), 2U);
        EXPECT_EQ(std::count_if(recorder.seen.begin(), recorder.seen.end(),
                                [](const Seen& one) {
                                  return one.verdict == Verdict::kCleartextCredentials;
                                }),
                  1);
      }
    }
  }
}

TEST_F(AuditorTest, TextOfAResetIsNoStreamData) {
  PacketSpec reset;
  reset.destination_port = 110;
  reset.flags = tcp_flag::kRst | tcp_flag::kAck;
  reset.payload = "USER bob\r\nPASS secret\r\n";
  send(reset);
  auditor->finish();
  ASSERT_EQ(recorder.seen.size(), 1U);
  EXPECT_NE(recorder.seen[0].verdict, Verdict::kCleartextCredentials);
  EXPECT_EQ(recorder.logins, 0U);
}

// Trains of others that are never finished, between the two fragments of a login: as many as fit
// hide nothing, and what is given up is counted.
TEST_F(AuditorTest, UnfinishedTrainsHideNoLogin) {
  PacketSpec snmp;
  snmp.udp = true;
  snmp.destination_port = 161;
  const char get[] =
      "\x30\x1a\x02\x01\x01\x04\x06public\xa0\x0d\x02\x01\x01\x02\x01\0\x02\x01\0\x30\x02\x30\0";
  snmp.payload.assign(get, sizeof(get) - 1);
  const std::vector<std::uint8_t> whole = test::transport_part(snmp);
  PacketSpec first = snmp;
  first.fragment_field = 0x2000;
  first.payload.assign(whole.begin(), whole.begin() + 16);
  PacketSpec second = snmp;
  second.fragment_field = 2;
  second.payload.assign(whole.begin() + 16, whole.end());
  constexpr std::uint32_t kOthers = 3000;
  send(first);
  for (std::uint32_t i = 0; i < kOthers; ++i) {
    PacketSpec other = first;
    other.source = 0x0b000000 + i;
    send(other);
  }
  send(second);
  auditor->finish();
  EXPECT_EQ(recorder.logins, 1U);
  EXPECT_EQ(auditor->counters().datagrams_given_up, kOthers);
}

TEST_F(AuditorTest, WhatIsNotFollowedIsCountedByName) {
  const std::vector<std::uint8_t> bytes(60, 0);
  PacketView view = test::view_of(bytes, now);
  view.link_type = 147;  // for private use
  auditor->on_packet(view);
  auditor->on_packet(view);
  auditor->finish();
  ASSERT_EQ(auditor->unseen().entries().size(), 1U);
  EXPECT_EQ(auditor->unseen().entries()[0].packets, 2U);
  EXPECT_NE(auditor->unseen().entries()[0].unseen.name().find("147"), std::string::npos);
  EXPECT_EQ(auditor->counters().not_followed, 2U);
}

TEST_F(AuditorTest, IdleFlowsEndByThemselves) {
  pop3_login({}, "alice", "secret");
  auditor->on_tick(1000 * kSecond);
  EXPECT_EQ(recorder.ended, 0U);
  auditor->on_tick(1000 * kSecond + 7200 * kSecond);
  EXPECT_EQ(recorder.ended, 1U);
}

TEST(CommunityId, SpecificationVectors) {
  // github.com/corelight/community-id-spec, baseline/baseline_deflt.json.
  FlowEnds ends;
  ends.source = {128, 232, 110, 120};
  ends.destination = {66, 35, 250, 204};
  ends.source_port = 34855;
  ends.destination_port = 80;
  ends.protocol = kProtocolTcp;
  EXPECT_EQ(community_id(ends), "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
  std::swap(ends.source, ends.destination);
  std::swap(ends.source_port, ends.destination_port);
  EXPECT_EQ(community_id(ends), "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
  ends.ip_version = 0;  // link-layer addresses: no id is defined
  EXPECT_EQ(community_id(ends), "");
}

class FailingSink final : public AuditSink {
 public:
  void on_session(const SessionReport&) override { throw std::runtime_error("the disk is full"); }
};

// Reports that cannot be written: the first failure is the caller's, those that the end of the
// other conversations would bring while it is on its way up end nothing.
TEST(AuditSinkThatFails, EndsWithTheFirstFailure) {
  const auto audit_three = [] {
    FailingSink sink;
    Auditor auditor({}, sink);
    PacketSpec spec;
    for (const std::uint16_t port :
         {std::uint16_t{40001}, std::uint16_t{40002}, std::uint16_t{40003}}) {
      spec.source_port = port;
      spec.destination_port = 110;
      spec.payload = "USER bob\r\n";
      const std::vector<std::uint8_t> bytes = test::build_packet(spec);
      auditor.on_packet(test::view_of(bytes, kSecond));
    }
    auditor.finish();
  };
  EXPECT_THROW(audit_three(), std::runtime_error);
}

}  // namespace
}  // namespace capstan::audit
