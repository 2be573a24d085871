// LinkFilter: a filter's text for packets of whatever link types a set of recordings has.
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
  // Compiles `text` (empty: everything) for the first packet there is, so that a mistake in it is
  // told before anything is written. Throws UsageError with libpcap's words.
  LinkFilter(std::string text, const RecordingSet& set);

  bool matches(const PacketView& packet);
  // The compiled program; of a link type for which the text has no meaning one that accepts
  // nothing.
  std::vector<FilterInstruction> program(std::uint16_t link_type);

  // Says on standard error, as `capstan COMMAND`, for which link types the text had no meaning.
  void report(const char* command) const;

 private:
  struct Compiled {
    std::uint16_t link_type = 0;
    std::optional<PacketFilter> filter;
  };
  PacketFilter* filter_for(std::uint16_t link_type);

  std::string text_;
  std::vector<std::unique_ptr<Compiled>> compiled_;  // a few
  std::vector<std::string> without_meaning_;         // libpcap's words
};

}  // namespace capstan::tools
