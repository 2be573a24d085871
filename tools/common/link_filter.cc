#include "tools/common/link_filter.h"

#include <fmt/format.h>

#include <cstdio>
#include <exception>

#include "engine/core/errors.h"
#include "engine/reader/capture_file.h"
#include "tools/common/log.h"

namespace capstan::tools {

namespace {

// The link type of the first packet that is found in the first few files.
std::uint16_t first_link_type(const RecordingSet& set) {
  constexpr int kMostFiles = 10;
  int files = 0;
  for (const SetFile& file : set.files) {
    if (file.path == "-" || is_tcp_source(file.path) || ++files > kMostFiles) break;
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

LinkFilter::LinkFilter(std::string text, const RecordingSet& set) : text_(std::move(text)) {
  if (text_.empty()) return;
  if (filter_for(first_link_type(set)) != nullptr) return;
  // Right for Ethernet, only not for what lies there first; or wrong, which libpcap says.
  PacketFilter ethernet(text_, link_type::kEthernet);
  static_cast<void>(ethernet.program(link_type::kEthernet));
}

PacketFilter* LinkFilter::filter_for(std::uint16_t link_type) {
  for (const auto& compiled : compiled_) {
    if (compiled->link_type == link_type) return compiled->filter ? &*compiled->filter : nullptr;
  }
  compiled_.push_back(std::make_unique<Compiled>());
  Compiled& compiled = *compiled_.back();
  compiled.link_type = link_type;
  try {
    compiled.filter.emplace(text_, link_type);
    static_cast<void>(compiled.filter->program(link_type));  // throws where the text means nothing
  } catch (const UsageError& error) {
    compiled.filter.reset();
    without_meaning_.push_back(
        fmt::format("{} (link type {})", error.what(), link_type_name(link_type)));
    return nullptr;
  }
  return &*compiled.filter;
}

bool LinkFilter::matches(const PacketView& packet) {
  if (text_.empty()) return true;
  PacketFilter* const filter = filter_for(packet.link_type);
  return filter != nullptr && filter->matches(packet);
}

std::vector<FilterInstruction> LinkFilter::program(std::uint16_t link_type) {
  if (text_.empty()) return {};
  constexpr FilterInstruction kReject{0x06, 0, 0, 0};  // ret #0
  PacketFilter* const filter = filter_for(link_type);
  return filter != nullptr ? filter->program(link_type) : std::vector<FilterInstruction>{kReject};
}

void LinkFilter::report(const char* command) const {
  for (const std::string& text : without_meaning_) {
    say("capstan {}: {}: no packet of such a link was taken\n", command, text);
  }
}

}  // namespace capstan::tools
