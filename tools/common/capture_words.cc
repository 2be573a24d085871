#include "tools/common/capture_words.h"

#include <fmt/format.h>

#include "engine/core/errors.h"
#include "engine/filter/packet_filter.h"

namespace capstan::tools {

Direction parse_direction(const std::string& text) {
  if (text.empty() || text == "inout") return Direction::kUnknown;
  if (text == "in") return Direction::kInbound;
  if (text == "out") return Direction::kOutbound;
  throw UsageError(fmt::format("-Q {}: a direction is in, out or inout", text));
}

bool parse_time_stamp_type(const std::string& text) {
  if (text.empty() || text == "host") return false;
  if (text == "adapter_unsynced" || text == "adapter") return true;
  throw UsageError(fmt::format(
      "-j {}: a time stamp type is host or adapter_unsynced; -J lists what the interface has",
      text));
}

std::string with_direction(const std::string& filter, Direction direction) {
  if (direction == Direction::kUnknown) return filter;
  const std::string word = direction == Direction::kInbound ? "inbound" : "outbound";
  return filter.empty() ? word : fmt::format("{} and ({})", word, filter);
}

void check_link_types(const std::string& name, const Capture& capture) {
  if (name.empty()) return;
  for (std::size_t ring = 0; ring < capture.ring_count(); ++ring) {
    const RingInfo& info = capture.ring_info(ring);
    if (link_type_by_name(name) == info.link_type) continue;
    throw UsageError(fmt::format("-y {}: {} has the link type {}", name, info.interface_name,
                                 link_type_name(info.link_type)));
  }
}

}  // namespace capstan::tools
