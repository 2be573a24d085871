// ClickHouseSink: rows into the tables of schema.h, each once.
//
// A batch is one INSERT of one block into one partition, which the server does whole or not at all
// (a part gets its name by a rename). What is left is the answer that was lost, and it is settled
// so:
//
//   1. Nothing of an earlier insert may still happen. To servers that do not refuse a repeated
//   block
//      (before 22.3, without a cluster) rows go through a gate: a table of the engine Null with a
//      materialized view into the real one, made by open() under a name never used before. open()
//      drops all earlier gates of this sensor, and DROP waits until inserts through them have
//      ended; an insert that comes later finds no table. Servers that refuse a repeated block need
//      no gate: batches are repeated byte for byte.
//   2. Then count() of the file's rows says how many batches are there: they are sent in order, so
//      the number is that of the first so many, or something else has been at the table.
#pragma once

#include <string>
#include <vector>

#include "tools/clickhouse/schema.h"
#include "tools/ship/clickhouse_client.h"
#include "tools/ship/sink.h"

namespace capstan::fleet {

struct ClickHouseOptions {
  ClickHouseAccess access;
  std::string database;
  std::string cluster;  // empty: none
  std::string sensor;
  std::string instance;  // ShipState::instance()
  std::string host;      // of this machine
  std::string program;   // version of Capstan
  bool adopt = false;    // take the sensor's name from another instance
};

class ClickHouseSink final : public Sink {
 public:
  ClickHouseSink(ClickHouseOptions options, const std::atomic<bool>& stop);

  Answer open() override;
  Answer settle(const Spool& spool, std::uint64_t& batches) override;
  Answer put(const Spool& spool, std::uint64_t number) override;
  void close() noexcept override;
  Packing packing() const noexcept override {
    return version_.deduplicates() ? Packing::kZstd : Packing::kGzip;
  }
  bool wants_eve() const noexcept override { return false; }

  // Makes the tables. Also what the database's owner does once, by --create-schema.
  Answer create_schema(unsigned keep_days);
  Answer probe_version();
  const ServerVersion& version() const noexcept { return version_; }

 private:
  // Those that have a gate each.
  static constexpr Table kGatedTables[] = {Table::kFlows, Table::kFindings, Table::kFiles};

  bool needs_gate() const noexcept { return options_.cluster.empty() && !version_.deduplicates(); }
  Answer check_tables();
  Answer check_table(Table table);
  Answer claim_name();
  Answer read_claims(bool& ours, bool& any);
  // All of this instance, whatever their epoch.
  Answer drop_gates(ClickHouseClient& client);
  Answer drop_tables(ClickHouseClient& client, std::vector<std::string> names);
  Answer make_gates();
  Answer count_rows(Table table, std::uint64_t file, std::uint32_t partition, std::uint64_t& rows);
  std::string gate_name(Table table) const;
  std::string target(Table table) const;
  Settings insert_settings() const;
  Settings statement_settings() const;
  void look_at_clock(const ClickHouseClient::Reply& reply);

  ClickHouseOptions options_;
  ClickHouseClient client_;
  ServerVersion version_;
  std::string epoch_;  // of the present gates
  bool clock_told_ = false;
  bool claimed_ = false;
};

}  // namespace capstan::fleet
