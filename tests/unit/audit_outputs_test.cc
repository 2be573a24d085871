// What the audit writes: its JSON, page, report and evidence, and that no secret is in any of it.
#include "tools/audit/audit_outputs.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "engine/core/errors.h"
#include "engine/flow/checksum.h"
#include "engine/reader/capture_file.h"
#include "tests/support/packet_builder.h"
#include "tests/support/temp_dir.h"
#include "tools/audit/advice.h"
#include "tools/audit/html_report.h"
#include "tools/audit/text_report.h"
#include "tools/common/units.h"

namespace capstan::tools {
namespace {

using test::PacketSpec;

constexpr const char* kSecret = "Tr0ub4dor&3";

class OutputsTest : public testing::Test {
 protected:
  AuditCommandLine line() const {
    AuditCommandLine made;
    made.files = {"x"};
    made.json = directory.path() / "eve.json";
    made.html = directory.path() / "report.html";
    made.evidence = directory.path() / "evidence";
    made.find_reuse = true;
    made.quiet = true;
    return made;
  }

  void send(audit::Auditor& auditor, const PacketSpec& spec) {
    now += 1'000'000;
    const std::vector<std::uint8_t> bytes = test::build_packet(spec);
    auditor.on_packet(test::view_of(bytes, now));
  }

  // Logins of several protocols with one password, one of them retransmitted and out of order.
  void run(const AuditCommandLine& commands) {
    AuditOutputs outputs(commands);
    audit::AuditOptions options;
    options.evidence_bytes = 1U << 20;
    options.reuse_digests = true;
    audit::Auditor auditor(options, outputs);
    PacketSpec pop;
    pop.sequence = 100;
    pop.payload = "USER alice\x1b[31m<b>\r\n";
    send(auditor, pop);
    const std::string pass = std::string("PASS ") + kSecret + "\r\n";
    pop.sequence += static_cast<std::uint32_t>(pop.payload.size());
    pop.payload = pass.substr(8);
    PacketSpec late = pop;
    pop.sequence += 8;
    send(auditor, pop);
    late.payload = pass;
    send(auditor, late);
    send(auditor, late);
    late.sequence += static_cast<std::uint32_t>(pass.size());
    late.payload = std::string("PASS again ") + kSecret;
    send(auditor, late);
    PacketSpec http;
    http.source_port = 40001;
    http.destination_port = 80;
    http.ipv6 = true;
    http.payload =
        "GET / HTTP/1.1\r\nAuthorization: Basic YWxpY2U6VHIwdWI0ZG9yJjM=\r\nCookie: sid=" +
        std::string(kSecret) + "\r\n\r\n";
    send(auditor, http);
    PacketSpec snmp;
    snmp.udp = true;
    snmp.source_port = 40002;
    snmp.destination_port = 161;
    const std::string pdu("\xa0\x0d\x02\x01\x01\x02\x01\0\x02\x01\0\x30\x02\x30\0", 15);
    snmp.payload = std::string("\x30\x1f\x02\x01\x01\x04\x0b", 7) + kSecret + pdu;
    send(auditor, snmp);
    auditor.finish();
    outputs.finish(auditor, {});
    EXPECT_GE(outputs.logins(), 3U);
  }

  test::TempDir directory;
  std::uint64_t now = 1'700'000'000'000'000'000;
};

TEST_F(OutputsTest, NoSecretAnywhere) {
  run(line());
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory.path())) {
    if (!entry.is_regular_file()) continue;
    ++files;
    const std::string text = test::read_text(entry.path());
    EXPECT_EQ(text.find(kSecret), std::string::npos) << entry.path();
    EXPECT_EQ(text.find(std::string(kSecret).substr(0, 6)), std::string::npos) << entry.path();
    EXPECT_EQ(text.find("VHIwdWI0ZG9y"), std::string::npos) << entry.path();
  }
  EXPECT_GE(files, 5U);
}

