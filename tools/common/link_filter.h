// LinkFilter: one filter text for the packets of a set of recordings, which may have several link
// types.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/filter/packet_filter.h"
#include "engine/reader/recording_set.h"

namespace capstan::tools {

// One thread.
class LinkFilter {
 public:
  // Compiles `text` (empty: matches everything) for the link type of the first packet, so that a
  // mistake in it is reported before anything is written. Throws UsageError with libpcap's message.
  LinkFilter(std::string text, const RecordingSet& set);

  // Whether the filter accepts the packet. Never for a link type for which the text has no meaning.
  bool matches(const PacketView& packet);
  // The compiled program for a link type. If the text has no meaning for that type, a program that
  // accepts nothing.
  std::vector<FilterInstruction> program(std::uint16_t link_type);

  // Prints on standard error, as `capstan COMMAND`, for which link types the text had no meaning.
  void report(const char* command) const;

 private:
  struct Compiled {
    std::uint16_t link_type = 0;
    std::optional<PacketFilter> filter;
  };
  PacketFilter* filter_for(std::uint16_t link_type);

  std::string text_;
  std::vector<std::unique_ptr<Compiled>> compiled_;  // one for each link type
  std::vector<std::string> without_meaning_;         // libpcap's messages
};

}  // namespace capstan::tools
