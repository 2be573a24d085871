// QueryFilter: which packets a query is for, and what indexes say of where they are.
#pragma once

#include "engine/index/index_planner.h"
#include "engine/reader/set_reader.h"
#include "tools/common/link_filter.h"
#include "tools/query/query_cli.h"

namespace capstan::tools {

// One thread. `line` is borrowed.
class QueryFilter {
 public:
  // Throws UsageError, as LinkFilter.
  QueryFilter(const QueryCommandLine& line, const RecordingSet& set);

  bool matches(const PacketView& packet);
  FilePlan plan(const SetFile& file) { return planner_.plan(file); }
  IndexPlanner& planner() noexcept { return planner_; }
  const LinkFilter& link_filter() const noexcept { return filter_; }

 private:
  const QueryCommandLine& line_;
  LinkFilter filter_;
  IndexPlanner planner_;
};

}  // namespace capstan::tools
