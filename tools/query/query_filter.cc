#include "tools/query/query_filter.h"

#include <exception>

#include "engine/core/errors.h"
#include "engine/index/packet_key.h"
#include "engine/reader/capture_file.h"

namespace capstan::tools {

namespace {

// The link type of the first packet that is found in the first few files.
std::uint16_t first_link_type(const RecordingSet& set) {
  constexpr int kMostFiles = 10;
  int files = 0;
  for (const SetFile& file : set.files) {
    if (file.path == "-" || ++files > kMostFiles) break;
    try {
      CaptureFile capture = CaptureFile::open(file.path, ReadManner::kGentle);
      PacketView packet;
      if (capture.next(packet)) return packet.link_type;
      if (!capture.interfaces().empty()) return capture.interfaces().front().link_type;
    } catch (const std::exception&) {
      continue;  // said when the file is read
    }
  }
  return link_type::kEthernet;
}

}  // namespace

QueryFilter::QueryFilter(const QueryCommandLine& line, const RecordingSet& set)
    : line_(line),
      planner_(
          [this](std::uint16_t link_type) {
            PacketFilter* const filter = filter_for(link_type);
            // Without a meaning nothing is accepted: the program that says no.
            return filter != nullptr ? filter->program(link_type)
                                     : std::vector<FilterInstruction>{{0x06, 0, 0, 0}};
          },
          line.range, line.inner) {
  if (line.filter.empty()) return;
  const std::uint16_t first = first_link_type(set);
  if (filter_for(first) != nullptr) return;
  // Right for Ethernet, only not for what lies there first; or wrong, which libpcap says.
  PacketFilter ethernet(line.filter, link_type::kEthernet);
}

PacketFilter* QueryFilter::filter_for(std::uint16_t link_type) {
  for (const auto& compiled : compiled_) {
    if (compiled->link_type == link_type) return compiled->filter ? &*compiled->filter : nullptr;
  }
  compiled_.push_back(std::make_unique<Compiled>());
  compiled_.back()->link_type = link_type;
  try {
    compiled_.back()->filter.emplace(line_.filter, link_type);
  } catch (const UsageError& error) {
    without_meaning_.emplace_back(error.what());
    return nullptr;
  }
  return &*compiled_.back()->filter;
}

bool QueryFilter::accepts(const PacketView& packet) {
  PacketFilter* const filter = filter_for(packet.link_type);
  return filter != nullptr && filter->matches(packet);
}

bool QueryFilter::matches(const PacketView& packet) {
  if (accepts(packet)) return true;
  if (!line_.inner) return false;
  const std::optional<InnerPacket> inner = read_inner(packet);
  if (!inner || inner->ip_offset == 0 || inner->ip_offset >= packet.caplen) return false;
  PacketView inside = packet;
  inside.link_type = link_type::kRaw;
  inside.data += inner->ip_offset;
  inside.caplen -= inner->ip_offset;
  inside.wirelen -= inner->ip_offset;
  return accepts(inside);
}

}  // namespace capstan::tools