TEST_F(OutputsTest, UnredactedMustBeAskedForAndThenIsWhole) {
  AuditCommandLine commands = line();
  commands.evidence_unredacted = true;
  run(commands);
  bool found = false;
  for (const auto& entry : std::filesystem::directory_iterator(commands.evidence)) {
    found = found || test::read_text(entry.path()).find(kSecret) != std::string::npos;
    struct stat status = {};
    ASSERT_EQ(::stat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
  }
  EXPECT_TRUE(found);
}

// The packets of all evidence: each one's checksums are good, and there is nothing behind it.
std::size_t expect_good_evidence(const std::string& directory) {
  std::size_t packets = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    CaptureFile file = CaptureFile::open(entry.path());
    PacketView view;
    while (file.next(view)) {
      ++packets;
      const auto packet = read_transport(view);
      EXPECT_TRUE(packet.has_value());
      if (!packet) continue;
      const std::size_t size = packet->ip_version == 6 ? 16 : 4;
      if (size == 4) {
        EXPECT_EQ(checksum_error({view.data + packet->ip_offset, 20}), 0);
      }
      const std::size_t from = packet->ip_offset + (size == 4 ? 20 : 40);
      const std::uint8_t* const payload_end = packet->payload.data() + packet->payload.size();
      const ByteReader segment(view.data + from,
                               static_cast<std::size_t>(payload_end - (view.data + from)));
      const PseudoHeader pseudo{packet->source.data(), packet->destination.data(), size,
                                packet->protocol, static_cast<std::uint32_t>(segment.size())};
      EXPECT_EQ(checksum_error(pseudo, segment), 0) << entry.path();
      EXPECT_TRUE(std::all_of(payload_end, view.data + view.caplen, [](std::uint8_t byte) {
        return byte == 0;
      })) << entry.path();
    }
  }
  return packets;
}

TEST_F(OutputsTest, EvidenceReadsBackWithGoodChecksums) {
  const AuditCommandLine commands = line();
  run(commands);
  EXPECT_EQ(expect_good_evidence(commands.evidence), 7U);
}

TEST_F(OutputsTest, EvidenceKnowsTcpOptionsFromHeadersAndPaddingFromPayload) {
  const AuditCommandLine commands = line();
  AuditOutputs outputs(commands);
  audit::AuditOptions options;
  options.evidence_bytes = 1U << 20;
  audit::Auditor auditor(options, outputs);
  const auto send_bytes = [&](const std::vector<std::uint8_t>& bytes) {
    auditor.on_packet(test::view_of(bytes, now += 1'000'000));
  };
  PacketSpec ftp;
  ftp.destination_port = 21;
  ftp.sequence = 100;
  ftp.flags = tcp_flag::kSyn;
  const std::vector<std::uint8_t> syn4 = test::build_packet(ftp);
  ftp.ipv6 = true;
  const std::vector<std::uint8_t> syn6 = test::build_packet(ftp);
  // A timestamp whose first byte looks like the length of a header without options.
  const std::string timestamp("\1\1\x08\x0a\x51\0\0\0\0\0\0\0", 12);
  for (const bool ipv6 : {true, false}) {
    ftp.ipv6 = ipv6;
    ftp.flags = tcp_flag::kAck;
    send_bytes(ipv6 ? syn6 : syn4);
    ftp.sequence = 101;
    for (const std::string text : {"USER alice\r\n", "PASS Tr0ub4dor&3\r\n"}) {
      ftp.payload = timestamp + text;
      std::vector<std::uint8_t> bytes = test::build_packet(ftp);
      bytes[(ipv6 ? 54U : 34U) + 12] = 0x80;  // data offset: 32 bytes
      send_bytes(bytes);
      ftp.sequence += static_cast<std::uint32_t>(text.size());
    }
    // The SYN again, and what some driver left behind it.
    std::vector<std::uint8_t> padded = ipv6 ? syn6 : syn4;
    padded.insert(padded.end(), {'l', 'e', 'a', 'k'});
    send_bytes(padded);
  }
  auditor.finish();
  outputs.finish(auditor, {});
  EXPECT_EQ(expect_good_evidence(commands.evidence), 6U);
}

