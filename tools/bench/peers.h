// The recorders that are compared: how each is started, so that all have the same ring memory and
// write the same packets, and which files it leaves.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tools/bench/bench_types.h"

namespace capstan::bench {

// Where a recorder runs and with which options.
struct RecorderSetting {
  std::string interface;
  std::string directory;  // empty, and used by this recorder only
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
  bool ends_with_a_packet = false;  // notices its stop flag only when the kernel hands over a block
};

// All recorders that this program knows, capstan first, installed or not: see find_tools().
const std::vector<Peer>& peers();
const Peer* find_peer(const std::string& name);  // null: unknown

// Returns which of `names` are installed, and their versions. Capstan always is.
std::vector<ToolInfo> find_tools(const std::vector<std::string>& names);

// Recordings in the directory and its subdirectories: files that are not empty and are not logs or
// configurations.
std::vector<std::string> recorded_files(const std::string& directory);

}  // namespace capstan::bench
