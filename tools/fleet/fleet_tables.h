// FleetTables: what the database knows of a question: which files its sensors had in that time, and
// in which of them conversations may hold packets of the filter.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/reader/set_reader.h"
#include "tools/clickhouse/sql_words.h"
#include "tools/common/link_filter.h"
#include "tools/fleet/fleet_file.h"

namespace capstan::fleet::asking {

// A row of `files`.
struct TableFile {
  std::uint64_t id = 0;
  std::string name;  // without its directory
  std::uint64_t size_bytes = 0;
  std::uint64_t first_ns = 0;
  std::uint64_t last_ns = 0;
  std::uint64_t lost = 0;
  std::uint64_t rows = 0;  // that were sent of it to `flows`
  bool losses_known = false;
  // Conversations that have no row or not any more, or an index not of all of it.
  bool has_unlisted = false;
  std::uint64_t matching = 0;  // conversations that may hold packets of the filter

  bool may_match() const noexcept { return has_unlisted || matching != 0; }
};

struct TableAnswer {
  // Empty: the answer is good. Else why there is none, a sentence.
  std::string error;
  ServerVersion version;
  bool narrowed = false;                                // the filter rules some conversations out
  std::map<std::string, std::vector<TableFile>> files;  // by sensor; of this time
  std::uint64_t duration_ns = 0;

  bool good() const noexcept { return error.empty(); }
};

struct FleetQuestion {
  TimeRange range;
  std::string filter;
  bool inner = false;
};

// Asks the database; blocks for at most FleetFile's limits without a byte. What goes wrong is in
// the answer. `filter` is compiled for each link type that has conditions.
TableAnswer ask_tables(const FleetFile& fleet, const FleetQuestion& question,
                       tools::LinkFilter& filter, const std::atomic<bool>& stop);

// Parts of statements about `files` and `flows`.

class TableClient;
// The server's version; throws TableError for one that is not supported.
ServerVersion ask_version(TableClient& client);
// Rows of this time.
std::string overlap_condition(const TimeRange& range);
// " AND ...": rows of `flows` that begin in this time, and a few around it. Bounds of its
// partitions and its order, so that the rest is not read.
std::string begin_bounds(std::uint64_t first_ns, std::uint64_t last_ns);
// Rows of `flows` of this time, of files that begin at `first_ns` or later.
std::string period_condition(const TimeRange& range, std::uint64_t first_ns);
// How many rows each file has in `flows`, of files of this time. Rows expire (`ship --keep-days`),
// partitions are dropped, and a server that loses power may lose what it had: `files` keeps its
// row, and says how many there were. To be asked behind another question about `flows`: what is
// counted then was there before. Reads two narrow columns of the days and minutes of these files.
using RowCounts = std::unordered_map<std::uint64_t, std::uint64_t>;
RowCounts count_rows(TableClient& client, std::uint64_t first_ns, std::uint64_t last_ns);
// flows_condition() of the question's filter.
std::string filter_condition(const FleetQuestion& question, tools::LinkFilter& filter,
                             const ServerVersion& version);

// The largest number of files of one answer: a hundred sensors with two thousand each.
inline constexpr std::size_t kMostTableFiles = 200'000;

}  // namespace capstan::fleet::asking
