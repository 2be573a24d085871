// What a ClickHouse has to be before the first batch: its version, its tables, the sensor's name,
// the gates.
#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <map>
#include <string_view>

#include "engine/core/clock.h"
#include "engine/core/joined.h"
#include "tools/common/units.h"
#include "tools/ship/clickhouse_sink.h"
#include "tools/ship/row_binary.h"

namespace capstan::fleet {

namespace {

// Rows are dated by the sensor, questions by who asks.
constexpr std::int64_t kMostClockSeconds = 60;

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
      options_.database, table_name(table), joined(wrong, "; ")));
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
  return drop_tables(client, std::move(names));
}

Answer ClickHouseSink::drop_tables(ClickHouseClient& client, std::vector<std::string> names) {
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
  for (const Table table : kGatedTables) {
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

}  // namespace capstan::fleet
