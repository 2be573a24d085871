// The flags of `capstan record`, and what was typed for them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/record/habit_options.h"
#include "tools/record/record_options.h"
#include "tools/record/storage_options.h"
#include "tools/watch/watch_cli.h"

namespace capstan::tools {

class CommandLine;

// Options as text, before they are understood (record_cli.cc).
struct RawRecordOptions {
  std::string format;
  RawHabitOptions habits;
  bool list_interfaces = false;
  std::string layout = "auto";
  std::string fanout = "hash";
  std::string rings = "1";
  std::string cpus;
  RawStorageOptions storage;
  std::vector<std::string> filter;
  std::string buffer_size = "256";
  std::int64_t snaplen = 262144;
  std::optional<std::int64_t> count;
  std::string block_size = "1M";
  double stats_interval_s = 0;
  RawWatchOptions watch;
  bool no_promiscuous = false;
  bool no_direct = false;
  std::vector<std::string> allowed;
  std::vector<std::string> config;
  int index = 0;  // 1: --index, -1: --no-index
};

// Adds them all to `app`. `raw` and `options` must outlive the parsing.
void add_record_options(CommandLine& app, RawRecordOptions& raw, RecordOptions& options);

}  // namespace capstan::tools
