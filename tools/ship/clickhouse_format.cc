// Rows as ClickHouse takes them. The order of the values is that of the columns in schema.cc.
#include <algorithm>
#include <limits>

#include "engine/core/clock.h"
#include "tools/clickhouse/schema.h"
#include "tools/ship/row_binary.h"
#include "tools/ship/row_format.h"

namespace capstan::fleet {

namespace {

constexpr std::uint64_t kFiveMinutes = 300;

std::uint32_t five_minutes_of(std::uint64_t ns) noexcept {
  const std::uint64_t seconds = ns / kNanosecondsPerSecond;
  constexpr std::uint64_t kLast = std::numeric_limits<std::uint32_t>::max() / kFiveMinutes;
  return static_cast<std::uint32_t>(std::min(seconds / kFiveMinutes, kLast) * kFiveMinutes);
}

std::uint8_t ip_version(RowKind kind) noexcept { return kind == RowKind::kIpv6 ? 6 : 4; }

class ClickHouseFormat final : public RowFormat {
 public:
  void flow(const ShippedFile& file, const ShippedFlow& flow) override {
    const IndexRow& row = flow.row;
    const std::size_t server = server_end(row);
    const std::size_t client = 1 - server;
    out_.u16(day_of(row.first_ns));
    out_.u32(five_minutes_of(row.first_ns));
    out_.text(file.sensor);
    out_.u16(row.ends[server].port);
    out_.fixed(address(row, server));
    out_.fixed(address(row, client));
    out_.u16(row.ends[client].port);
    out_.u8(row.protocol);
    out_.u8(static_cast<std::uint8_t>(row.kind));
    put_link(row, client, server);
    put_inner(row, client, server);
    put_counts(row, client, server);
    out_.u8(row.initiator == client ? 1 : 0);
    out_.u64(flow.lost);
    out_.text(community_id(ends_of(row)));
    static const FlowFacts kNothing;
    const FlowFacts& facts = flow.facts != nullptr ? *flow.facts : kNothing;
    out_.text(facts.app_protocol);
    out_.text(facts.sni);
    out_.text(facts.verdict);
    out_.u64(file.id);
    out_.u32(row.id);
    out_.u32(row.first_block);
    out_.u32(row.last_block);
  }

  void finding(const ShippedFile& file, const ShippedFinding& one) override {
    out_.u16(day_of(one.first_ns));
    out_.text(file.sensor);
    out_.u64(file.id);
    out_.u32(one.number);
    out_.u64(one.first_ns);
    out_.u64(one.last_ns);
    out_.fixed(one.client);
    out_.fixed(one.server);
    out_.u16(one.client_port);
    out_.u16(one.server_port);
    out_.u8(one.protocol);
    out_.u16(one.vlan);
    out_.text(one.community_id);
    for (const std::string* text : {&one.app_protocol, &one.verdict, &one.finding, &one.user,
                                    &one.mechanism, &one.secret_kind}) {
      out_.text(*text);
    }
    out_.u32(one.secret_length);
    out_.text(one.tls_version);
    out_.text(one.sni);
    out_.u8(one.weak ? 1 : 0);
    out_.text(one.reasons);
  }

  void ledger(const ShippedFile& file, const ShippedLedger& ledger) override {
    const IndexSummary& summary = ledger.summary;
    out_.u16(day_of(summary.first_ns));
    out_.text(file.sensor);
    out_.u64(file.id);
    out_.text(file.name);
    out_.u64(summary.recording.size_bytes);
    out_.fixed(summary.recording.digest);
    out_.u64(summary.first_ns);
    out_.u64(summary.last_ns);
    out_.u64(summary.packets);
    out_.u64(summary.bytes);
    out_.u8(summary.whole ? 1 : 0);
    out_.u8(summary.has_ledger ? 1 : 0);
    out_.u8(summary.ledger_disputed ? 1 : 0);
    out_.u64(summary.received);
    out_.u64(summary.dropped);
    out_.u64(summary.interface_dropped);
    out_.u64(summary.missing);
    out_.u64(summary.dropped + summary.interface_dropped + summary.missing);
    out_.u32(summary.blocks);
    out_.u64(ledger.rows);
    out_.u64(ledger.findings);
    out_.u32(summary.many_blocks);
    out_.u64(summary.many_rows);
    out_.u64(summary.many_packets);
    out_.u8(static_cast<std::uint8_t>(ledger.audited));
  }

  std::span<const std::uint8_t> bytes() const noexcept override { return out_.bytes(); }
  void clear() noexcept override { out_.clear(); }

 private:
  static Address address(const IndexRow& row, std::size_t end) noexcept {
    return row.has_addresses() ? stored_address(row.ends[end].address, ip_version(row.kind))
                               : Address{};
  }

  void put_link(const IndexRow& row, std::size_t client, std::size_t server) {
    out_.u8(row.flags);
    out_.u8(row.next_header);
    out_.u16(row.ethertype);
    out_.u16(row.link_type);
    out_.u8(row.vlan_count);
    for (const std::uint16_t vlan : row.vlans) out_.u16(vlan);
    for (const std::uint16_t tpid : row.tpids) out_.u16(tpid);
    out_.fixed(row.ends[client].mac);
    out_.fixed(row.ends[server].mac);
  }

  void put_inner(const IndexRow& row, std::size_t client, std::size_t server) {
    static const InnerFlow kNone;
    const InnerFlow& inner = row.has(row_flag::kInner) ? row.inner : kNone;
    const bool readable = inner.ip_version != 0;
    out_.u8(static_cast<std::uint8_t>(inner.tunnel));
    out_.u64(inner.tunnel_id);
    out_.u8(inner.ip_version);
    out_.u8(inner.protocol);
    out_.u16(inner.ports[server]);
    for (const std::size_t end : {server, client}) {
      out_.fixed(readable ? stored_address(inner.addresses[end], inner.ip_version) : Address{});
    }
    out_.u16(inner.ports[client]);
  }

  void put_counts(const IndexRow& row, std::size_t client, std::size_t server) {
    out_.u64(row.first_ns);
    out_.u64(row.last_ns);
    out_.u64(row.ends[client].packets);
    out_.u64(row.ends[server].packets);
    out_.u64(row.ends[client].bytes);
    out_.u64(row.ends[server].bytes);
    out_.u8(row.ends[client].tcp_flags);
    out_.u8(row.ends[server].tcp_flags);
  }

  RowBinary out_;
};

}  // namespace

std::unique_ptr<RowFormat> clickhouse_format() { return std::make_unique<ClickHouseFormat>(); }

}  // namespace capstan::fleet
