#include "tools/ship/clickhouse_sink.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <string_view>

#include "tools/common/units.h"

namespace capstan::fleet {

ClickHouseSink::ClickHouseSink(ClickHouseOptions options, const std::atomic<bool>& stop)
    : options_(std::move(options)), client_(options_.access, stop) {}

std::string ClickHouseSink::target(Table table) const {
  const std::string name =
      epoch_.empty() ? insert_table(table, !options_.cluster.empty()) : gate_name(table);
  return fmt::format("{}.{}", sql_name(options_.database), sql_name(name));
}

std::string ClickHouseSink::gate_name(Table table) const {
  return fmt::format("{}{}_{}_{}", kGatePrefix, options_.instance, epoch_, table_name(table));
}

// One insert is one block, whatever the user's profile says.
Settings ClickHouseSink::insert_settings() const {
  Settings settings = {{"max_insert_block_size", "1048576"},
                       {"min_insert_block_size_rows", "1048576"},
                       {"min_insert_block_size_bytes", "268435456"},
                       {"input_format_allow_errors_num", "0"},
                       {"input_format_allow_errors_ratio", "0"}};
  if (version_.deduplicates()) {
    settings.emplace_back("async_insert", "0");
    settings.emplace_back("insert_deduplicate", "1");
  }
  return settings;
}

// DROP comes back when nothing uses the table any more.
Settings ClickHouseSink::statement_settings() const {
  if (!version_.atomic_databases()) return {};
  return {{"database_atomic_wait_for_drop_and_detach_synchronously", "1"}};
}

Answer ClickHouseSink::open() {
  if (Answer answer = probe_version(); !answer.done()) return answer;
  if (Answer answer = check_tables(); !answer.done()) return answer;
  if (Answer answer = claim_name(); !answer.done()) return answer;
  claimed_ = true;
  epoch_.clear();
  if (!needs_gate()) return {};
  if (Answer answer = drop_gates(client_); !answer.done()) return answer;
  return make_gates();
}

Answer ClickHouseSink::count_rows(Table table, std::uint64_t file, std::uint32_t partition,
                                  std::uint64_t& rows) {
  const std::string where = table == Table::kFlows ? fmt::format("day = toDate({})", partition)
                                                   : fmt::format("toYYYYMM(day) = {}", partition);
  const ClickHouseClient::Reply reply = client_.ask(
      fmt::format("SELECT count() FROM {}.{} WHERE {} AND sensor = {} AND file = {} FORMAT "
                  "TabSeparated",
                  sql_name(options_.database), sql_name(table_name(table)), where,
                  sql_text(options_.sensor), file));
  if (!reply.answer.done()) return reply.answer;
  const char* const end = reply.body.data() + reply.body.size();
  if (std::from_chars(reply.body.data(), end, rows).ec != std::errc{}) {
    return Answer::later(fmt::format("{}: count() is no number: {}", options_.access.server,
                                     tools::visible_text(reply.body.substr(0, 100))));
  }
  return {};
}

Answer ClickHouseSink::settle(const Spool& spool, std::uint64_t& batches) {
  // Whoever has taken the name meanwhile has it.
  bool ours = false;
  bool any = false;
  if (Answer answer = read_claims(ours, any); !answer.done()) return answer;
  std::map<std::pair<Table, std::uint32_t>, std::uint64_t> there;
  for (const Batch& batch : spool.batches()) {
    const auto key = std::pair(batch.table, batch.partition);
    if (there.contains(key)) continue;
    std::uint64_t rows = 0;
    if (Answer answer = count_rows(batch.table, spool.file(), batch.partition, rows);
        !answer.done()) {
      return answer;
    }
    there[key] = rows;
  }
  batches = 0;
  for (const Batch& batch : spool.batches()) {
    std::uint64_t& rows = there[std::pair(batch.table, batch.partition)];
    if (rows < batch.rows) break;
    rows -= batch.rows;
    ++batches;
  }
  for (const auto& [key, rows] : there) {
    if (rows == 0) continue;
    return Answer::refused(fmt::format(
        "{}.{} has {} rows of the file {:016x} that are no whole batches of it: something else has "
        "changed the table. ALTER TABLE {} DELETE WHERE file = {} takes the file's rows away, and "
        "it "
        "is sent anew",
        options_.database, table_name(key.first), tools::grouped(rows), spool.file(),
        table_name(key.first), spool.file()));
  }
  return {};
}

Answer ClickHouseSink::put(const Spool& spool, std::uint64_t number) {
  const Batch& batch = spool.batches()[number];
  const std::vector<std::uint8_t> packed = spool.read(batch);
  const std::string sql = fmt::format("INSERT INTO {} ({}) FORMAT RowBinary", target(batch.table),
                                      columns_text(batch.table));
  return client_.insert(sql, packed, spool.packing(), insert_settings()).answer;
}

void ClickHouseSink::close() noexcept {
  try {
    if (epoch_.empty()) return;
    // Those of this epoch, without a list: on 18.16 it fails while other sensors drop theirs.
    std::vector<std::string> names;
    for (const Table table : kGatedTables) {
      names.push_back(gate_name(table));
      names.push_back(gate_name(table) + "_view");
    }
    epoch_.clear();
    // Not the one that a wish to end has stopped.
    const std::atomic<bool> go_on{false};
    ClickHouseClient last(options_.access, go_on);
    static_cast<void>(drop_tables(last, std::move(names)));
  } catch (const std::exception&) {  // the next open() drops them
  }
}

}  // namespace capstan::fleet
