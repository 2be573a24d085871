#include "tools/record/record_cli.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <thread>

#include "engine/capture/interfaces.h"
#include "engine/core/clock.h"
#include "engine/core/cpu.h"
#include "engine/core/errors.h"
#include "engine/core/joined.h"
#include "tools/common/command_line.h"
#include "tools/common/config_file.h"
#include "tools/common/units.h"
#include "tools/feed/feed_options.h"
#include "tools/record/option_text.h"
#include "tools/record/record_flags.h"

namespace capstan::tools {

namespace {

using Problems = std::vector<std::string>;

void read_sizes(const RawRecordOptions& raw, RecordOptions& options, Problems& problems) {
  const std::optional<std::uint64_t> ring = parse_size(raw.buffer_size, 1U << 20);
  constexpr std::uint64_t kMostRingBytes = std::uint64_t{1} << 40;
  if (!ring || *ring == 0 || *ring > kMostRingBytes) {
    problems.push_back(fmt::format(
        "-B '{}' is no size from 1 byte to 1T: a number counts MiB, 64M and 1G are understood",
        raw.buffer_size));
  } else {
    options.capture.ring_size_bytes = *ring;
  }
  const std::optional<std::uint64_t> block = parse_size(raw.block_size, 1);
  if (!block || *block > kMaxBlockSizeBytes) {
    problems.push_back(fmt::format("--block-size '{}' is no power of two from {} to {} bytes",
                                   raw.block_size, kMinBlockSizeBytes, kMaxBlockSizeBytes));
  } else {
    options.capture.block_size_bytes = static_cast<std::uint32_t>(*block);
  }
  if (raw.snaplen < 0 || raw.snaplen > 262144) {
    problems.push_back(fmt::format("-s {} is not from 0 to 262144 bytes", raw.snaplen));
  } else if (raw.snaplen != 0) {  // 0 is tcpdump's word for "all of it"
    options.capture.snaplen = static_cast<std::uint32_t>(raw.snaplen);
  }
  if (raw.count && *raw.count < 1) {
    problems.push_back(fmt::format("-c {} is not at least 1", *raw.count));
  } else if (raw.count) {
    options.capture.packet_limit = *raw.count;
  }
}

void read_rings(const RawRecordOptions& raw, RecordOptions& options, Problems& problems) {
  if (!raw.cpus.empty()) options.capture.cpus = parse_cpu_list(raw.cpus);
  if (raw.rings == "auto") {
    const std::size_t cpus =
        options.capture.cpus.empty() ? allowed_cpus().size() : options.capture.cpus.size();
    options.capture.rings_per_interface = static_cast<std::uint32_t>(cpus);
  } else {
    const std::optional<double> rings = positive_number(raw.rings);
    if (!rings || *rings > 256 || *rings != std::floor(*rings)) {
      problems.push_back(fmt::format("--rings '{}' is neither auto nor from 1 to 256", raw.rings));
    } else {
      options.capture.rings_per_interface = static_cast<std::uint32_t>(*rings);
    }
  }
  if (const std::optional<FanoutMode> mode = fanout_mode_of(raw.fanout)) {
    options.capture.fanout = *mode;
  } else {
    problems.push_back(
        fmt::format("--fanout '{}' is none of hash, cpu, qm, lb, rnd, rollover", raw.fanout));
  }
}

void read_output(const RawRecordOptions& raw, RecordOptions& options, Problems& problems) {
  const std::string format = raw.habits.pcap && raw.format.empty() ? "pcap" : raw.format;
  if (format.empty()) {
    options.format = file_format_by_ending(options.files);
  } else if (const std::optional<FileFormat> chosen = file_format_of(format)) {
    options.format = *chosen;
  } else {
    problems.push_back(fmt::format("-F '{}' is none of pcapng, pcap, pcap-ns", raw.format));
  }
  if (const std::optional<Layout> layout = layout_of(raw.layout)) {
    options.layout = *layout;
  } else {
    problems.push_back(fmt::format("--layout '{}' is none of auto, in-place, packed", raw.layout));
  }
  if (!(raw.stats_interval_s >= 0 && raw.stats_interval_s <= 86400)) {  // NaN is neither
    problems.push_back(
        fmt::format("--stats-interval {} is not from 0 to 86400 seconds", raw.stats_interval_s));
  } else {
    options.stats_interval_ns = static_cast<std::uint64_t>(raw.stats_interval_s * 1e9);
  }
  options.direct = !raw.no_direct;
}

// Of what -w names, the connections; with nothing else there is no file.
void read_feed(const RawRecordOptions& raw, RecordOptions& options, Problems& problems) {
  std::vector<std::string> files;
  for (const std::string& name : options.files) {
    try {
      if (std::optional<FeedTarget> target = feed_target_of(name)) {
        options.feed.targets.push_back(std::move(*target));
        continue;
      }
    } catch (const UsageError& error) {
      problems.push_back(error.what());
      continue;
    }
    files.push_back(name);
  }
  if (files.empty() && !options.feed.targets.empty()) files.emplace_back("/dev/null");
  options.files = std::move(files);
  try {
    for (const std::string& text : raw.allowed) options.feed.allowed.emplace_back(text);
  } catch (const UsageError& error) {
    problems.push_back(fmt::format("--allow {}", error.what()));
  }
}

// The user's filter, and without it what the recording itself would send.
std::string whole_filter(const RecordOptions& options) {
  const std::string& filter = options.capture.filter;
  if (options.feed.targets.empty()) return filter;
  std::vector<std::string> interfaces = options.capture.interfaces;
  for (std::string& name : interfaces) {
    try {
      resolve_interface(name);  // a number of -D
    } catch (const UnknownInterface&) {
      // Opening it says so, or it is waited for by its name.
    }
  }
  const std::string own = own_traffic_filter(options.feed, interfaces);
  if (own.empty() || filter.empty()) return own + filter;
  return fmt::format("({}) and {}", filter, own);
}

// Options, what they are typed as, and who parses them.
struct Parser {
  CommandLine app{"Record packets from one or more interfaces to disk.", "capstan record"};
  RawRecordOptions raw;
  RecordCommandLine line;