TEST_F(OutputsTest, JsonHasTheFieldsOfTheIssue) {
  const AuditCommandLine commands = line();
  run(commands);
  std::ifstream in(*commands.json);
  std::string text;
  std::size_t audits = 0;
  std::string first_digest;
  while (std::getline(in, text)) {
    const auto event = nlohmann::json::parse(text);
    if (event["event_type"] != "audit") continue;
    ++audits;
    for (const char* key :
         {"timestamp", "src_ip", "src_port", "dest_ip", "dest_port", "proto", "app_proto",
          "verdict", "user", "mechanism", "secret_kind", "secret_length", "tls_version", "sni",
          "weak", "reasons", "community_id"}) {
      EXPECT_TRUE(event.contains(key)) << key;
    }
    EXPECT_EQ(event["verdict"], "cleartext-credentials");
    EXPECT_EQ(event["secret_kind"], "plain");
    EXPECT_TRUE(event["secret_length"] == 11) << text;
    const std::string digest = event["credentials"][0]["reuse_digest"];
    if (first_digest.empty()) first_digest = digest;
    EXPECT_EQ(digest, first_digest);  // one password in all of them
  }
  EXPECT_EQ(audits, 3U);
}

TEST_F(OutputsTest, WhatTheNetworkSaysCannotSteerTerminalOrPage) {
  const AuditCommandLine commands = line();
  run(commands);
  const std::string page = test::read_text(commands.html);
  EXPECT_EQ(page.find("<b>\r"), std::string::npos);
  EXPECT_EQ(page.find("alice?[31m<b>"), std::string::npos);
  EXPECT_NE(page.find("<td data-h=\"User\" class=\"w\">alice?[31m&lt;b&gt;"), std::string::npos);
  EXPECT_NE(page.find("td.w{overflow-wrap:anywhere"), std::string::npos);  // nor widen it
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_EQ(page.find("http://"), std::string::npos);
  EXPECT_EQ(page.find("https://"), std::string::npos);
  EXPECT_EQ(visible_text("a\x1b]0;x\x07\xc2\x9b\xff\xc3\xa4"), "a?]0;x???\xc3\xa4");
}

// More servers than the table holds: those that are not in it are counted, in all three outputs.
TEST_F(OutputsTest, ServicesWithoutRoomAreToldAndCounted) {
  AuditCommandLine commands = line();
  commands.json_flows = false;
  AuditOutputs outputs(commands);
  audit::Auditor auditor({}, outputs);
  constexpr std::uint32_t kBeyond = 3;
  PacketSpec banner;
  banner.source_port = 110;
  banner.destination_port = 40000;
  banner.payload = "+OK ready\r\n";
  for (std::uint32_t i = 0; i < audit::ServiceTable::kMaxServices + kBeyond; ++i) {
    banner.source = 0x0a010000 + i;
    send(auditor, banner);
  }
  auditor.finish();
  AuditScope scope;
  outputs.finish(auditor, scope);
  const std::vector<LeftOut> list = left_out(scope, auditor);
  const auto told = std::find_if(list.begin(), list.end(), [](const LeftOut& one) {
    return one.what == "services-not-tabled";
  });
  ASSERT_NE(told, list.end());
  EXPECT_EQ(told->count, kBeyond);
  EXPECT_NE(test::read_text(directory.path() / "report.html").find(told->sentence),
            std::string::npos);
  EXPECT_NE(test::read_text(directory.path() / "eve.json").find("services-not-tabled"),
            std::string::npos);
  EXPECT_NE(outputs.report(auditor, scope).find(told->sentence), std::string::npos);
}

