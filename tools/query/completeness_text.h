// The completeness record as text for people and for programs.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "engine/reader/completeness.h"

namespace capstan::tools {

// What was counted while the answer was made.
struct QueryTotals {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;  // captured
  std::uint64_t packets_read = 0;
  std::uint64_t bytes_read = 0;
  std::uint64_t duration_ns = 0;
};

// One or more lines, each with a newline; the first is the verdict. At most `most_losses` losses,
// and as many files of each kind, are named; the others are counted.
std::string completeness_text(const Completeness& completeness, std::size_t most_losses = 10);

// The verdict in one word: "yes", "no", or "unknown" when a file does not tell what it lost and
// nothing else is missing.
const char* completeness_word(const Completeness& completeness);

nlohmann::ordered_json completeness_json(const Completeness& completeness);

// The object for --stats-json, with a newline.
std::string query_stats_json(const QueryTotals& totals, const Completeness& completeness,
                             const std::string& filter);

}  // namespace capstan::tools
