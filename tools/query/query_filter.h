// QueryFilter: which packets a query is for, and what indexes say of where they are.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/filter/packet_filter.h"
#include "engine/index/index_planner.h"
#include "engine/reader/set_reader.h"
#include "tools/query/query_cli.h"

namespace capstan::tools {

// One thread. `line` is borrowed.
class QueryFilter {
 public:
  // Compiles the filter for the first packet there is, so that a mistake in it is told before
  // anything is written. Throws UsageError.
  QueryFilter(const QueryCommandLine& line, const RecordingSet& set);

  bool matches(const PacketView& packet);
  // Link types of packets for which the filter has no meaning, in libpcap's words: none of them was
  // taken.
  const std::vector<std::string>& without_meaning() const noexcept { return without_meaning_; }
  FilePlan plan(const SetFile& file) { return planner_.plan(file); }
  IndexPlanner& planner() noexcept { return planner_; }

 private:
  // The filter for a link type, null where it has no meaning.
  PacketFilter* filter_for(std::uint16_t link_type);
  bool accepts(const PacketView& packet);

  struct Compiled {
    std::uint16_t link_type = 0;
    std::optional<PacketFilter> filter;
  };

  const QueryCommandLine& line_;
  std::vector<std::unique_ptr<Compiled>> compiled_;  // a few
  std::vector<std::string> without_meaning_;
  IndexPlanner planner_;
};

}  // namespace capstan::tools
