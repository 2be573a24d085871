// The recorders that are compared: how each is started so that all have the same ring memory and
// write the same packets, and which files it leaves.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tools/bench/bench_types.h"

namespace capstan::bench {

// Where and with what a recorder runs.
struct RecorderSetting {
  std::string interface;
  std::string directory;  // empty and its own
  std::uint32_t ring_mib = 64;
  std::string capstan;                       // path of this program
  std::vector<std::string> capstan_options;  // in addition
  int cpu = 1;
};

struct Peer {
  std::string name;
  // Prepares the directory (folders, a configuration) and returns the command.
  std::function<std::vector<std::string>(const RecorderSetting&)> command;
  std::vector<std::string> version_command;
  bool ends_with_a_packet = false;  // sees its stop flag only when the kernel hands over a block
};

// All that this program knows, capstan first. Whether they are installed: find_tools().
const std::vector<Peer>& peers();
const Peer* find_peer(const std::string& name);  // null: unknown

// Which of `names` are installed, and their versions. Capstan always is.
std::vector<ToolInfo> find_tools(const std::vector<std::string>& names);

// Recordings in the directory and its folders: what is not empty and no log or configuration.
std::vector<std::string> recorded_files(const std::string& directory);

}  // namespace capstan::bench
