#include "tools/query/query_filter.h"

#include <optional>
#include <utility>

#include "engine/index/packet_key.h"

namespace capstan::tools {

QueryFilter::QueryFilter(const QueryCommandLine& line, const RecordingSet& set)
    : line_(line),
      filter_(line.filter, set),
      planner_([this](std::uint16_t link_type) { return filter_.program(link_type); }, line.range,
               line.inner) {}

void QueryFilter::plan_ahead(const RecordingSet& set) {
  filter_ahead_.emplace(line_.filter, set);
  ahead_.emplace(
      set.files, [this](std::uint16_t link_type) { return filter_ahead_->program(link_type); },
      line_.range, line_.inner);
}

FilePlan QueryFilter::plan(const SetFile& file) {
  if (!ahead_) return planner_.plan(file);
  PlannedFile planned = ahead_->take(file);
  facts_ = std::move(planned.facts);
  return std::move(planned.plan);
}

bool QueryFilter::matches(const PacketView& packet) {
  if (filter_.matches(packet)) return true;
  if (!line_.inner) return false;
  const std::optional<InnerPacket> inner = read_inner(packet);
  if (!inner || inner->ip_offset == 0 || inner->ip_offset >= packet.caplen) return false;
  PacketView inside = packet;
  inside.link_type = link_type::kRaw;
  inside.data += inner->ip_offset;
  inside.caplen -= inner->ip_offset;
  inside.wirelen -= inner->ip_offset;
  return filter_.matches(inside);
}

}  // namespace capstan::tools
