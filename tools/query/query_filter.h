// QueryFilter: which packets a query is for, and what indexes say of where they are.
#pragma once

#include <optional>

#include "engine/index/index_planner.h"
#include "engine/index/plans_ahead.h"
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
  // From here on plans of `set`, asked for in its order, are made ahead by several threads.
  void plan_ahead(const RecordingSet& set);
  FilePlan plan(const SetFile& file);
  // How the last plan came about.
  const PlanFacts& facts() const noexcept { return ahead_ ? facts_ : planner_.facts(); }
  // Ends that.
  void end_plans() noexcept { ahead_.reset(); }
  const LinkFilter& link_filter() const noexcept { return filter_; }

 private:
  const QueryCommandLine& line_;
  LinkFilter filter_;
  IndexPlanner planner_;
  std::optional<LinkFilter> filter_ahead_;  // its threads' own
  std::optional<PlansAhead> ahead_;
  PlanFacts facts_;
};

}  // namespace capstan::tools
