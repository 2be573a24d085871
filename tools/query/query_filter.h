// QueryFilter: which packets a query selects, and where they are according to the indexes.
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
  // Throws UsageError like LinkFilter.
  QueryFilter(const QueryCommandLine& line, const RecordingSet& set);

  bool matches(const PacketView& packet);
  // From now on several threads make the plans of `set` in advance; plan() has to be called in its
  // order.
  void plan_ahead(const RecordingSet& set);
  FilePlan plan(const SetFile& file);
  // How the last plan was made.
  const PlanFacts& facts() const noexcept { return ahead_ ? facts_ : planner_.facts(); }
  // Ends the planning in advance.
  void end_plans() noexcept { ahead_.reset(); }
  const LinkFilter& link_filter() const noexcept { return filter_; }

 private:
  const QueryCommandLine& line_;
  LinkFilter filter_;
  IndexPlanner planner_;
  std::optional<LinkFilter> filter_ahead_;  // for the threads that plan in advance
  std::optional<PlansAhead> ahead_;
  PlanFacts facts_;
};

}  // namespace capstan::tools
