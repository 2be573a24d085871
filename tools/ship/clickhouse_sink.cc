#include "tools/ship/clickhouse_sink.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <map>
#include <string_view>

#include "engine/core/clock.h"
#include "tools/common/units.h"
#include "tools/ship/row_binary.h"

namespace capstan::fleet {

namespace {

// Rows are dated by the sensor, questions by who asks.
constexpr std::int64_t kMostClockSeconds = 60;

std::string columns_text(Table table) {
  std::string text;
  for (const Column& column : columns(table)) {
    if (!text.empty()) text += ',';
    text += sql_name(column.name);
  }
  return text;
}

// Fields of a line of TabSeparated.
std::vector<std::string> fields_of(std::string_view line) {
  std::vector<std::string> fields(1);
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\t') {
      fields.emplace_back();
    } else if (line[i] == '\\' && i + 1 < line.size()) {
      const char next = line[++i];
      fields.back() += next == 't' ? '\t' : next == 'n' ? '\n' : next;
    } else {
      fields.back() += line[i];
    }
  }
  return fields;
}

std::vector<std::vector<std::string>> lines_of(std::string_view body) {
  std::vector<std::vector<std::string>> lines;
  while (!body.empty()) {
    const std::size_t end = std::min(body.find('\n'), body.size());
    lines.push_back(fields_of(body.substr(0, end)));
    body.remove_prefix(std::min(end + 1, body.size()));
  }
  return lines;
}

std::string random_word() {
  std::uint64_t word = 0;
  if (::getrandom(&word, sizeof(word), 0) != static_cast<ssize_t>(sizeof(word))) {
    word = monotonic_clock_ns();
  }
  return fmt::format("{:016x}", word);
}

}  // namespace

ClickHouseSink::ClickHouseSink(ClickHouseOptions options, const std::atomic<bool>& stop)
    : options_(std::move(options)), client_(options_.access, stop) {}

std::string ClickHouseSink::target(Table table) const {
  const std::string name =
      epoch_.empty() ? insert_table(table, !options_.cluster.empty()) : gate_name(table);
  return fmt::format("{}.{}", sql_name(options_.database), sql_name(name));
}

