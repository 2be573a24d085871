// The command line of `capstan query`.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "engine/reader/set_reader.h"
#include "tools/show/show_cli.h"
#include "writers/recording/packet_file_writer.h"

namespace capstan::tools {

enum class Gentleness : std::uint8_t { kAuto, kAlways, kNever };

struct QueryCommandLine {
  std::vector<std::string> inputs;  // -r
  std::string fleet_path;           // --fleet, instead of -r
  TimeRange range;
  std::string filter;
  bool inner = false;
  std::string write_path;  // -w; empty: lines
  PacketFileFormat format = PacketFileFormat::kPcapng;
  Compression compression = Compression::kNone;  // of -w, by its suffix
  std::uint64_t packet_limit = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t byte_limit = std::numeric_limits<std::uint64_t>::max();  // --max-bytes
  bool list_only = false;
  bool origin = false;
  bool use_index = true;
  std::string stats_path;  // --stats-json
  bool fail_on_loss = false;
  Gentleness gentleness = Gentleness::kAuto;
  ShowOptions show;  // how lines look
};

// Returns nullopt when help was requested and printed. Throws UsageError.
std::optional<QueryCommandLine> parse_query_command_line(int argc, char** argv);

}  // namespace capstan::tools
