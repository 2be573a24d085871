// What `capstan ship` makes of an index: rows, and the statements about their tables.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <map>
#include <string>
#include <vector>

#include "engine/core/errors.h"
#include "engine/index/file_indexer.h"
#include "tests/support/index_traffic.h"
#include "tests/support/temp_dir.h"
#include "tools/clickhouse/schema.h"
#include "tools/clickhouse/server_error.h"
#include "tools/common/http/http_date.h"
#include "tools/ship/clickhouse_client.h"
#include "tools/ship/file_audit.h"
#include "tools/ship/row_binary.h"
#include "tools/ship/row_format.h"
#include "tools/ship/sink_address.h"

namespace capstan::fleet {
namespace {

using Bytes = std::vector<std::uint8_t>;

// RowBinary by the columns of a table, each value as text: numbers in decimal, bytes in
// hexadecimal. Written from ClickHouse's documentation.
class RowReader {
 public:
  explicit RowReader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  bool at_end() const { return at_ == bytes_.size(); }

  std::map<std::string, std::string> next(Table table) {
    std::map<std::string, std::string> row;
    for (const Column& column : columns(table)) {
      row[std::string(column.name)] = value(column.wire);
    }
    return row;
  }

 private:
  std::string value(Wire wire) {
    switch (wire) {
      case Wire::kUInt8:
        return number(1);
      case Wire::kUInt16:
      case Wire::kDate:
        return number(2);
      case Wire::kUInt32:
      case Wire::kDateTime:
        return number(4);
      case Wire::kUInt64:
        return number(8);
      case Wire::kAddress:
      case Wire::kFixed16:
        return hex(16);
      case Wire::kFixed6:
        return hex(6);
      case Wire::kString:
      case Wire::kName:
        return text();
    }
    return {};
  }
  std::uint8_t byte() {
    if (at_ < bytes_.size()) return bytes_[at_++];
    ADD_FAILURE() << "the row ends early";
    return 0;
  }
  std::string number(std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value |= std::uint64_t{byte()} << (8 * i);
    return std::to_string(value);
  }
  std::string hex(std::size_t size) {
    std::string digits;
    for (std::size_t i = 0; i < size; ++i) digits += fmt::format("{:02x}", byte());
    return digits;
  }
  std::string text() {
    std::uint64_t size = 0;
    for (int shift = 0;; shift += 7) {
      const std::uint8_t one = byte();
      size |= std::uint64_t{one & 0x7FU} << shift;
      if ((one & 0x80) == 0) break;
    }
    std::string value;
    for (std::uint64_t i = 0; i < size; ++i) value += static_cast<char>(byte());
    return value;
  }

  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
};

std::string hex_of(const Address& address) {
  std::string digits;
  for (const std::uint8_t byte : address) digits += fmt::format("{:02x}", byte);
  return digits;
}

IndexRow tcp_row(std::uint16_t low_port, std::uint16_t high_port, std::uint8_t initiator,
                 std::uint8_t flags) {
  IndexRow row;
  row.kind = RowKind::kIpv4;
  row.protocol = 6;
  row.ends[0].port = low_port;
  row.ends[1].port = high_port;
  row.initiator = initiator;
  row.ends[initiator].tcp_flags = flags;
  return row;
}

TEST(ShipRows, TheServerIsWhoWasCalled) {
  using tcp_flag::kAck;
  using tcp_flag::kSyn;
  // With the call seen, whatever the ports.
  EXPECT_EQ(server_end(tcp_row(40000, 80, 0, kSyn)), 1U);
  EXPECT_EQ(server_end(tcp_row(40000, 80, 1, kSyn | kAck)), 0U);
  // Without: the lower port.
  EXPECT_EQ(server_end(tcp_row(40000, 80, 0, kAck)), 1U);
  EXPECT_EQ(server_end(tcp_row(40000, 80, 1, kAck)), 1U);
  EXPECT_EQ(server_end(tcp_row(80, 40000, 0, kAck)), 0U);
  // Of equal ones, and without any, who did not speak first.
  EXPECT_EQ(server_end(tcp_row(500, 500, 0, kAck)), 1U);
  EXPECT_EQ(server_end(tcp_row(500, 500, 1, kAck)), 0U);
  IndexRow row = tcp_row(8, 0, 1, 0);
  row.protocol = 1;
  row.flags = row_flag::kNoPorts;
  EXPECT_EQ(server_end(row), 0U);
}

TEST(ShipRows, DaysAndMonths) {
  constexpr std::uint64_t kDay = 86'400'000'000'000;
  EXPECT_EQ(day_of(0), 0);
  EXPECT_EQ(day_of(kDay - 1), 0);
  EXPECT_EQ(day_of(kDay), 1);
  EXPECT_EQ(day_of(~std::uint64_t{0}), 65535);
  EXPECT_EQ(month_of(0), 197001U);
  EXPECT_EQ(month_of(20'785), 202611U);  // 2026-11-28
  EXPECT_EQ(month_of(65'535), 214906U);  // the last day of Date
}

// Every kind of packet that an index knows, through an index and RowBinary: nothing is lost.
TEST(ShipRows, SayWhatTheIndexSays) {
  for (std::uint32_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(seed);
    test::IndexTraffic traffic(seed);
    test::PcapngBuilder file;
    file.section();
    file.interface(1, 0);
    for (std::uint64_t i = 0; i < 3000; ++i) {
      const std::vector<std::uint8_t> packet = traffic.next();
      file.packet(0, 1'700'000'000'000'000 + i * 1000, packet,
                  static_cast<std::uint32_t>(packet.size()));
    }
    const Bytes index = index_bytes(file.bytes, "test", {}).bytes;
    IndexReader::Opened opened = IndexReader::from_bytes_unchecked(index);
    ASSERT_TRUE(opened.reader);
    const ShippedFile whose{"a sensor", 0x0123456789abcdef, "x.pcapng"};
    const std::unique_ptr<RowFormat> format = clickhouse_format();
    const FlowFacts facts{"tls", std::string("a\0b", 3), "implicit-tls"};
    std::vector<IndexRow> rows;
    ASSERT_TRUE(opened.reader->for_each_row([&](const IndexRow& row, const auto&) {
      rows.push_back(row);
      format->flow(whose, {row, row.id, row.id % 2 == 0 ? &facts : nullptr});
      return true;
    }));
    ASSERT_GT(rows.size(), 100U);
    RowReader reader(format->bytes());
    for (const IndexRow& row : rows) {
      std::map<std::string, std::string> got = reader.next(Table::kFlows);
      const std::size_t server = server_end(row);
      const std::size_t client = 1 - server;
      EXPECT_EQ(got["sensor"], "a sensor");
      EXPECT_EQ(got["file"], "81985529216486895");
      EXPECT_EQ(got["row"], std::to_string(row.id));
      EXPECT_EQ(got["lost"], std::to_string(row.id));
      EXPECT_EQ(got["day"], std::to_string(row.first_ns / 86'400'000'000'000));
      EXPECT_EQ(got["five_minutes"], std::to_string(row.first_ns / 300'000'000'000 * 300));
      EXPECT_EQ(got["first_ns"], std::to_string(row.first_ns));
      EXPECT_EQ(got["last_ns"], std::to_string(row.last_ns));
      EXPECT_EQ(got["kind"], std::to_string(static_cast<int>(row.kind)));
      EXPECT_EQ(got["protocol"], std::to_string(row.protocol));
      EXPECT_EQ(got["ethertype"], std::to_string(row.ethertype));
      EXPECT_EQ(got["vlan_count"], std::to_string(row.vlan_count));
      EXPECT_EQ(got["vlan_outer"], std::to_string(row.vlans[0]));
      EXPECT_EQ(got["server_port"], std::to_string(row.ends[server].port));
      EXPECT_EQ(got["client_port"], std::to_string(row.ends[client].port));
      EXPECT_EQ(got["client_packets"], std::to_string(row.ends[client].packets));
      EXPECT_EQ(got["server_bytes"], std::to_string(row.ends[server].bytes));
      EXPECT_EQ(got["client_first"], std::to_string(row.initiator == client ? 1 : 0));
      EXPECT_EQ(got["tunnel_id"],
                std::to_string(row.has(row_flag::kInner) ? row.inner.tunnel_id : 0));
      EXPECT_EQ(got["community_id"], community_id(ends_of(row)));
      EXPECT_EQ(got["sni"], row.id % 2 == 0 ? facts.sni : "");
      EXPECT_EQ(got["last_block"], std::to_string(row.last_block));
      const std::uint8_t version = row.kind == RowKind::kIpv6 ? 6 : 4;
      EXPECT_EQ(got["client"],
                hex_of(row.has_addresses() ? stored_address(row.ends[client].address, version)
                                           : Address{}));
    }
    EXPECT_TRUE(reader.at_end());
  }
}

// A recording that breaks off, and one with more sessions than there is room for: the row says that
// the audit has not seen everything.
TEST(ShipRows, AnAuditOfAPartSaysSo) {
  const test::TempDir directory;
  test::IndexTraffic traffic(1);
  test::PcapngBuilder file;
  file.section();
  file.interface(1, 0);
  for (std::uint64_t i = 0; i < 400; ++i) {
    const std::vector<std::uint8_t> packet = traffic.next();
    file.packet(0, 1'700'000'000'000'000 + i, packet, static_cast<std::uint32_t>(packet.size()));
  }
  const std::string whole = directory.write("whole.pcapng", file.bytes);
  const std::string cut =
      directory.write("cut.pcapng", std::span(file.bytes).first(file.bytes.size() - 10));
  const auto go_on = [] { return true; };
  FileAudit all;
  ASSERT_TRUE(all.read(whole, go_on));
  EXPECT_EQ(all.extent(), Audited::kWhole);
  FileAudit part;
  ASSERT_TRUE(part.read(cut, go_on));
  EXPECT_EQ(part.extent(), Audited::kInPart);
  const std::string logins =
      CAPSTAN_SOURCE_DIR "/tests/data/captures/logins/sv__ftp_ftp-download-active.pcap";
  FileAudit roomy;
  ASSERT_TRUE(roomy.read(logins, go_on));
  EXPECT_EQ(roomy.extent(), Audited::kWhole);
  ASSERT_FALSE(roomy.findings().empty());
  FileAudit narrow(0);
  ASSERT_TRUE(narrow.read(logins, go_on));
  EXPECT_TRUE(narrow.findings().empty());
  EXPECT_EQ(narrow.extent(), Audited::kInPart);
}

TEST(ShipRows, FilesAndFindingsHaveTheirColumns) {
  const ShippedFile whose{"s", 7, "name\n.pcapng"};
  const std::unique_ptr<RowFormat> format = clickhouse_format();
  IndexSummary summary;
  summary.dropped = 3;
  summary.interface_dropped = 5;
  summary.missing = 7;
  summary.rows = 9;
  format->ledger(whose, {summary, 9, 2, Audited::kWhole});
  RowReader files(format->bytes());
  std::map<std::string, std::string> file = files.next(Table::kFiles);
  EXPECT_TRUE(files.at_end());
  EXPECT_EQ(file["lost"], "15");
  EXPECT_EQ(file["rows"], "9");
  EXPECT_EQ(file["findings"], "2");
  EXPECT_EQ(file["name"], "name\n.pcapng");
  format->clear();
  ShippedFinding finding;
  finding.user = std::string(300, 'u');
  finding.reasons = "tls-below-1.2";
  finding.weak = true;
  format->finding(whose, finding);
  RowReader findings(format->bytes());
  std::map<std::string, std::string> one = findings.next(Table::kFindings);
  EXPECT_TRUE(findings.at_end());
  EXPECT_EQ(one["user"], finding.user);
  EXPECT_EQ(one["weak"], "1");
  EXPECT_EQ(one["reasons"], "tls-below-1.2");
}

TEST(ShipRows, PackedBytesAreTheSame) {
  Bytes bytes(100'000);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * i >> 7);
  EXPECT_EQ(pack(Packing::kNone, bytes), bytes);
  EXPECT_EQ(pack(Packing::kGzip, bytes), pack(Packing::kGzip, bytes));
  EXPECT_EQ(pack(Packing::kZstd, bytes), pack(Packing::kZstd, bytes));
  const Bytes packed = pack(Packing::kGzip, bytes);
  Bytes unpacked(bytes.size() + 1);
  z_stream stream{};
  ASSERT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  Bytes input = packed;
  stream.next_in = input.data();
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = unpacked.data();
  stream.avail_out = static_cast<uInt>(unpacked.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  unpacked.resize(stream.total_out);
  inflateEnd(&stream);
  EXPECT_EQ(unpacked, bytes);
}

TEST(ShipSchema, VersionsAreRead) {
  const auto version = ServerVersion::parse("24.8.4.13\n");
  ASSERT_TRUE(version);
  EXPECT_EQ(version->text(), "24.8");
  EXPECT_TRUE(version->modern() && version->deduplicates() && version->atomic_databases());
  EXPECT_FALSE(ServerVersion::parse("18.16.1")->modern());
  EXPECT_TRUE(ServerVersion::parse("18.16.1")->supported());
  EXPECT_FALSE(ServerVersion::parse("18.14.9")->supported());
  EXPECT_FALSE(ServerVersion::parse("1.1.54390")->supported());
  for (const char* none : {"", "24", "24.", "x.1", ".1", "nginx/1.2"}) {
    EXPECT_FALSE(ServerVersion::parse(none)) << none;
  }
}

TEST(ShipSchema, OldServersGetNothingNew) {
  std::string old;
  for (const std::string& one : create_statements({{18, 16}, "db", "", 0})) old += one;
  for (const char* word : {"CODEC", "TTL", "INDEX", "IPv6 ", "DateTime64", "LowCardinality",
                           "Replicated", "SETTINGS", "COMMENT"}) {
    EXPECT_EQ(old.find(word), std::string::npos) << word;
  }
  std::string current;
  for (const std::string& one : create_statements({{24, 8}, "db", "", 30})) current += one;
  for (const char* word :
       {"CODEC(", "TTL day + INTERVAL 30 DAY", "bloom_filter", " IPv6 ", "DateTime64(9",
        "LowCardinality(String)", "non_replicated_deduplication_window"}) {
    EXPECT_NE(current.find(word), std::string::npos) << word;
  }
}

TEST(ShipSchema, HostileTextStaysText) {
  EXPECT_EQ(sql_text("a'b\\c"), "'a\\'b\\\\c'");
  EXPECT_EQ(sql_text(std::string_view("a\0b", 3)), "'a\\0b'");
  EXPECT_EQ(sql_name("a`b"), "`a\\`b`");
}

TEST(ShipClient, UnderstandsWhatTheServerSays) {
  const std::string old =
      "Code: 60, e.displayText() = DB::Exception: Table db.x doesn't exist., e.what() = "
      "DB::Exception\n";
  EXPECT_EQ(exception_code(old), 60);
  EXPECT_EQ(exception_text(old), "Table db.x doesn't exist.");
  const std::string recent =
      "Code: 516. DB::Exception: u: Authentication failed. (AUTHENTICATION_FAILED) (version "
      "24.8.4.13 (official build))\n";
  EXPECT_EQ(exception_code(recent), 516);
  EXPECT_EQ(exception_text(recent), "u: Authentication failed. (AUTHENTICATION_FAILED)");
  EXPECT_TRUE(is_refusal(old));
  EXPECT_TRUE(is_refusal(recent));
  EXPECT_FALSE(is_refusal("Code: 252, e.displayText() = DB::Exception: Too many parts"));
  EXPECT_FALSE(is_refusal("<html>"));
  // The list of tables, while another sensor drops its gates.
  EXPECT_FALSE(is_refusal(
      "Code: 60, e.displayText() = DB::Exception: Table fleet.ship_gate_02ae_9d0e_files doesn't "
      "exist., e.what() = DB::Exception"));
  EXPECT_EQ(exception_code("<html>"), 0);
  EXPECT_EQ(exception_text("\x1b[31m"), "?[31m");
  EXPECT_EQ(tools::http_date("Sat, 28 Nov 2026 19:00:01 GMT"), 1795892401);
  for (const char* none : {"", "Sat, 28 Nov 2026 19:00:01 CET", "Sat, 28 Xyz 2026 19:00:01 GMT",
                           "Sat, aa Nov 2026 19:00:01 GMT", "Sat, 28 ovD 2026 19:00:01 GMT"}) {
    EXPECT_EQ(tools::http_date(none), 0) << none;
  }
}

TEST(ShipAddress, NamesASink) {
  SinkAddress one = SinkAddress::parse("clickhouse+https://db.example/fleet");
  EXPECT_EQ(one.server, "https://db.example:8443");
  EXPECT_EQ(one.database, "fleet");
  EXPECT_TRUE(one.tls());
  EXPECT_EQ(SinkAddress::parse("clickhouse+http://[::1]/x").server, "http://[::1]:8123");
  EXPECT_EQ(SinkAddress::parse("clickhouse+http://[::1]:99/x").server, "http://[::1]:99");
  one = SinkAddress::parse("kafka://a:9092,b:9092/flows");
  EXPECT_EQ(one.server, "a:9092,b:9092");
  EXPECT_EQ(one.topic, "flows");
  EXPECT_EQ(SinkAddress::parse("file:/tmp/../tmp/x").path, "/tmp/x");
  for (const char* none :
       {"", "x", "clickhouse://h/d", "clickhouse+ftp://h/d", "clickhouse+http://h",
        "clickhouse+http:///d", "clickhouse+http://h/", "clickhouse+http://h/a/b",
        "clickhouse+http://h/a?b", "clickhouse+http://u:hush@h/d", "kafka://h", "kafka://h/a b",
        "file:", "clickhouse+http://h/d`"}) {
    try {
      SinkAddress::parse(none);
      ADD_FAILURE() << none;
    } catch (const UsageError& error) {
      EXPECT_EQ(std::string(error.what()).find("hush"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace capstan::fleet
