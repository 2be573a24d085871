#include "tools/show/show_command.h"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "engine/capture/interfaces.h"
#include "engine/core/errors.h"
#include "engine/filter/bpf_filter.h"
#include "engine/filter/packet_filter.h"
#include "engine/format/link_type.h"
#include "engine/reader/capture_file.h"
#include "tools/common/exit_status.h"
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

// The code for packets in memory; the kernel's differs where tags are loaded (bpf_filter.h).
int dump_filter(const ShowOptions& options) {
  PacketFilter filter(options.filter, link_type_for_dump(options), options.snaplen);
  const std::vector<FilterInstruction> program = filter.program(link_type_for_dump(options));
  if (options.dump_filter > 2) fmt::print("{}\n", program.size());
  for (std::size_t index = 0; index < program.size(); ++index) {
    const FilterInstruction& at = program[index];
    if (options.dump_filter == 1) {
      fmt::print("{}\n", instruction_text(at, static_cast<int>(index)));
    } else if (options.dump_filter == 2) {
      fmt::print("{{ {:#x}, {}, {}, {:#010x} }},\n", at.code, at.jump_true, at.jump_false,
                 at.operand);
    } else {
      fmt::print("{} {} {} {}\n", at.code, at.jump_true, at.jump_false, at.operand);
    }
  }
  return kExitDone;
}

int list_link_types(const ShowOptions& options) {
  std::string name =
      options.interfaces.empty() ? std::string(kAnyInterface) : options.interfaces.front();
  resolve_interface(name);
  const CompiledFilter compiled = compile_filter(name, "", options.snaplen);
  fmt::print("Data link types for {} (use option -y to set):\n  {} ({})\n", name,
             link_type_name(compiled.link_type), link_type_text(compiled.link_type));
  return kExitDone;
}

}  // namespace

int show_command(int argc, char** argv) {
  std::string help;
  ShowOptions options = parse_show_options(argc, argv, help);
  if (!help.empty()) {
    fmt::print("{}", help);
    return kExitDone;
  }
  std::signal(SIGPIPE, SIG_IGN);
  if (options.list_interfaces) {
    print_interfaces();
    return kExitDone;
  }
  if (!options.file_list.empty()) options.files = read_file_list(options.file_list);
  if (!options.filter_file.empty()) options.filter = read_filter(options.filter_file);
  if (options.list_link_types) return list_link_types(options);
  if (options.dump_filter > 0) return dump_filter(options);
  if (!options.files.empty()) return show_files(options);
  if (options.interfaces.empty()) options.interfaces.push_back(default_interface());
  if (options.print.foreign_numeric) {
    resolve_interface(options.interfaces.front());
    const Ip4Network local = local_network(options.interfaces.front());
    options.print.local_network = local.address;
    options.print.local_netmask = local.mask;
  }
  // -U wants each packet in the file at once, under its name.
  const bool records = !options.write_path.empty() && !options.packet_buffered;
  return records ? show_and_record(options) : show_live(options);
}

}  // namespace capstan::tools
