#include "tools/query/query_cli.h"

#include <fmt/format.h>

#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "tools/common/command_line.h"
#include "tools/common/outputs.h"
#include "tools/common/packet_format.h"
#include "tools/common/time_range.h"
#include "tools/show/print_flags.h"

namespace capstan::tools {

namespace {

struct RawOptions {
  std::vector<std::string> words;
  TimeRangeFlags range;
  PrintFlags print;
  std::string format;
  std::string max_bytes;
  std::string gentle = "auto";
  std::optional<std::int64_t> count;
  bool no_index = false;
};

void add_options(CommandLine& app, QueryCommandLine& line, RawOptions& raw) {
  app.add_option("-r", line.inputs,
                 "Read this file, directory or pattern; more than one is one answer in the order "
                 "of time (default: this directory)")
      .allow_extra_args(false);
  app.add_option("--fleet", line.fleet_path,
                 "Ask the sensors of this file (TOML, see docs/fleet.md) instead of reading files");
  add_time_range_flags(app, raw.range);
  app.add_option("filter", raw.words, "Which packets, in the language of pcap-filter(7)");
  app.add_flag("--inner", line.inner, "The filter may match inside of tunnels too");
  app.add_option("-w", line.write_path, "Write the packets to this file (- is stdout)");
  app.add_option("-F", raw.format,
                 "Format of -w: pcapng, pcap, pcap-ns (default: as the file's name ends)");
  app.add_flag("--origin", line.origin,
               "With -w: each packet says in a comment which file and byte it came from");
  app.add_option("-c", raw.count, "Stop after so many packets");
  app.add_option("--max-bytes", raw.max_bytes, "Stop before the packets are more than this size");
  app.add_flag("--count", line.show.count_only, "Print only how many packets there are");
  app.add_flag("--list", line.list_only,
               "Print the files that would be read, and how much of them");
  app.add_option("--stats-json", line.stats_path,
                 "Write what was read and whether it is whole to this file (- is stdout)");
  app.add_flag("--fail-on-loss", line.fail_on_loss,
               "Exit with 3 when the answer is not known to be whole");
  app.add_flag("--no-index", raw.no_index, "Read the files whole, whatever indexes say");
  app.add_option("--gentle", raw.gentle,
                 "Idle priority: auto (beside a recorder), always or never");
  add_print_flags(app, line.show, raw.print);
}

Gentleness parse_gentleness(const std::string& text) {
  if (text == "auto") return Gentleness::kAuto;
  if (text == "always") return Gentleness::kAlways;
  if (text == "never") return Gentleness::kNever;
  throw UsageError(fmt::format("--gentle {}: it is auto, always or never", text));
}

// What has no meaning where other machines read the files.
void check_fleet(const QueryCommandLine& line, const RawOptions& raw) {
  const char* const other = !line.inputs.empty()                   ? "-r"
                            : line.origin                          ? "--origin"
                            : raw.no_index                         ? "--no-index"
                            : line.gentleness != Gentleness::kAuto ? "--gentle"
                                                                   : nullptr;
  if (other != nullptr) {
    throw UsageError(
        fmt::format("--fleet and {} exclude each other: the sensors read their files, "
                    "each in its own way",
                    other));
  }
}

void check(const QueryCommandLine& line, const RawOptions& raw) {
  if (line.write_path.empty() && (!raw.format.empty() || line.origin)) {
    throw UsageError(fmt::format("{} goes with -w", line.origin ? "--origin" : "-F"));
  }
  if (line.origin && line.format != PacketFileFormat::kPcapng) {
    throw UsageError("--origin needs -F pcapng: pcap has no place for comments");
  }
  const int outputs = static_cast<int>(!line.write_path.empty()) +
                      static_cast<int>(line.show.count_only) + static_cast<int>(line.list_only);
  if (outputs > 1) throw UsageError("-w, --count and --list exclude each other");
  if (raw.count && *raw.count < 1) {
    throw UsageError(fmt::format("-c {}: at least one packet must be taken", *raw.count));
  }
  if (!line.fleet_path.empty()) check_fleet(line, raw);
  const NamedOutput named[] = {{"-w", line.write_path}, {"--stats-json", line.stats_path}};
  std::vector<std::string> inputs = line.inputs;
  if (!line.fleet_path.empty()) inputs.push_back(line.fleet_path);
  check_outputs(named, inputs);
  if (std::count(line.inputs.begin(), line.inputs.end(), "-") > 1) {
    throw UsageError("standard input can be read only once");
  }
}

}  // namespace

std::optional<QueryCommandLine> parse_query_command_line(int argc, char** argv) {
  CommandLine app("Find packets in recordings, and say whether they are all there were.",
                  "capstan query");
  app.set_help_flag("-h,--help", "Print this help and exit");
  QueryCommandLine line;
  RawOptions raw;
  add_options(app, line, raw);
  if (!parse_command_line(app, argc, argv)) return std::nullopt;
  for (const std::string& word : raw.words) {
    if (!line.filter.empty()) line.filter += ' ';
    line.filter += word;
  }
  const PacketFileChoice choice = choose_packet_format(raw.format, line.write_path);
  line.format = choice.format;
  line.compression = choice.compression;
  line.gentleness = parse_gentleness(raw.gentle);
  line.range = understand_time_range(raw.range, wall_clock_ns());
  line.use_index = !raw.no_index;
  if (raw.count) line.packet_limit = static_cast<std::uint64_t>(*raw.count);
  if (!raw.max_bytes.empty()) line.byte_limit = parse_size("--max-bytes", raw.max_bytes);
  check(line, raw);
  if (line.inputs.empty() && line.fleet_path.empty()) line.inputs.emplace_back(".");
  understand_print_flags(line.show, raw.print);
  return line;
}

}  // namespace capstan::tools
