#include "tools/show/print_flags.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "engine/core/errors.h"
#include "tools/common/command_line.h"
#include "tools/show/decode_workers.h"

namespace capstan::tools {

namespace {

text::TimeMode time_mode(int flags) {
  if (flags > 5) {
    throw UsageError("-t can be given five times at most (-ttttt: time since the first line)");
  }
  return static_cast<text::TimeMode>(flags);
}

bool parse_precision(const PrintFlags& raw) {
  if (raw.micro && raw.nano) throw UsageError("--micro and --nano exclude each other");
  if (raw.precision.empty()) return raw.nano;
  if (raw.precision == "nano") return true;
  if (raw.precision == "micro") return false;
  throw UsageError(fmt::format("--time-stamp-precision {}: it is micro or nano", raw.precision));
}

ColorChoice parse_color(const std::string& text) {
  if (text == "auto" || text.empty()) return ColorChoice::kAuto;
  if (text == "always") return ColorChoice::kAlways;
  if (text == "never") return ColorChoice::kNever;
  throw UsageError(fmt::format("--color {}: it is auto, always or never", text));
}

text::PacketType parse_type(const std::string& name) {
  using text::PacketType;
  constexpr std::pair<std::string_view, PacketType> kTypes[] = {
      {"", PacketType::kByPorts},      {"domain", PacketType::kDomain}, {"ptp", PacketType::kPtp},
      {"radius", PacketType::kRadius}, {"snmp", PacketType::kSnmp},     {"tftp", PacketType::kTftp},
      {"vxlan", PacketType::kVxlan}};
  for (const auto& [known, type] : kTypes) {
    if (name == known) return type;
  }
  for (const std::string_view theirs : {"fields", "json", "ek", "pdml", "psml", "tabs", "text"}) {
    if (name != theirs) continue;
    throw UsageError(fmt::format(
        "-T {}: that is tshark's -T. Here it is tcpdump's, a kind of packet; --json prints an "
        "object a packet, --columns aligned columns",
        name));
  }
  throw UsageError(fmt::format(
      "-T {}: there is a printer to be chosen for domain, ptp, radius, snmp, tftp and vxlan",
      name));
}

}  // namespace

void add_print_flags(CommandLine& app, ShowOptions& options, PrintFlags& raw) {
  text::PrintOptions& print = options.print;
  app.add_flag("-v,--verbose", print.verbosity, "More of each packet; -vv, -vvv: still more");
  app.add_flag("-q,--quick,--quiet", print.quiet, "Less of each packet");
  app.add_flag("-e", print.link_header, "Print the link-layer header");
  app.add_flag("-n", print.numeric, "No names: addresses and ports as numbers");
  app.add_flag("-N", print.strip_domain, "Host names without their domain");
  app.add_flag("-f", print.foreign_numeric, "Foreign addresses as numbers");
  app.add_flag("-S,--absolute-tcp-sequence-numbers", print.absolute_sequence,
               "TCP numbers as they are");
  app.add_flag("-b", print.as_dot, "Large AS numbers of BGP as two numbers (asdot)");
  app.add_flag("-g", print.one_line, "With -v: no new line behind the IP header");
  app.add_flag("--lengths", print.lengths, "Print each packet's lengths, captured and on the wire");
  app.add_option("-T", raw.type,
                 "Take what matches for this: domain, ptp, radius, snmp, tftp, vxlan");
  app.add_flag("-K,--dont-verify-checksums", print.skip_checksums, "Do not check checksums");
  app.add_flag("-t", raw.time_flags,
               "No time; -tt seconds since 1970; -ttt since the line before; -tttt with the date; "
               "-ttttt since the first line");
  app.add_option("--time-stamp-precision", raw.precision, "micro or nano");
  app.add_flag("--micro", raw.micro, "Times to the microsecond");
  app.add_flag("--nano", raw.nano, "Times to the nanosecond");
  app.add_flag("-x", print.hex, "Dump the packet in hex; -xx with the link-layer header");
  app.add_flag("-X", print.hex_and_ascii, "Dump in hex and ASCII; -XX with the link-layer header");
  app.add_flag("-A", print.ascii, "Dump as ASCII; -AA with the link-layer header");
  app.add_flag("-#,--number", print.packet_numbers, "Number the lines");
  app.add_flag("-l", options.line_buffered, "Write out every line at once");
  app.add_option("--decode-workers", options.decode_workers,
                 "Threads that print; 0: none besides the reading one (default: by CPUs)")
      .range(0, static_cast<int>(DecodeWorkers::kMostWorkers));
  app.add_flag("--tls", print.tls, "Name TLS records and handshake messages");
  app.add_flag("--json", raw.json, "One JSON object a packet");
  app.add_flag("--columns", raw.columns, "Aligned columns");
  app.add_option("--color", raw.color, "auto, always or never").expected(0, 1);
}

void understand_print_flags(ShowOptions& options, const PrintFlags& raw) {
  if (raw.json && raw.columns) throw UsageError("--json and --columns exclude each other");
  options.print.time_mode = time_mode(raw.time_flags);
  options.print.nanoseconds = parse_precision(raw);
  options.color = parse_color(raw.color);
  options.print.type = parse_type(raw.type);
  if (raw.json) options.style = LineStyle::kJson;
  if (raw.columns) options.style = LineStyle::kColumns;
}

}  // namespace capstan::tools
