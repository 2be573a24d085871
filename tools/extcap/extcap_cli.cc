#include "tools/extcap/extcap_cli.h"

#include "engine/core/errors.h"
#include "tools/common/command_line.h"
#include "tools/extcap/extcap_sentences.h"

namespace capstan::tools {

namespace {

struct RawWishes {
  bool interfaces = false;
  bool dlts = false;
  bool config = false;
  bool capture = false;
  std::string reload_option;
  std::string version;
};

void add_protocol(CommandLine& app, ExtcapCommandLine& line, RawWishes& raw) {
  app.add_flag("--extcap-interfaces", raw.interfaces, "List the interfaces there are");
  app.add_option("--extcap-version", raw.version, "Wireshark's version, of no consequence")
      .expected(0, 1);
  app.add_option("--extcap-interface", line.interface, "The interface that is spoken of")
      .may_be_empty();
  app.add_flag("--extcap-dlts", raw.dlts, "List its link types");
  app.add_flag("--extcap-config", raw.config, "List the fields of its dialog");
  app.add_option("--extcap-reload-option", raw.reload_option, "List the choices of a field again")
      .may_be_empty();
  app.add_option("--extcap-capture-filter", line.filter,
                 "Packets to take, in libpcap's filter language; without --capture: check it")
      .may_be_empty();
  app.add_flag("--capture", raw.capture, "Capture, until SIGTERM or until the reader has gone");
  app.add_option("--fifo", line.fifo, "The named pipe to write to, which is there already")
      .may_be_empty();
  app.add_option("--extcap-control-in", line.control_in, "The pipe from Wireshark's toolbar")
      .may_be_empty();
  app.add_option("--extcap-control-out", line.control_out, "The pipe to Wireshark's toolbar")
      .may_be_empty();
}

void add_fields(CommandLine& app, ExtcapCommandLine& line) {
  app.add_option("--buffer-size", line.buffer_size, "Of a link: ring memory in MiB").may_be_empty();
  app.add_option("--snapshot-length", line.snapshot_length, "Of a link: bytes kept of a packet")
      .may_be_empty();
  app.add_flag("--no-promiscuous-mode", line.no_promiscuous, "Of a link: do not go promiscuous");
  app.add_option("--directory", line.directory, "Of recordings: where they lie").may_be_empty();
  app.add_option("--since", line.since, "Of recordings: packets from this time on").may_be_empty();
  app.add_option("--until", line.until, "Of recordings: packets before this time").may_be_empty();
  app.add_option("--last", line.last, "Of recordings: packets of the last so much time")
      .may_be_empty();
  app.add_option("--filter", line.query_filter,
                 "Of recordings: which packets, beside the capture filter")
      .may_be_empty();
  app.add_flag("--inner", line.inner, "Of recordings: the filter may match inside of tunnels too");
}

ExtcapWish wish_of(const ExtcapCommandLine& line, const RawWishes& raw, bool has_filter) {
  const int wishes = static_cast<int>(raw.interfaces) + static_cast<int>(raw.dlts) +
                     static_cast<int>(raw.config) + static_cast<int>(raw.capture);
  if (wishes > 1) {
    throw UsageError(
        "--extcap-interfaces, --extcap-dlts, --extcap-config and --capture exclude each other");
  }
  if (raw.interfaces) return ExtcapWish::kInterfaces;
  if (wishes == 0 && raw.reload_option.empty() && !has_filter) {
    throw UsageError(
        "nothing is asked for: Wireshark calls this with --extcap-interfaces, --extcap-dlts, "
        "--extcap-config, --extcap-capture-filter or --capture");
  }
  if (line.interface.empty()) {
    throw UsageError("no interface is named: --extcap-interface NAME (--extcap-interfaces lists)");
  }
  if (raw.dlts) return ExtcapWish::kDlts;
  if (!raw.reload_option.empty()) return ExtcapWish::kReloadOption;
  if (raw.config) return ExtcapWish::kConfig;
  if (!raw.capture) return ExtcapWish::kCheckFilter;
  if (line.fifo.empty()) throw UsageError("--capture needs a pipe to write to: --fifo PIPE");
  return ExtcapWish::kCapture;
}

}  // namespace

bool is_extcap_call(const std::string& argument) noexcept {
  return argument.starts_with("--extcap-") || argument == "--capture" || argument == "--fifo";
}

std::optional<ExtcapCommandLine> parse_extcap_command_line(int argc, char** argv) {
  CommandLine app(
      "Wireshark's protocol for capture programs: links as 'capstan record' takes them, and "
      "recordings as 'capstan query' finds them. A link to the program in Wireshark's extcap "
      "folder is all it needs.",
      "capstan extcap");
  ExtcapCommandLine line;
  RawWishes raw;
  add_protocol(app, line, raw);
  add_fields(app, line);
  if (!parse_command_line(app, argc, argv)) return std::nullopt;
  line.wish = wish_of(line, raw, app.count("--extcap-capture-filter") != 0);
  return line;
}

}  // namespace capstan::tools
