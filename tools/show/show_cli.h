// The command line of `capstan show`: tcpdump's flags with the same meaning.
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

  // Sources of packets. If `files` is empty: live, from `interfaces`, or from the first one that is
  // up.
  std::vector<std::string> files;       // -r, "-" is standard input
  std::string file_list;                // -V, a file with one name per line
  std::vector<std::string> interfaces;  // -i

  std::string filter;       // the words that are not flags
  std::string filter_file;  // -F
  std::string link_type;    // -y, a name as -L lists them

  std::uint64_t packet_limit = std::numeric_limits<std::uint64_t>::max();  // -c
  std::uint32_t snaplen = 262144;                                          // -s
  bool promiscuous = true;                                                 // -p
  std::uint64_t buffer_bytes = 0;             // -B, given in KiB; 0: the default
  bool immediate = false;                     // --immediate-mode
  bool adapter_times = false;                 // -j adapter_unsynced
  Direction direction = Direction::kUnknown;  // -Q; unknown: both

  std::string write_path;      // -w; empty: print lines
  bool print_as_well = false;  // --print
  // For -w with live packets, as in `capstan record`; values as typed.
  std::string turn_size = "0";   // -C
  double turn_s = 0;             // -G
  std::int64_t turn_files = 0;   // -W
  std::string postrotate;        // -z
  std::string user;              // -Z
  bool count_only = false;       // --count
  bool line_buffered = false;    // -l
  bool packet_buffered = false;  // -U
  // Printing threads; 0: the reading thread prints; negative: chosen by the CPUs this process may
  // use.
  int decode_workers = -1;
  // Number of batches of packets between these threads, and number of packets in a batch.
  std::size_t decode_batches = 16;
  std::size_t decode_batch_packets = 1024;

  int dump_filter = 0;                 // -d, -dd, -ddd
  bool list_interfaces = false;        // -D
  bool list_link_types = false;        // -L
  bool list_time_stamp_types = false;  // -J
};

// Throws UsageError. Returns nullopt when help or the version was requested and printed.
std::optional<ShowOptions> parse_show_options(int argc, char** argv);

}  // namespace capstan::tools
