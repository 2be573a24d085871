#include "tools/fleet/fleet_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "engine/core/clock.h"
#include "tools/common/units.h"
#include "tools/fleet/table_client.h"
#include "tools/fleet/table_condition.h"

namespace capstan::fleet::asking {

namespace {

constexpr std::uint64_t kNoTime = ~std::uint64_t{0};

// The link types that recorders meet; rows of others may always match.
constexpr std::uint16_t kLinkTypes[] = {link_type::kEthernet, link_type::kRaw,
                                        link_type::kLinuxSll, link_type::kLinuxSll2,
                                        link_type::kIpv4,     link_type::kIpv6};

class Tables {
 public:
  Tables(const FleetFile& fleet, const FleetQuestion& question, tools::LinkFilter& filter,
         const std::atomic<bool>& stop)
      : question_(question), filter_(filter), client_(fleet, stop) {}

  void ask(TableAnswer& answer) {
    answer.version = ask_version(client_);
    ask_files(answer);
    if (by_id_.empty()) return;
    ask_flows(answer);
    ask_counts();
  }

 private:
  // A file has one row, or the same one again where a batch was sent twice.
  void ask_files(TableAnswer& answer) {
    const std::string statement = fmt::format(
        "SELECT DISTINCT hex(sensor) AS sensor_hex, file, hex(name) AS name_hex, size_bytes, "
        "first_ns, last_ns, lost, has_ledger, "
        "ledger_disputed, whole, many_blocks, rows FROM files WHERE {} ORDER BY sensor_hex, "
        "name_hex "
        "LIMIT {}",
        overlap_condition(question_.range), kMostTableFiles + 1);
    std::size_t count = 0;
    client_.select(statement, [&](const nlohmann::json& row) {
      if (++count > kMostTableFiles) {
        throw TableError(fmt::format("more than {} files are of this time: name a shorter one",
                                     tools::grouped(kMostTableFiles)));
      }
      TableFile file;
      file.id = TableClient::number(row, "file");
      file.name = TableClient::bytes(row, "name_hex");
      file.size_bytes = TableClient::number(row, "size_bytes");
      file.first_ns = TableClient::number(row, "first_ns");
      file.last_ns = TableClient::number(row, "last_ns");
      file.lost = TableClient::number(row, "lost");
      file.rows = TableClient::number(row, "rows");
      const bool whole = TableClient::number(row, "whole") != 0;
      file.losses_known = TableClient::number(row, "has_ledger") != 0 && whole &&
                          TableClient::number(row, "ledger_disputed") == 0;
      file.has_unlisted = !whole || TableClient::number(row, "many_blocks") != 0;
      first_ns_ = std::min(first_ns_, file.first_ns);
      last_ns_ = std::max(last_ns_, file.last_ns);
      std::vector<TableFile>& files = answer.files[TableClient::bytes(row, "sensor_hex")];
      // Under another name it is sent again: the sensor is asked about that one.
      if (by_id_.try_emplace(file.id, &files, files.size()).second)
        files.push_back(std::move(file));
    });
  }

  void ask_flows(TableAnswer& answer) {
    const std::string condition = filter_condition(question_, filter_, answer.version);
    answer.narrowed = condition != "1";
    const std::string statement =
        fmt::format("SELECT file, count() AS matching FROM flows WHERE {} AND {} GROUP BY file",
                    period_condition(question_.range, first_ns_), condition);
    client_.select(statement, [&](const nlohmann::json& row) {
      const auto found = by_id_.find(TableClient::number(row, "file"));
      // Without a row in `files` its rows are not all here: then its sensor is asked about it.
      if (found == by_id_.end()) return;
      const auto& [files, index] = found->second;
      (*files)[index].matching = TableClient::number(row, "matching");
    });
  }

  void ask_counts() {
    const RowCounts counts = count_rows(client_, first_ns_, last_ns_);
    for (const auto& [id, place] : by_id_) {
      TableFile& file = (*place.first)[place.second];
      const auto found = counts.find(id);
      if ((found == counts.end() ? 0 : found->second) != file.rows) file.has_unlisted = true;
    }
  }

  const FleetQuestion& question_;
  tools::LinkFilter& filter_;
  TableClient client_;
  std::uint64_t first_ns_ = kNoTime;
  std::uint64_t last_ns_ = 0;
  std::unordered_map<std::uint64_t, std::pair<std::vector<TableFile>*, std::size_t>> by_id_;
};

}  // namespace

ServerVersion ask_version(TableClient& client) {
  std::string text;
  client.select("SELECT version() AS version",
                [&](const nlohmann::json& row) { text = TableClient::text(row, "version"); });
  const auto version = ServerVersion::parse(text);
  if (!version || !version->supported()) {
    throw TableError(
        fmt::format("ClickHouse {}: 18.16 and later are understood", tools::visible_text(text)));
  }
  return *version;
}

std::string overlap_condition(const TimeRange& range) {
  std::string text = "1";
  if (range.since_ns != 0) text += fmt::format(" AND last_ns >= {}", range.since_ns);
  if (range.until_ns != TimeRange::kNoEnd) {
    text += fmt::format(" AND first_ns < {}", range.until_ns);
  }
  return text;
}

std::string begin_bounds(std::uint64_t first_ns, std::uint64_t last_ns) {
  constexpr std::uint64_t kStep = 300;
  constexpr std::uint64_t kLastOfDateTime = 0xffffffff;
  std::string text;
  const auto bound = [&](std::uint64_t ns, const char* compare) {
    const std::uint64_t seconds = ns / kNanosecondsPerSecond / kStep * kStep;
    if (seconds > kLastOfDateTime) return;
    text += fmt::format(
        " AND five_minutes {0} toDateTime({1}) AND day {0} toDate(toDateTime({1}, 'UTC'))", compare,
        seconds);
  };
  bound(first_ns, ">=");
  bound(last_ns, "<=");
  return text;
}

// A conversation begins no earlier than its file.
std::string period_condition(const TimeRange& range, std::uint64_t first_ns) {
  return overlap_condition(range) + begin_bounds(first_ns, range.until_ns);
}

RowCounts count_rows(TableClient& client, std::uint64_t first_ns, std::uint64_t last_ns) {
  RowCounts counts;
  client.select(fmt::format("SELECT file, count() AS had FROM flows WHERE 1{} GROUP BY file",
                            begin_bounds(first_ns, last_ns)),
                [&](const nlohmann::json& row) {
                  counts[TableClient::number(row, "file")] = TableClient::number(row, "had");
                });
  return counts;
}

std::string filter_condition(const FleetQuestion& question, tools::LinkFilter& filter,
                             const ServerVersion& version) {
  std::vector<LinkCondition> links;
  if (!question.filter.empty()) {
    for (const std::uint16_t type : kLinkTypes) {
      links.push_back({type, FilterCondition(filter.program(type), type)});
    }
  }
  return flows_condition(links, question.inner, version);
}

TableAnswer ask_tables(const FleetFile& fleet, const FleetQuestion& question,
                       tools::LinkFilter& filter, const std::atomic<bool>& stop) {
  TableAnswer answer;
  const std::uint64_t began_ns = monotonic_clock_ns();
  try {
    Tables(fleet, question, filter, stop).ask(answer);
  } catch (const TableError& error) {
    answer.error = error.what();
    answer.files.clear();
  }
  answer.duration_ns = monotonic_clock_ns() - began_ns;
  return answer;
}

}  // namespace capstan::fleet::asking