TEST_F(OutputsTest, WhatACutFileLacksWasNotLostByTheRecording) {
  const AuditCommandLine commands = line();
  AuditOutputs outputs(commands);
  audit::Auditor auditor({}, outputs);
  auditor.finish();
  AuditScope scope;
  scope.inputs.emplace_back();
  scope.inputs[0].name = "half.pcapng";
  scope.inputs[0].missing = 2;
  outputs.finish(auditor, scope);
  const std::vector<LeftOut> list = left_out(scope, auditor);
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].what, "packets-missing");
  EXPECT_EQ(list[0].sentence, "2 packets were recorded and are not in half.pcapng");
  EXPECT_NE(test::read_text(directory.path() / "eve.json").find("\"packets_missing\":2"),
            std::string::npos);
}

TEST(AuditCli, NonsenseIsRefused) {
  const auto parse = [](std::vector<const char*> words) {
    words.insert(words.begin(), "audit");
    return parse_audit_command_line(static_cast<int>(words.size()), words.data());
  };
  EXPECT_THROW(parse({}), UsageError);
  EXPECT_THROW(parse({"-r", "a", "-i", "b"}), UsageError);
  EXPECT_THROW(parse({"-r", "a", "--evidence-unredacted"}), UsageError);
  EXPECT_THROW(parse({"-r", "a", "--seconds", "3"}), UsageError);
  EXPECT_THROW(parse({"-r", "-", "-r", "-"}), UsageError);
  EXPECT_THROW(parse({"-r", "a", "--depth", "1"}), UsageError);
  EXPECT_EQ(*parse({"-r", "a", "--json"})->json, "-");
  EXPECT_EQ(*parse({"--json", "-r", "a"})->json, "-");
  EXPECT_EQ(*parse({"-r", "a", "--json", "f"})->json, "f");
  EXPECT_FALSE(parse({"-r", "a"})->json.has_value());
}

audit::ServiceTable services_at(std::uint16_t ports) {
  audit::ServiceTable table;
  for (std::uint16_t port = 1; port <= ports; ++port) {
    audit::ServiceKey key;
    key.ip_version = 4;
    key.port = port;
    audit::SessionFacts facts;
    facts.protocol = audit::Protocol::kFtp;
    table.add(key, facts, audit::Verdict::kCleartextNoCredentials, 1);
  }
  return table;
}

TEST(ServiceTable, SaysHowManyItHasNoRoomFor) {
  const auto lines = [](const std::string& text) {
    return std::count(text.begin(), text.end(), '\n');
  };
  const std::string all = service_table(services_at(5), 5, 80);
  EXPECT_EQ(lines(all), 6);
  EXPECT_EQ(all.find("more"), std::string::npos);
  const std::string some = service_table(services_at(9), 5, 80);
  EXPECT_EQ(lines(some), 6);
  EXPECT_NE(some.find("\nand 5 more; the report at the end has them all\n"), std::string::npos);
  EXPECT_NE(service_table(services_at(9), 5, 20).find("\nand 5 more\n"), std::string::npos);
}

TEST(Advice, SaysWhatHelpsWithTheProtocol) {
  for (int i = 1; i < static_cast<int>(audit::Protocol::kCount); ++i) {
    audit::Service service;
    service.protocol = static_cast<audit::Protocol>(i);
    EXPECT_TRUE(advice_for({}, service).empty()) << i;
    ++service.sessions[static_cast<std::size_t>(audit::Verdict::kCleartextCredentials)];
    const auto advice = advice_for({}, service);
    ASSERT_EQ(advice.size(), 1U) << i;
    EXPECT_EQ(advice[0].back(), '.') << i;
    // No router speaks OSPF over TLS.
    if (service.protocol == audit::Protocol::kOspf) {
      EXPECT_NE(advice[0].find("RFC 5709"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace capstan::tools
