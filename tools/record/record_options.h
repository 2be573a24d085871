// RecordOptions: what a recording shall do, independent of who asks for it: a command line
// (record_cli.h), another command, a configuration file. The values are ready for use;
// option_text.h turns text into them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/capture/capture.h"
#include "tools/feed/feed_options.h"
#include "tools/watch/watch_options.h"
#include "writers/recording/recording_options.h"

namespace capstan::tools {

struct RecordOptions {
  // Set by the recorder, not the caller: one_interface_id, which follows split_rings.
  CaptureOptions capture;
  // Files, FIFOs or devices; "-" is standard output. Several are stripes: each block goes to the
  // one that keeps up best.
  std::vector<std::string> files;
  // Sent over TCP in addition to the files, as far as clients keep up.
  FeedOptions feed;
  FileFormat format = FileFormat::kPcapng;
  Layout layout = Layout::kAuto;
  // One file for each ring, NAME.ringN.EXTENSION, instead of one for all.
  bool split_rings = false;
  std::uint64_t duration_ns = 0;       // the recording ends after it; 0: when it is stopped
  std::uint64_t size_limit_bytes = 0;  // the recording ends when the file has this size; 0: never
  // When the recording changes to a new file; files[] are then patterns of names. Required for
  // retention, print_names and OnFull::kOldest.
  RotationLimits rotation;
  RetentionLimits retention;
  OnFull on_full = OnFull::kStop;
  // A finished file is made durable (fsync) before it gets its name. Closing takes longer.
  bool sync_at_close = true;
  // How often files being written are made durable; 0: not before they are finished.
  std::uint64_t sync_interval_ns = 0;
  // Where the name of each finished file is printed: a file, "stdout" or "-", "stderr"; empty:
  // nowhere.
  std::string print_names;
  // A shell command that is run for each finished file, with {} for its name; empty: none.
  std::string on_file;
  // Bypass the page cache where the file system supports it. If false, a slow disk is noticed
  // later, with more data waiting in memory.
  bool direct = true;
  // No live line, and no report unless something went wrong.
  bool quiet = false;
  // File for statistics as JSON lines, "-" for standard output; empty: see statistics_target().
  std::string stats_file;
  std::uint64_t stats_interval_ns = 0;  // between two lines; 0: one at the end
  // Make an index beside each finished file; not set: only if files rotate.
  std::optional<bool> index;
  // File for the audit's findings as JSON lines, "-" for standard output; empty: no audit.
  std::string audit_file;
  // A name of pcap-linktype(7): interfaces of another link type are refused; empty: all are
  // accepted.
  std::string link_type;
  // Comments for the head of each pcapng file.
  std::vector<std::string> comments;
  // End with exit status 3 when packets were lost.
  bool fail_on_loss = false;
  // When all interfaces are gone the recording goes on and waits for them.
  bool wait_for_interface = false;
  WatchOptions watch;
  // User who will own the recording; empty: for root the owner of the target directory, otherwise
  // the present user.
  std::string user;
  // Do not change the user and use no sandbox.
  bool keep_privileges = false;

  bool wants_index() const noexcept { return index.value_or(rotation.active()); }
  // Whether there is one output whose blocks can be indexed while it is written.
  bool has_one_pcapng() const noexcept {
    return files.size() == 1 && !split_rings && format == FileFormat::kPcapng;
  }
  // Where statistics go: an interval without a file means standard output. Empty: nowhere.
  std::string statistics_target() const {
    return stats_file.empty() && stats_interval_ns != 0 ? "-" : stats_file;
  }
};

// Returns one sentence for each problem with the options, naming the options of the command line;
// empty when a recording may begin. Examines the targets in the file system.
std::vector<std::string> validate_record_options(const RecordOptions& options);

}  // namespace capstan::tools