  Parser() { add_record_options(app, raw, line.options); }
};

// What the words mean, and what is wrong with them.
void understand(Parser& parser, Problems& problems) {
  RecordCommandLine& line = parser.line;
  const RawRecordOptions& raw = parser.raw;
  RecordOptions& options = line.options;
  read_habit_options(raw.habits, raw.filter, line, problems);
  if (raw.list_interfaces) line.instead = Instead::kListInterfaces;
  read_sizes(raw, options, problems);
  if (line.instead != Instead::kNothing) return;
  read_storage_options(raw.storage, options, problems);
  read_rings(raw, options, problems);
  read_output(raw, options, problems);
  read_feed(raw, options, problems);
  options.watch = read_watch_options(raw.watch, problems);
  if (raw.index != 0) options.index = raw.index > 0;
  options.capture.filter = whole_filter(options);
  options.capture.promiscuous = !raw.no_promiscuous;
  for (std::string& problem : validate_record_options(options)) {
    problems.push_back(std::move(problem));
  }
}

// What the recorder does instead of recording, and files of further options.
constexpr const char* kNeverInFiles[] = {"--config", "-D", "-L", "-J", "-d", "-S"};
constexpr GivenOnce kGivenOnce[] = {
    {"--write", is_feed_text,
     "a stripe beside it is a -w there (in CAPSTAN_OPTIONS of the service's INTERFACE.conf)"},
    {"--interface", [](const std::string&) { return false; },
     "all of them stand in one place, here or there"}};

// The command line, and what files add to it.
struct Attempt {
  std::optional<RecordCommandLine> line;
  Problems problems;
};
Attempt attempt(const std::vector<std::string>& reversed_words,
                std::span<const ConfigEntry> entries) {
  Parser parser;
  Attempt result;
  try {
    if (!parse_command_line(parser.app, with_entries(reversed_words, entries))) return result;
    for (const ConfigEntry& entry : entries) {
      if (entry.filter) parser.raw.filter = {*entry.filter};
    }
    understand(parser, result.problems);
  } catch (const UsageError& error) {
    result.problems.emplace_back(error.what());
  }
  result.line = std::move(parser.line);
  return result;
}

// Throws UsageError where there are any.
void refuse(const Problems& problems) {
  if (!problems.empty()) throw UsageError(joined(problems, "; "));
}

}  // namespace

std::optional<RecordCommandLine> parse_record_command_line(int argc, char** argv) {
  const std::vector<std::string> words = without_buffer_limit(argc, argv);  // the last one first
  Parser parser;
  if (!parse_command_line(parser.app, words)) return std::nullopt;
  if (parser.raw.config.empty()) {
    Problems problems;
    understand(parser, problems);
    refuse(problems);
    return std::move(parser.line);
  }
  const std::vector<ConfigEntry> entries =
      config_entries(parser.app, parser.raw.config, {kNeverInFiles, kGivenOnce});
  Attempt whole = attempt(words, entries);
  if (!whole.problems.empty()) {
    name_places(whole.problems, entries,
                [&](std::span<const ConfigEntry> some) { return attempt(words, some).problems; });
  }
  refuse(whole.problems);
  for (const ConfigEntry& entry : entries) {
    if (entry.filter) whole.line->filter_place = entry.where;
  }
  return std::move(whole.line);
}

}  // namespace capstan::tools
