// Options of `capstan record` about its files on disk: when a file ends, how long files are kept,
// what happens when the disk refuses writes. Part of record_cli.cc.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/record/record_options.h"

namespace capstan::tools {

class CommandLine;

struct RawStorageOptions {
  std::vector<std::string> autostop;
  std::vector<std::string> ring_buffer;
  std::string turn_size = "0";
  double turn_s = 0;
  std::int64_t turn_files = 0;
  std::vector<std::string> keep;
  std::string min_free;
  std::string on_full = "stop";
  std::string sync = "file";
  std::string on_file;
  std::string postrotate;
};

void add_storage_options(CommandLine& app, RawStorageOptions& raw);
// Adds a sentence to `problems` for each value that is not valid.
void read_storage_options(const RawStorageOptions& raw, RecordOptions& options,
                          std::vector<std::string>& problems);

}  // namespace capstan::tools
