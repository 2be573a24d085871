// The command line of `capstan merge`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/reader/set_reader.h"
#include "writers/recording/packet_file_writer.h"

namespace capstan::tools {

// When the output changes to a new file; 0: not for this reason.
struct SplitLimits {
  std::uint64_t size_bytes = 0;
  std::uint64_t duration_ns = 0;  // by packet timestamps
  std::uint64_t packets = 0;
  bool any() const noexcept { return size_bytes != 0 || duration_ns != 0 || packets != 0; }
};

struct MergeCommandLine {
  std::vector<std::string> inputs;
  std::string write_path;
  PacketFileFormat format = PacketFileFormat::kPcapng;
  std::uint32_t snaplen = 0;  // 0: as recorded
  std::string filter;
  TimeRange range;
  SplitLimits split;
  bool decapsulate = false;
  Compression compression = Compression::kNone;
};

// Returns nullopt when help was requested and printed. Throws UsageError.
std::optional<MergeCommandLine> parse_merge_command_line(int argc, char** argv);

}  // namespace capstan::tools
