#include "tools/record/record_cli.h"

#include <fmt/format.h>
#include <unistd.h>

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
#include "tools/record/habit_options.h"
#include "tools/record/option_text.h"
#include "tools/record/storage_options.h"
#include "tools/watch/watch_cli.h"

namespace capstan::tools {

namespace {

// Options as text, before they are understood.
struct RawOptions {
  std::string format;
  RawHabitOptions habits;
  bool list_interfaces = false;
  std::string layout = "auto";
  std::string fanout = "hash";
  std::string rings = "1";
  std::string cpus;
  RawStorageOptions storage;
  std::vector<std::string> filter;
  std::string buffer_size = "256";
  std::int64_t snaplen = 262144;
  std::optional<std::int64_t> count;
  std::string block_size = "1M";
  double stats_interval_s = 0;
  RawWatchOptions watch;
  bool no_promiscuous = false;
  bool no_direct = false;
  std::vector<std::string> allowed;
  std::vector<std::string> config;
  int index = 0;  // 1: --index, -1: --no-index
};

void add_capture_options(CommandLine& app, RawOptions& raw, RecordOptions& options) {
  app.add_option(
         "-i,--interface", options.capture.interfaces,
         "Interface to record, by name or by its number in -D; again for several; any for all")
      .allow_extra_args(false);
  app.add_option("-s,--snapshot-length", raw.snaplen,
                 "Bytes kept of each packet (default 262144; 0 means that too)");
  app.add_option("--snaplen", raw.snaplen).group("");
  app.add_option("-c,--count", raw.count, "Stop after exactly this many packets");
  app.add_option("-B,--buffer-size", raw.buffer_size,
                 "Ring memory per ring: MiB, or with a unit, such as 64M or 1G (default 256)");
  app.add_option("--rings", raw.rings, "Rings per interface, or auto for one per CPU (default 1)");
  app.add_option("--fanout", raw.fanout,
                 "How rings share packets: hash, cpu, qm, lb, rnd or rollover (default hash)");
  app.add_option("--cpus", raw.cpus, "CPUs for the threads, such as 2,4-7; ring N gets the Nth");
  app.add_option("--block-size", raw.block_size,
                 "Bytes of a ring block, a power of two, such as 128K (default 1M)");
  app.add_option("--retire-ms", options.capture.retire_timeout_ms,
                 "Hand a part-filled block over after so many milliseconds (default 100)");
  app.add_flag("--wait-for-interface", options.wait_for_interface,
               "Wait for interfaces that are not there yet, or not any more, instead of ending");
  app.add_flag("-p,--no-promiscuous-mode", raw.no_promiscuous, "Do not go promiscuous");
  app.add_flag("--hardware-timestamps", options.capture.hardware_timestamps,
               "Use the network adapter's timestamps");
  app.add_option("filter", raw.filter, "Packets to take, in libpcap's filter language");
}

void add_output_options(CommandLine& app, RawOptions& raw, RecordOptions& options) {
  app.add_option(
         "-w,--write", options.files,
         "File to write; - for standard output, /dev/null to measure the capture alone; again "
         "for stripes on several disks. tcp-listen:[ADDRESS:]PORT: beside them, to whoever "
         "connects "
         "(127.0.0.1 unless an address is named); tcp:HOST:PORT: beside them, to a server")
      .allow_extra_args(false);
  app.add_option("--allow", raw.allowed,
                 "Who may connect to tcp-listen: an address or a network, such as 192.0.2.0/24; "
                 "again for more")
      .allow_extra_args(false);
  app.add_option("-F,--format", raw.format,
                 "pcapng, pcap (microseconds) or pcap-ns (default: as -w ends, else pcapng)");
  app.add_option("--layout", raw.layout, "auto, in-place (no copy) or packed (dense)");
  app.add_flag("--split-rings", options.split_rings, "A file for each ring: NAME.ringN.EXTENSION");
  app.add_flag("--no-direct", raw.no_direct, "Write through the page cache instead of O_DIRECT");
  app.add_flag("-q,--quiet", options.quiet,
               "No live line, and no report unless something went wrong");
  app.add_option("--stats-json", options.stats_file,
                 "Write statistics as JSON lines to FILE, - for standard output");
  app.add_option("--stats-interval", raw.stats_interval_s,
                 "Seconds between statistics lines (default: only at the end)");
  app.add_flag("--index,!--no-index", raw.index,
               "An index beside each finished file (NAME.cidx), made at idle priority, by which "
               "it is searched (default: where files rotate)");
  add_watch_options(app, raw.watch);
  app.add_option(
      "--audit", options.audit_file,
      "Beside the recording, as far as there is time: is every login encrypted? Findings "
      "go to FILE as JSON lines, - for standard output; exit status 4 when a login "
      "crossed the wire in the clear");
  app.add_flag("--fail-on-loss", options.fail_on_loss, "Exit with status 3 when packets were lost");
  app.add_option("-Z,--user", options.user,
                 "Become this user once everything is open (default for root: the owner of the "
                 "target directory)");
  app.add_flag("--keep-privileges", options.keep_privileges,
               "Give nothing up: no change of user, no sandbox");
}

using Problems = std::vector<std::string>;

void read_sizes(const RawOptions& raw, RecordOptions& options, Problems& problems) {
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

void read_rings(const RawOptions& raw, RecordOptions& options, Problems& problems) {
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

void read_output(const RawOptions& raw, RecordOptions& options, Problems& problems) {
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
void read_feed(const RawOptions& raw, RecordOptions& options, Problems& problems) {
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
  RawOptions raw;
  RecordCommandLine line;

  Parser() {
    add_capture_options(app, raw, line.options);
    add_output_options(app, raw, line.options);
    add_storage_options(app, raw.storage);
    app.add_option(
           "--config", raw.config,
           "Options from this file too, in TOML: buffer-size = 512; a - in front of its "
           "name: if it is there. The command line comes first; again: the last that says it")
        .allow_extra_args(false);
    app.add_flag("-D,--list-interfaces", raw.list_interfaces, "List the interfaces and exit");
    add_habit_options(app, raw.habits, line.options);
  }
};

// Throws UsageError where there are any.
void refuse(const Problems& problems) {
  if (!problems.empty()) throw UsageError(joined(problems, "; "));
}

}  // namespace

std::optional<RecordCommandLine> parse_record_command_line(int argc, char** argv) {
  std::vector<std::string> words = without_buffer_limit(argc, argv);  // the last one first
  std::optional<Parser> parser(std::in_place);
  if (!parse_command_line(parser->app, words)) return std::nullopt;
  if (!parser->raw.config.empty()) {
    const std::vector<std::string> more = config_words(parser->app, parser->raw.config);
    words.insert(words.end(), more.rbegin(), more.rend());
    parser.emplace();
    if (!parse_command_line(parser->app, std::move(words))) return std::nullopt;
  }
  RecordCommandLine& line = parser->line;
  const RawOptions& raw = parser->raw;
  RecordOptions& options = line.options;
  Problems problems;
  read_habit_options(raw.habits, raw.filter, line, problems);
  if (raw.list_interfaces) line.instead = Instead::kListInterfaces;
  read_sizes(raw, options, problems);
  if (line.instead != Instead::kNothing) {
    refuse(problems);
    return line;
  }
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
  refuse(problems);
  return line;
}

}  // namespace capstan::tools
