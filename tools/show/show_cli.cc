#include "tools/show/show_cli.h"

#include <fmt/format.h>

#include "engine/core/errors.h"
#include "tools/common/absent_flags.h"
#include "tools/common/capture_words.h"
#include "tools/common/command_line.h"
#include "tools/common/file_words.h"
#include "tools/common/outputs.h"
#include "tools/common/packet_format.h"
#include "tools/common/units.h"
#include "tools/show/print_flags.h"

namespace capstan::tools {

namespace {

// Values as text, before they are understood.
struct RawOptions {
  PrintFlags print;
  std::string direction;
  std::optional<std::int64_t> count;
  std::int64_t snaplen = 0;
  std::string buffer;
  std::string time_stamp_type;
  bool no_promiscuous = false;
  std::vector<std::string> words;
};

// tcpdump's flags that have no counterpart here, and why or what instead.
constexpr AbsentFlag kAbsent[] = {
    {"-a", false, "it has had no effect in tcpdump for years"},
    {"-E", true,
     "keys are not read, and ESP is printed as it was sent; tshark and Wireshark decrypt it"},
    {"-H", false, "802.11s draft mesh headers are not decoded"},
    {"-I,--monitor-mode", false, "monitor mode is set with 'iw dev NAME set type monitor'"},
    {"-M", true, "TCP MD5 signatures are shown, not checked"},
    {"-m", true, "SMI modules are not read; object identifiers are numbers"},
    {"-O,--no-optimize", false, "filters are always optimised"},
    {"-P", true, "use -Q in|out|inout"},
    {"-u", false, "NFS handles are printed as they are"},
    {"--skip", true, "use a filter, or 'capstan query --since'"},
};

// tshark's, where they are not tcpdump's too.
constexpr AbsentFlag kAbsentOfTshark[] = {
    {"-Y,--display-filter", true,
     "Wireshark's display filters are a language of their own; use pcap-filter(7), or tshark -r"},
    {"-R", true, "Wireshark's display filters are a language of their own; use pcap-filter(7)"},
    {"-o", true, "there are no preferences; 'capstan help show' lists the options"},
    {"-2", false, "packets are printed as they are read, once"},
    {"--export-objects", true, "objects are not put together; 'tshark --export-objects' does it"},
    {"--list-remote-interfaces", true, "run 'ssh HOST capstan show -w - ...' instead"},
};

void add_input(CommandLine& app, ShowOptions& options, RawOptions& raw) {
  app.add_option("-i,--interface", options.interfaces, "Capture on this interface, or 'any'")
      .allow_extra_args(false);
  app.add_option("-r", options.files,
                 "Read this file (pcap, pcapng, .gz, .zst; - is stdin), or tcp:HOST:PORT")
      .allow_extra_args(false);
  app.add_option("-V", options.file_list, "Read the files named in this one, one a line");
  app.add_option("-c", raw.count, "Stop after so many packets");
  app.add_option("-s,--snapshot-length", raw.snaplen, "Keep so many bytes of each packet");
  app.add_flag("-p,--no-promiscuous-mode", raw.no_promiscuous, "Hear only what is for this host");
  app.add_option("-B,--buffer-size", raw.buffer,
                 "Kernel buffer: KiB, or with a unit, such as 64M (default 64M)");
  app.add_flag("--immediate-mode", options.immediate, "Hand packets over as they come");
  app.add_option("-Q,--direction", raw.direction, "in, out or inout");
  app.add_option("-j,--time-stamp-type", raw.time_stamp_type,
                 "host, or adapter_unsynced: the network adapter's times");
  app.add_flag("-J,--list-time-stamp-types", options.list_time_stamp_types,
               "List the kinds of times the interface can give");
  app.add_option("-y,--linktype", options.link_type, "Link type to capture or compile for");
  app.add_option("-F", options.filter_file, "Read the filter from a file");
}

void add_output(CommandLine& app, ShowOptions& options, RawOptions& raw) {
  add_print_flags(app, options, raw.print);
  app.add_flag("--count", options.count_only, "Print only how many packets there are");
  app.add_option("-w", options.write_path,
                 "Write the packets to this file (- is stdout): pcap, or as it ends in .pcapng, "
                 ".gz, .zst");
  app.add_option("-C", options.turn_size,
                 "With -i and -w: go on in a new file after millions of bytes, or with a unit");
  app.add_option("-G", options.turn_s, "With -i and -w: go on in a new file after so many seconds");
  app.add_option("-W", options.turn_files,
                 "With -C keep so many files, with -G alone end after so many");
  app.add_option("-z", options.postrotate, "With -C or -G: run this program on each finished file");
  app.add_option("-Z,--relinquish-privileges", options.user,
                 "With -i and -w: become this user once everything is open");
  app.add_flag("--print", options.print_as_well, "With -w: print them as well");
  app.add_flag("-U,--packet-buffered", options.packet_buffered, "Write out every packet at once");
  app.add_flag("-d", options.dump_filter,
               "Print the compiled filter and stop; -dd as C, -ddd as numbers");
  app.add_flag("-D,--list-interfaces", options.list_interfaces, "List the interfaces");
  app.add_flag("-L,--list-data-link-types", options.list_link_types,
               "List the link types of the interface");
}

void check(const ShowOptions& options, const RawOptions& raw) {
  if (!options.interfaces.empty() && !options.files.empty()) {
    throw UsageError("-i and -r exclude each other: packets come from a link or from a file");
  }
  if (!options.files.empty() && !options.file_list.empty()) {
    throw UsageError("-r and -V exclude each other");
  }
  if (options.print_as_well && options.write_path.empty()) {
    throw UsageError("--print goes with -w: without it lines are printed anyway");
  }
  if (options.filter.empty() == false && !options.filter_file.empty()) {
    throw UsageError("-F and a filter on the command line exclude each other");
  }
  if (raw.count && *raw.count < 1) {
    throw UsageError(fmt::format("-c {}: at least one packet must be taken", *raw.count));
  }
  if (raw.snaplen < 0 || raw.snaplen > 262144) {
    throw UsageError(
        fmt::format("-s {}: a snapshot length is 0 (the most) to 262144", raw.snaplen));
  }
  const bool turns = options.turn_size != "0" || options.turn_s != 0 || options.turn_files != 0 ||
                     !options.postrotate.empty();
  const bool recorded = !options.write_path.empty() && options.files.empty() &&
                        options.file_list.empty() && !options.packet_buffered;
  if (turns && !recorded) {
    throw UsageError(
        "-C, -G, -W and -z go with -i and -w, without -U; 'capstan merge --split size:100M -w NAME "
        "FILE' cuts files in pieces (tshark's -z statistics are not there)");
  }
  if (turns && file_ending(options.write_path).compression != Compression::kNone) {
    throw UsageError(fmt::format(
        "-w {}: files that turn are compressed when they are finished: -w without that ending, and "
        "-z gzip",
        options.write_path));
  }
  const NamedOutput outputs[] = {{"-w", options.write_path}};
  check_outputs(outputs, options.files);
}

std::uint64_t parse_buffer(const std::string& text) {
  const std::optional<std::uint64_t> bytes = parse_size(text, 1024);
  constexpr std::uint64_t kMost = std::uint64_t{1} << 40;
  if (!bytes || *bytes == 0 || *bytes > kMost) {
    throw UsageError(
        fmt::format("-B '{}' is no size from 1 byte to 1T: a number counts KiB, as in tcpdump; "
                    "64M and 1G are understood",
                    text));
  }
  return *bytes;
}

void understand(ShowOptions& options, const RawOptions& raw) {
  if (leading_file_names(raw.words) != 0) {
    const std::string& name = raw.words.front();
    throw UsageError(fmt::format(
        "'{}' is a file, and stands where a filter would: name each file "
        "with an -r of its own, as in 'capstan show {}-r {}'",
        name, options.files.empty() ? std::string() : fmt::format("-r {} ", options.files.back()),
        name));
  }
  for (const std::string& word : raw.words) {
    if (!options.filter.empty()) options.filter += ' ';
    options.filter += word;
  }
  check(options, raw);
  understand_print_flags(options, raw.print);
  options.direction = parse_direction(raw.direction);
  options.promiscuous = !raw.no_promiscuous;
  if (raw.count) options.packet_limit = static_cast<std::uint64_t>(*raw.count);
  if (raw.snaplen > 0) options.snaplen = static_cast<std::uint32_t>(raw.snaplen);
  if (!raw.buffer.empty()) options.buffer_bytes = parse_buffer(raw.buffer);
  options.adapter_times = parse_time_stamp_type(raw.time_stamp_type);
}

}  // namespace

std::optional<ShowOptions> parse_show_options(int argc, char** argv) {
  CommandLine app("Print packets as lines, live or from files, with tcpdump's flags.",
                  "capstan show");
  app.set_help_flag("-h,--help", "Print this help and exit");
  ShowOptions options;
  RawOptions raw;
  add_input(app, options, raw);
  add_output(app, options, raw);
  add_absent_flags(app, kAbsent, "tcpdump's", "capstan show");
  add_absent_flags(app, kAbsentOfTshark, "tshark's", "capstan show");
  app.add_option("filter", raw.words, "Which packets, in the language of pcap-filter(7)");
  if (!parse_command_line(app, argc, argv)) return std::nullopt;
  understand(options, raw);
  return options;
}

}  // namespace capstan::tools
