// A filter as a condition of SQL: which rows of the table `flows` can hold a packet that it
// accepts.
//
// The same necessary condition by which indexes are searched (engine/filter/filter_condition.h,
// engine/index/row_match.h), written for ClickHouse. Where a column cannot say, the row may match.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "engine/filter/filter_condition.h"
#include "tools/clickhouse/sql_words.h"

namespace capstan::fleet::asking {

// A filter's condition for packets of one link type.
struct LinkCondition {
  std::uint16_t link_type = 0;
  FilterCondition condition;
};

// Returns an expression without AND or OR at its top that is not in parentheses; "1" when no row
// can be ruled out. Rows of link types that are not in `links` may match. `inner`: the filter may
// match inside of tunnels too. Contains numbers and hexadecimal digits only, no text of the user's.
std::string flows_condition(std::span<const LinkCondition> links, bool inner,
                            const ServerVersion& version);

// Longest expression that is made; beyond it parts of the condition are left out, which lets more
// rows match. Below the server's max_query_size (256 KiB).
inline constexpr std::size_t kMostConditionBytes = 200U << 10;

}  // namespace capstan::fleet::asking
