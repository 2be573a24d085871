// Flags that users of tcpdump -w and dumpcap are used to: what they mean here, or why they do not
// exist. Part of record_cli.cc.
#pragma once

#include <string>
#include <vector>

#include "tools/record/record_cli.h"

namespace capstan::tools {

class CommandLine;

struct RawHabitOptions {
  std::vector<std::string> filters;    // -f
  bool pcap = false;                   // -P
  std::string direction;               // -Q
  std::string time_stamp_type;         // -j
  bool list_link_types = false;        // -L
  bool list_time_stamp_types = false;  // -J
  bool statistics = false;             // -S
  int dump_filter = 0;                 // -d
};

void add_habit_options(CommandLine& app, RawHabitOptions& raw, RecordOptions& options);
// Returns the words to be parsed. dumpcap's -N and -k take a value where tcpdump's do not: a number
// behind -N is removed with it.
std::vector<std::string> without_buffer_limit(int argc, const char* const* argv);
// Adds a sentence to `problems` for each value that is not valid. `words`: the filter on the
// command line.
void read_habit_options(const RawHabitOptions& raw, const std::vector<std::string>& words,
                        RecordCommandLine& line, std::vector<std::string>& problems);

}  // namespace capstan::tools
