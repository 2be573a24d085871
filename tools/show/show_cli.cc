#include "tools/show/show_cli.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "engine/core/errors.h"
#include "tools/common/file_words.h"
#include "tools/show/print_flags.h"

namespace capstan::tools {

namespace {

// Values as text, before they are understood.
struct RawOptions {
  PrintFlags print;
  std::string direction;
  std::int64_t count = -1;
  std::int64_t snaplen = 0;
  std::int64_t buffer_kib = 0;
  bool no_promiscuous = false;
  std::vector<std::string> words;
};

// tcpdump's flags that have no counterpart here, and why or what instead.
struct AbsentFlag {
  const char* names;
  bool takes_value;
  const char* instead;
};
constexpr AbsentFlag kAbsent[] = {
    {"-a", false, "it has had no effect in tcpdump for years"},
    {"-b", false, "AS numbers are printed as plain numbers"},
    {"-C", true, "'capstan record' rotates files by size"},
    {"-E", true, "decryption of ESP is not supported"},
    {"-G", true, "'capstan record' rotates files by time"},
    {"-g", false, "the line after the IP header is broken with -v as usual"},
    {"-H", false, "802.11s draft mesh headers are not decoded"},
    {"-I,--monitor-mode", false, "monitor mode is set with 'iw'"},
    {"-J,--list-time-stamp-types", false, "'capstan doctor' names what the card can do"},
    {"-j,--time-stamp-type", true, "'capstan record' chooses the clock"},
    {"-M", true, "TCP MD5 signatures are shown, not checked"},
    {"-m", true, "SMI modules are not read; object identifiers are numbers"},
    {"-O,--no-optimize", false, "filters are always optimised"},
    {"-P", true, "use -Q in|out|inout"},
    {"-T", true, "packets are printed by their ports"},
    {"-u", false, "NFS handles are printed as they are"},
    {"-W", true, "'capstan record' limits the number of files"},
    {"-z", true, "'capstan record' has hooks for finished files"},
    {"-Z,--relinquish-privileges", true, "give the binary capabilities instead of root"},
    {"--lengths", false, "lengths are printed as tcpdump 4.99 does"},
    {"--skip", true, "use a filter, or 'capstan query'"},
    {"--version", false, "use 'capstan --version'"},
};

void add_absent(CLI::App& app) {
  for (const AbsentFlag& flag : kAbsent) {
    const std::string text = fmt::format("tcpdump's flag {} is not supported by 'capstan show': {}",
                                         flag.names, flag.instead);
    if (flag.takes_value) {
      app.add_option_function<std::string>(flag.names,
                                           [text](const std::string&) { throw UsageError(text); })
          ->group("");
    } else {
      app.add_flag_callback(flag.names, [text] { throw UsageError(text); })->group("");
    }
  }
}

void add_input(CLI::App& app, ShowOptions& options, RawOptions& raw) {
  app.add_option("-i,--interface", options.interfaces, "Capture on this interface, or 'any'")
      ->allow_extra_args(false);
  app.add_option("-r", options.files, "Read this file (pcap, pcapng, .gz, .zst; - is stdin)")
      ->allow_extra_args(false);
  app.add_option("-V", options.file_list, "Read the files named in this one, one a line");
  app.add_option("-c", raw.count, "Stop after so many packets");
  app.add_option("-s,--snapshot-length", raw.snaplen, "Keep so many bytes of each packet");
  app.add_flag("-p,--no-promiscuous-mode", raw.no_promiscuous, "Hear only what is for this host");
  app.add_option("-B,--buffer-size", raw.buffer_kib, "Kernel buffer in KiB");
  app.add_flag("--immediate-mode", options.immediate, "Hand packets over as they come");
  app.add_option("-Q,--direction", raw.direction, "in, out or inout");
  app.add_option("-y,--linktype", options.link_type, "Link type to capture or compile for");
  app.add_option("-F", options.filter_file, "Read the filter from a file");
}

void add_output(CLI::App& app, ShowOptions& options, RawOptions& raw) {
  add_print_flags(app, options, raw.print);
  app.add_flag("--count", options.count_only, "Print only how many packets there are");
  app.add_option("-w", options.write_path, "Write the packets to this file (- is stdout)");
  app.add_flag("--print", options.print_as_well, "With -w: print them as well");
  app.add_flag("-U,--packet-buffered", options.packet_buffered, "Write out every packet at once");
  app.add_flag("-d", options.dump_filter,
               "Print the compiled filter and stop; -dd as C, -ddd as numbers");
  app.add_flag("-D,--list-interfaces", options.list_interfaces, "List the interfaces");
  app.add_flag("-L,--list-data-link-types", options.list_link_types,
               "List the link types of the interface");
}

Direction parse_direction(const std::string& text) {
  if (text.empty() || text == "inout") return Direction::kUnknown;
  if (text == "in") return Direction::kInbound;
  if (text == "out") return Direction::kOutbound;
  throw UsageError(fmt::format("-Q {}: a direction is in, out or inout", text));
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
  if (raw.count == 0 || raw.count < -1) {
    throw UsageError(fmt::format("-c {}: at least one packet must be taken", raw.count));
  }
  if (raw.snaplen < 0 || raw.snaplen > 262144) {
    throw UsageError(
        fmt::format("-s {}: a snapshot length is 0 (the most) to 262144", raw.snaplen));
  }
  if (raw.buffer_kib < 0) throw UsageError(fmt::format("-B {}: is negative", raw.buffer_kib));
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
  if (raw.count > 0) options.packet_limit = static_cast<std::uint64_t>(raw.count);
  if (raw.snaplen > 0) options.snaplen = static_cast<std::uint32_t>(raw.snaplen);
  if (raw.buffer_kib > 0) {
    options.buffer_bytes = static_cast<std::uint64_t>(raw.buffer_kib) * 1024;
  }
}

}  // namespace

ShowOptions parse_show_options(int argc, char** argv, std::string& help) {
  CLI::App app("Print packets as lines, live or from files, with tcpdump's flags.", "capstan show");
  app.set_help_flag("-h,--help", "Print this help and exit");
  ShowOptions options;
  RawOptions raw;
  add_input(app, options, raw);
  add_output(app, options, raw);
  add_absent(app);
  app.add_option("filter", raw.words, "Which packets, in the language of pcap-filter(7)");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    help = app.help();
    return options;
  } catch (const CLI::ParseError& error) {
    throw UsageError(error.what());
  }
  understand(options, raw);
  return options;
}

}  // namespace capstan::tools
