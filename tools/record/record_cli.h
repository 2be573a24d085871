// The options of `capstan record`, as typed and as understood.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/capture/capture.h"
#include "tools/watch/watch_options.h"
#include "writers/recording/recording_writer.h"

namespace capstan::tools {

struct RecordCommandLine {
  CaptureOptions capture;
  std::vector<std::string> files;  // -w; several are stripes
  FileFormat format = FileFormat::kPcapng;
  Layout layout = Layout::kAuto;
  bool split_rings = false;
  std::uint64_t duration_ns = 0;       // 0: until stopped
  std::uint64_t size_limit_bytes = 0;  // 0: none
  RotationLimits rotation;
  RetentionLimits retention;
  OnFull on_full = OnFull::kStop;
  bool sync_at_close = true;
  std::uint64_t sync_interval_ns = 0;  // 0: at the end of a file only, if sync_at_close
  std::string print_names;             // of finished files, to this file; "-", "stdout", "stderr"
  std::string on_file;                 // a shell command for each finished file; empty: none
  bool direct = true;
  bool quiet = false;
  std::string stats_file;               // empty: none; "-": standard output
  std::uint64_t stats_interval_ns = 0;  // 0: at the end only
  std::optional<bool> index;            // of each finished file; nothing said: with rotation
  std::string audit_file;               // empty: no audit; "-": standard output
  bool fail_on_loss = false;
  bool wait_for_interface = false;
  bool list_interfaces = false;
  WatchOptions watch;
  std::string user;              // -Z; empty: the owner of the target directory, when root
  bool keep_privileges = false;  // give nothing up
};

// Throws UsageError naming every option that makes no sense. Empty when --help was printed.
std::optional<RecordCommandLine> parse_record_command_line(int argc, char** argv);

}  // namespace capstan::tools
