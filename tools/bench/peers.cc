#include "tools/bench/peers.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tools/bench/child.h"

namespace capstan::bench {

namespace {

using Command = std::vector<std::string>;

Command capstan_command(const RecorderSetting& s) {
  Command command = {s.capstan,
                     "record",
                     "-q",
                     "-i",
                     s.interface,
                     "-w",
                     s.directory + "/out.pcapng",
                     "-B",
                     std::to_string(s.ring_mib),
                     "--cpus",
                     std::to_string(s.cpu)};
  command.insert(command.end(), s.capstan_options.begin(), s.capstan_options.end());
  return command;
}

Command tcpdump_command(const RecorderSetting& s) {
  return {"tcpdump", "-n",
          "-i",      s.interface,
          "-w",      s.directory + "/out.pcap",
          "-B",      std::to_string(s.ring_mib * 1024),
          "-Z",      "root"};
}

Command dumpcap_command(const RecorderSetting& s) {
  return {"dumpcap", "-q",
          "-i",      s.interface,
          "-w",      s.directory + "/out.pcapng",
          "-B",      std::to_string(s.ring_mib)};
}

Command netsniff_command(const RecorderSetting& s) {
  return {"netsniff-ng", "-i", s.interface, "-o", s.directory + "/out.pcap",
          "-s",          "-Q", "--mmap",    "-S", fmt::format("{}MiB", s.ring_mib)};
}

Command stenotype_command(const RecorderSetting& s) {
  std::filesystem::create_directories(s.directory + "/PKT0");
  std::filesystem::create_directories(s.directory + "/IDX0");
  // It aborts when more writes may be under way than there are blocks, of 1 MiB each.
  const std::uint32_t writes =
      std::max<std::uint32_t>(1, std::min<std::uint32_t>(128, s.ring_mib / 2));
  return {"stenotype",
          "--iface=" + s.interface,
          "--dir=" + s.directory,
          fmt::format("--blocks={}", s.ring_mib),
          fmt::format("--aiops={}", writes),
          "--threads=1",
          "--no_index",
          "--uid=root",
          "--gid=root",
          "--seccomp=none",
          "--blockage_sec=1",
          "--filesize_mb=4096",
          "--preallocate_file_mb=4096"};
}

Command daemonlogger_command(const RecorderSetting& s) {
  return {"daemonlogger", "-i",       s.interface, "-l",           s.directory,
          "-n",           "out.pcap", "-s",        "1000000000000"};
}

Command suricata_command(const RecorderSetting& s) {
  // block-size is in bytes and a power of two; the ring's size is blocks times block-size, given as
  // packets of the default frame.
  std::ofstream(s.directory + "/suricata.yaml")
      << "%YAML 1.1\n---\nstats:\n  enabled: no\nmax-pending-packets: 8192\n"
         "outputs:\n  - pcap-log:\n      enabled: yes\n      filename: out.pcap\n"
         "      limit: 64gb\n      mode: normal\n"
         "af-packet:\n  - interface: "
      << s.interface
      << "\n    threads: 1\n    cluster-id: 99\n    cluster-type: cluster_flow\n"
         "    use-mmap: yes\n    tpacket-v3: yes\n    checksum-checks: no\n    block-size: 1048576\n"
         "    ring-size: "
      << std::uint64_t{s.ring_mib} * 1048576 / 1600
      << "\nlogging:\n  default-log-level: notice\n  outputs:\n    - console:\n"
         "        enabled: yes\nstream:\n  bypass: no\napp-layer:\n  protocols: {}\n";
  return {"suricata",
          "-c",
          s.directory + "/suricata.yaml",
          "--af-packet=" + s.interface,
          "-l",
          s.directory,
          "-S",
          "/dev/null",
          "-k",
          "none"};
}

std::string first_line(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \n\r\t");
  if (begin == text.npos) return "";
  return text.substr(begin, text.find('\n', begin) - begin);
}

}  // namespace

const std::vector<Peer>& peers() {
  static const std::vector<Peer> kPeers = {
      {"capstan", capstan_command, {}},
      {"stenotype",
       stenotype_command,
       {"dpkg-query", "-W", "-f", "stenotype ${Version}\n", "stenographer"},
       true},
      {"tcpdump", tcpdump_command, {"tcpdump", "--version"}},
      {"dumpcap", dumpcap_command, {"dumpcap", "--version"}},
      {"netsniff-ng", netsniff_command, {"netsniff-ng", "--version"}},
      // Its -V starts a capture: the package's word is taken.
      {"daemonlogger",
       daemonlogger_command,
       {"dpkg-query", "-W", "-f", "daemonlogger ${Version}\n", "daemonlogger"}},
      {"suricata", suricata_command, {"suricata", "-V"}},
  };
  return kPeers;
}

const Peer* find_peer(const std::string& name) {
  const auto found = std::find_if(peers().begin(), peers().end(),
                                  [&](const Peer& peer) { return peer.name == name; });
  return found == peers().end() ? nullptr : &*found;
}

std::vector<ToolInfo> find_tools(const std::vector<std::string>& names) {
  std::vector<ToolInfo> tools;
  for (const std::string& name : names) {
    ToolInfo tool;
    tool.name = name;
    if (name == "capstan") {
      tool.present = true;
      tool.version = fmt::format("capstan {}", CAPSTAN_VERSION);
    } else {
      tool.present = is_installed(name);
      const Peer* const peer = find_peer(name);
      if (tool.present && peer != nullptr)
        tool.version = first_line(output_of(peer->version_command));
    }
    tools.push_back(std::move(tool));
  }
  return tools;
}

std::vector<std::string> recorded_files(const std::string& directory) {
  std::vector<std::string> files;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory, ignored)) {
    if (!entry.is_regular_file(ignored) || entry.file_size(ignored) == 0) continue;
    const std::string extension = entry.path().extension().string();
    if (extension == ".yaml" || extension == ".log" || extension == ".pid" ||
        extension == ".json") {
      continue;
    }
    if (entry.path().parent_path().filename() == "IDX0") continue;
    files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace capstan::bench
