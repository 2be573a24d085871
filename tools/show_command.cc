#include "tools/show_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <optional>
#include <sstream>

#include "engine/core/errors.h"
#include "engine/decode/packet_filter.h"
#include "engine/reader/capture_file.h"
#include "engine/reader/link_type_names.h"
#include "tools/commands.h"
#include "tools/show/output_stream.h"
#include "tools/show_cli.h"
#include "tools/text/packet_text.h"
#include "tools/text/tcp_sequences.h"

namespace capstan::tools {

namespace {

int show_files(const ShowOptions& options) {
  text::Names names;
  if (options.print.numeric == 0) names.services = text::ServiceNames::load();
  names.interfaces = text::InterfaceNames::load();
  text::TcpSequences sequences;
  text::Printer printer(options.print, names, sequences);
  text::PacketText packet_text(printer, options.print);
  show::OutputStream out(STDOUT_FILENO);
  std::uint64_t shown = 0;
  int status = kExitDone;
  text::PacketPlace place;
  bool first = true;
  for (const std::string& path : options.files) {
    CaptureFile file = CaptureFile::open(path);
    std::optional<PacketFilter> filter;
    PacketView packet;
    while (shown < options.packet_limit && file.next(packet)) {
      if (!options.filter.empty()) {
        if (!filter) filter.emplace(options.filter, packet.link_type);
        if (!filter->matches(packet)) continue;
      }
      place.number = ++shown;
      if (first) place.reference_time_ns = packet.timestamp_ns;
      first = false;
      if (options.count_only) continue;
      packet_text.print(packet, place);
      if (options.print.time_mode == text::TimeMode::kSincePrevious) {
        place.reference_time_ns = packet.timestamp_ns;
      }
      out.put(printer.out.view());
      printer.out.clear();
      if (out.closed()) return kExitDone;
    }
    if (!file.end().clean() && shown < options.packet_limit) {
      out.flush();
      fmt::print(stderr, "capstan show: {}: {}\n", path, file.end().text());
      status = kExitFailed;
    }
  }
  out.flush();
  if (options.count_only) fmt::print("{} packet{}\n", shown, shown == 1 ? "" : "s");
  return status;
}

}  // namespace

int show_command(int argc, char** argv) {
  std::string help;
  const ShowOptions options = parse_show_options(argc, argv, help);
  if (!help.empty()) {
    fmt::print("{}", help);
    return kExitDone;
  }
  std::signal(SIGPIPE, SIG_IGN);
  return show_files(options);
}

}  // namespace capstan::tools
