#include "tools/merge/merge_cli.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "tools/common/command_line.h"
#include "tools/common/packet_format.h"
#include "tools/common/time_range.h"
#include "tools/common/time_text.h"

namespace capstan::tools {

namespace {

std::uint64_t parse_count(const std::string& option, std::string_view text) {
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || end != text.data() + text.size() || count == 0) {
    throw UsageError(fmt::format("{}: a number of packets is at least 1", option));
  }
  return count;
}

SplitLimits parse_split(const std::vector<std::string>& texts) {
  SplitLimits limits;
  for (const std::string& text : texts) {
    const std::string option = "--split " + text;
    const std::size_t colon = text.find(':');
    const std::string kind = text.substr(0, colon);
    const std::string value = colon == std::string::npos ? "" : text.substr(colon + 1);
    if (kind == "size") {
      limits.size_bytes = parse_size(option, value);
    } else if (kind == "duration") {
      limits.duration_ns = parse_duration(option, value);
    } else if (kind == "packets") {
      limits.packets = parse_count(option, value);
    } else {
      throw UsageError(fmt::format("{}: it is size:SIZE, duration:TIME or packets:COUNT", option));
    }
  }
  return limits;
}

}  // namespace

std::optional<MergeCommandLine> parse_merge_command_line(int argc, char** argv) {
  CommandLine app("Make one recording of several, in the order of time.", "capstan merge");
  app.set_help_flag("-h,--help", "Print this help and exit");
  MergeCommandLine line;
  TimeRangeFlags range;
  std::string format;
  std::vector<std::string> split;
  std::int64_t snaplen = 0;
  app.add_option("file", line.inputs, "Files, directories, patterns; one is converted").required();
  app.add_option("-w", line.write_path, "Write to this file (- is stdout)").required();
  app.add_option("-F", format, "Format: pcapng, pcap, pcap-ns (default: as the file's name ends)");
  app.add_option("-s", snaplen, "Keep so many bytes of each packet");
  app.add_option("-f", line.filter, "Only packets of this filter, pcap-filter(7)").may_be_empty();
  add_time_range_flags(app, range);
  app.add_option("--split", split,
                 "Go on in a new file: size:SIZE, duration:TIME (of the packets), packets:COUNT")
      .allow_extra_args(false);
  app.add_flag("--decap", line.decapsulate,
               "Take one outer layer off: VXLAN, GENEVE, GRE, ERSPAN; which it was is a comment");
  bool zstd = false;
  app.add_flag("-z", zstd, "Compress with zstd");
  if (!parse_command_line(app, argc, argv)) return std::nullopt;
  const PacketFileChoice choice = choose_packet_format(format, line.write_path);
  line.format = choice.format;
  line.compression = zstd ? Compression::kZstd : choice.compression;
  line.range = understand_time_range(range, wall_clock_ns());
  line.split = parse_split(split);
  if (snaplen < 0 || snaplen > 262144) {
    throw UsageError(fmt::format("-s {}: a snapshot length is 0 (the most) to 262144", snaplen));
  }
  line.snaplen = static_cast<std::uint32_t>(snaplen);
  if (line.split.any() && line.write_path == "-") {
    throw UsageError("--split makes files with numbers in their names: -w names them, not -");
  }
  if (std::count(line.inputs.begin(), line.inputs.end(), "-") > 1) {
    throw UsageError("standard input can be read only once");
  }
  return line;
}

}  // namespace capstan::tools