std::string ClickHouseSink::gate_name(Table table) const {
  return fmt::format("ship_gate_{}_{}_{}", options_.instance, epoch_, table_name(table));
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

void ClickHouseSink::look_at_clock(const ClickHouseClient::Reply& reply) {
  if (reply.there_seconds == 0) return;
  const std::int64_t ahead = reply.here_seconds - reply.there_seconds;
  const bool wrong = std::abs(ahead) > kMostClockSeconds;
  if (wrong && !clock_told_) {
    const auto apart = static_cast<std::uint64_t>(std::abs(ahead)) * kNanosecondsPerSecond;
    notices_.push_back(fmt::format(
        "this machine's clock is {} {} the server's: rows are found under this machine's time "
        "(timedatectl says whether it is synchronised)",
        tools::human_duration(apart), ahead > 0 ? "ahead of" : "behind"));
  }
  clock_told_ = wrong;
}

Answer ClickHouseSink::probe_version() {
  const ClickHouseClient::Reply reply = client_.ask("SELECT version()");
  if (!reply.answer.done()) return reply.answer;
  const auto version = ServerVersion::parse(reply.body);
  if (!version) {
    return Answer::refused(
        fmt::format("what answers at {} is not ClickHouse", options_.access.server));
  }
  look_at_clock(reply);
  version_ = *version;
  if (!version_.supported()) {
    return Answer::refused(fmt::format("{} is ClickHouse {}: 18.16 and later are supported",
                                       options_.access.server, version_.text()));
  }
  return {};
}

Answer ClickHouseSink::create_schema(unsigned keep_days) {
  if (Answer answer = probe_version(); !answer.done()) return answer;
  if (keep_days != 0 && !version_.modern()) {
    return Answer::refused(fmt::format(
        "ClickHouse {} has no TTL (20.3 has): leave --keep-days out, and drop old partitions, "
        "ALTER TABLE flows DROP PARTITION '2026-11-28'",
        version_.text()));
  }
  for (const std::string& statement :
       create_statements({version_, options_.database, options_.cluster, keep_days})) {
    const ClickHouseClient::Reply reply = client_.ask(statement, statement_settings());
    if (!reply.answer.done()) return reply.answer;
  }
  return {};
}

// Columns are sent by their names, so their order and further ones do not matter; a type does.
Answer ClickHouseSink::check_table(Table table) {
  const ClickHouseClient::Reply reply = client_.ask(fmt::format(
      "SELECT name, type, default_kind FROM system.columns WHERE database = {} AND "
      "table = {} FORMAT TabSeparated",
      sql_text(options_.database), sql_text(insert_table(table, !options_.cluster.empty()))));
  if (!reply.answer.done()) return reply.answer;
  std::map<std::string, std::string> there;
  for (const auto& line : lines_of(reply.body)) {
    if (line.size() == 3 && line[2].empty()) there[line[0]] = line[1];
  }
  if (there.empty()) {
    return Answer::refused(
        fmt::format("there is no table {} in the database {}: `capstan ship "
                    "--create-schema` makes it",
                    insert_table(table, !options_.cluster.empty()), options_.database));
  }
  std::vector<std::string> wrong;
  for (const Column& column : columns(table)) {
    const std::string wanted = type_name(column.wire, version_);
    const auto found = there.find(std::string(column.name));
    if (found == there.end()) {
      wrong.push_back(fmt::format("{} is missing", column.name));
    } else if (found->second != wanted) {
      wrong.push_back(
          fmt::format("{} is {}, not {}", column.name, tools::visible_text(found->second), wanted));
    }
  }
  if (wrong.empty()) return {};
  return Answer::refused(fmt::format(
      "the table {}.{} is not the one that this version of Capstan fills: {}. RENAME it, then "
      "`capstan ship --create-schema` makes another",
      options_.database, table_name(table), fmt::join(wrong, "; ")));
}

Answer ClickHouseSink::check_tables() {
  for (const Table table : kTables) {
    if (Answer answer = check_table(table); !answer.done()) return answer;
  }
  return {};
}

// The latest claim has the name.
Answer ClickHouseSink::read_claims(bool& ours, bool& any) {
  const ClickHouseClient::Reply reply = client_.ask(fmt::format(
      "SELECT instance, host, toString(max(claimed_ns)) AS claimed FROM {}.{} WHERE "
      "sensor = {} GROUP BY instance, host ORDER BY max(claimed_ns) DESC, instance LIMIT "
      "1 FORMAT TabSeparated",
      sql_name(options_.database), sql_name(table_name(Table::kSensors)),
      sql_text(options_.sensor)));
  if (!reply.answer.done()) return reply.answer;
  const auto lines = lines_of(reply.body);
  any = !lines.empty() && lines.front().size() == 3;
  ours = any && lines.front()[0] == options_.instance;
  if (!any || ours) return {};
  std::uint64_t claimed_ns = 0;
  const std::string& digits = lines.front()[2];
  std::from_chars(digits.data(), digits.data() + digits.size(), claimed_ns);
  return {Answer::Kind::kTaken,
          fmt::format("the sensor {} is another one: the directory's state on {} took the name at "
                      "{}. Give this one a name of its own with --sensor; if it is the same sensor "
                      "and its state is lost, --adopt takes the name",
                      tools::visible_text(options_.sensor), tools::visible_text(lines.front()[1]),
                      tools::utc_time(claimed_ns))};
}

Answer ClickHouseSink::claim_name() {
  bool ours = false;
  bool any = false;
  Answer answer = read_claims(ours, any);
  if (ours) return {};
  const bool taken = answer.kind == Answer::Kind::kTaken;
  if (!answer.done() && !(taken && options_.adopt && !claimed_)) return answer;
  RowBinary row;
  row.text(options_.sensor);
  row.text(options_.instance);
  row.u64(wall_clock_ns());
  row.text(options_.host);
  row.text(options_.program);
  const std::string sql =
      fmt::format("INSERT INTO {}.{} ({}) FORMAT RowBinary", sql_name(options_.database),
                  sql_name(insert_table(Table::kSensors, !options_.cluster.empty())),
                  columns_text(Table::kSensors));
  answer = client_.insert(sql, row.bytes(), Packing::kNone, insert_settings()).answer;
  if (!answer.done()) return answer;
  // Two may have claimed it at once.
  answer = read_claims(ours, any);
  if (answer.done() && !ours) return Answer::later("the claim of the name is not to be seen yet");
  return answer;
}

Answer ClickHouseSink::drop_gates(ClickHouseClient& client) {
  const ClickHouseClient::Reply found = client.ask(fmt::format(
      "SELECT name FROM system.tables WHERE database = {} AND name LIKE {} ORDER BY name FORMAT "
      "TabSeparated",
      sql_text(options_.database),
      sql_text(fmt::format("ship\\_gate\\_{}\\_%", options_.instance))));
  if (!found.answer.done()) return found.answer;
  std::vector<std::string> names;
  for (const auto& line : lines_of(found.body)) names.push_back(line.front());
  // The gates first: without its view a gate would swallow rows.
  std::stable_partition(names.begin(), names.end(),
                        [](const std::string& name) { return !name.ends_with("_view"); });
  for (const std::string& name : names) {
    const ClickHouseClient::Reply reply = client.ask(
        fmt::format("DROP TABLE IF EXISTS {}.{}", sql_name(options_.database), sql_name(name)),
        statement_settings());
    if (!reply.answer.done()) return reply.answer;
  }
  return {};
}

Answer ClickHouseSink::make_gates() {
  epoch_ = random_word();
  for (const Table table : {Table::kFlows, Table::kFindings, Table::kFiles}) {
    const std::string database = sql_name(options_.database);
    const std::string real = sql_name(table_name(table));
    const std::string gate = sql_name(gate_name(table));
    std::string list;
    for (const Column& column : columns(table)) {
      if (!list.empty()) list += ", ";
      list += fmt::format("{} {}", sql_name(column.name), type_name(column.wire, version_));
    }
    for (const std::string& sql :
         {fmt::format("CREATE TABLE {}.{} ({}) ENGINE = Null", database, gate, list),
          fmt::format("CREATE MATERIALIZED VIEW {0}.{1} TO {0}.{2} AS SELECT {3} FROM {0}.{4}",
                      database, sql_name(gate_name(table) + "_view"), real, columns_text(table),
                      gate)}) {
      const ClickHouseClient::Reply reply = client_.ask(sql, statement_settings());
      if (!reply.answer.done()) return reply.answer;
    }
  }
  return {};
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
    epoch_.clear();
    // Not the one that a wish to end has stopped.
    const std::atomic<bool> go_on{false};
    ClickHouseClient last(options_.access, go_on);
    static_cast<void>(drop_gates(last));
  } catch (const std::exception&) {  // the next open() drops them
  }
}

}  // namespace capstan::fleet
