// The command line of `capstan show`: tcpdump's flags with tcpdump's meaning.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "engine/block/packet_view.h"
#include "tools/text/print_options.h"

namespace capstan::tools {

enum class ColorChoice : std::uint8_t { kAuto, kAlways, kNever };
enum class LineStyle : std::uint8_t { kTcpdump, kColumns, kJson };

struct ShowOptions {
  text::PrintOptions print;
  LineStyle style = LineStyle::kTcpdump;
  ColorChoice color = ColorChoice::kAuto;

  // Where packets come from. No files: live, from `interfaces`, or from the first one that is up.
  std::vector<std::string> files;       // -r, "-" is standard input
  std::string file_list;                // -V, names one a line
  std::vector<std::string> interfaces;  // -i

  std::string filter;       // the words that are no flags
  std::string filter_file;  // -F
  std::string link_type;    // -y, a name as -L lists them

  std::uint64_t packet_limit = std::numeric_limits<std::uint64_t>::max();  // -c
  std::uint32_t snaplen = 262144;                                          // -s
  bool promiscuous = true;                                                 // -p
  std::uint64_t buffer_bytes = 0;             // -B, in KiB there; 0: the default
  bool immediate = false;                     // --immediate-mode
  bool adapter_times = false;                 // -j adapter_unsynced
  Direction direction = Direction::kUnknown;  // -Q; unknown: both

  std::string write_path;      // -w; empty: lines
  bool print_as_well = false;  // --print
  // With a live -w, as `capstan record` has them, as text.
  std::string turn_size = "0";   // -C
  double turn_s = 0;             // -G
  std::int64_t turn_files = 0;   // -W
  std::string postrotate;        // -z
  std::string user;              // -Z
  bool count_only = false;       // --count
  bool line_buffered = false;    // -l
  bool packet_buffered = false;  // -U
  // Threads that print; 0: the reading one prints; negative: by the CPUs this process may use.
  int decode_workers = -1;
  // Batches of packets under way between them, and packets in one.
  std::size_t decode_batches = 16;
  std::size_t decode_batch_packets = 1024;

  int dump_filter = 0;                 // -d, -dd, -ddd
  bool list_interfaces = false;        // -D
  bool list_link_types = false;        // -L
  bool list_time_stamp_types = false;  // -J
};

// Throws UsageError. Empty: help or the version was asked for, and is printed.
std::optional<ShowOptions> parse_show_options(int argc, char** argv);

}  // namespace capstan::tools
