#include "tools/show/show_command.h"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>

#include "engine/capture/interfaces.h"
#include "engine/core/errors.h"
#include "engine/core/memory.h"
#include "engine/filter/packet_filter.h"
#include "engine/format/link_type.h"
#include "engine/reader/capture_file.h"
#include "tools/common/exit_status.h"
#include "tools/common/log.h"
#include "tools/common/memory_note.h"
#include "tools/common/packet_format.h"
#include "tools/common/print_interfaces.h"
#include "tools/show/file_show.h"
#include "tools/show/listening.h"
#include "tools/show/live_show.h"
#include "tools/show/recording_show.h"
#include "tools/show/show_cli.h"

namespace capstan::tools {

namespace {

std::string read_text(const std::string& path, const char* what) {
  std::ifstream file(path);
  if (!file) throw UsageError(fmt::format("{} {}: {}", what, path, errno_text(errno)));
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// -F: pcap-filter(7) knows no comments, but tcpdump takes `#` to the line's end as one.
std::string read_filter(const std::string& path) {
  std::string filter;
  bool comment = false;
  for (const char c : read_text(path, "filter file")) {
    if (c == '#') comment = true;
    if (c == '\n') comment = false;
    if (!comment) filter.push_back(c == '\n' ? ' ' : c);
  }
  return filter;
}

std::vector<std::string> read_file_list(const std::string& path) {
  std::vector<std::string> files;
  std::string line;
  for (const char c : read_text(path, "list of files") + "\n") {
    if (c != '\n') {
      line.push_back(c);
      continue;
    }
    if (!line.empty()) files.push_back(line);
    line.clear();
  }
  if (files.empty()) throw UsageError(fmt::format("list of files {}: it names none", path));
  return files;
}

std::uint16_t link_type_for_dump(const ShowOptions& options) {
  if (!options.link_type.empty()) return link_type_by_name(options.link_type);
  if (!options.files.empty()) {
    CaptureFile file = CaptureFile::open(options.files.front());
    PacketView packet;
    if (file.next(packet)) return packet.link_type;
    if (!file.interfaces().empty()) return file.interfaces().front().link_type;
  }
  return link_type::kEthernet;
}

}  // namespace

int show_command(int argc, char** argv) {
  std::optional<ShowOptions> parsed = parse_show_options(argc, argv);
  if (!parsed) return kExitDone;
  ShowOptions& options = *parsed;
  std::signal(SIGPIPE, SIG_IGN);
  if (options.list_interfaces) {
    print_interfaces();
    return kExitDone;
  }
  if (!options.file_list.empty()) options.files = read_file_list(options.file_list);
  if (!options.filter_file.empty()) options.filter = read_filter(options.filter_file);
  std::string link =
      options.interfaces.empty() ? std::string(kAnyInterface) : options.interfaces.front();
  if (options.list_link_types) {
    print_link_types(link);
    return kExitDone;
  }
  if (options.list_time_stamp_types) {
    print_time_stamp_types(link);
    return kExitDone;
  }
  if (options.dump_filter > 0) {
    print_filter({options.filter, link_type_for_dump(options), options.snaplen},
                 options.dump_filter);
    return kExitDone;
  }
  if (!options.files.empty()) return show_files(options);
  if (options.interfaces.empty()) options.interfaces.push_back(default_interface());
  if (options.print.foreign_numeric) {
    resolve_interface(options.interfaces.front());
    const Ip4Network local = local_network(options.interfaces.front());
    options.print.local_network = local.address;
    options.print.local_netmask = local.mask;
  }
  if (options.buffer_bytes != 0) {
    const std::string memory = memory_note(options.buffer_bytes, options.interfaces.size(),
                                           available_memory_bytes(), "KiB here, as in tcpdump");
    if (!memory.empty()) standard_log().write(LogLevel::kWarning, memory);
  }
  // -U wants each packet in the file at once, under its name.
  // So does what is compressed, which the recorder does not do.
  const bool compressed = file_ending(options.write_path).compression != Compression::kNone;
  const bool records = !options.write_path.empty() && !options.packet_buffered && !compressed;
  return records ? show_and_record(options) : show_live(options);
}

}  // namespace capstan::tools
