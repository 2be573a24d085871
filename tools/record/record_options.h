// RecordOptions: what a recording is to do, whoever says it: a command line (record_cli.h), another
// command, a configuration file. Values as they are used; text is turned into them in
// option_text.h.
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
  // one_interface_id is the recorder's: it follows split_rings.
  CaptureOptions capture;
  // A file, a FIFO or a device; "-" is standard output. Several are stripes: each block goes to the
  // one that keeps up best.
  std::vector<std::string> files;
  // Beside the files, over TCP, as far as clients keep up.
  FeedOptions feed;
  FileFormat format = FileFormat::kPcapng;
  Layout layout = Layout::kAuto;
  // A file for each ring, NAME.ringN.EXTENSION, instead of one for all.
  bool split_rings = false;
  std::uint64_t duration_ns = 0;       // the recording ends after it; 0: when it is stopped
  std::uint64_t size_limit_bytes = 0;  // it ends when the file is so large; 0: never
  // When it goes on in a new file; files[] are then patterns of names. Then only: retention,
  // print_names, OnFull::kOldest.
  RotationLimits rotation;
  RetentionLimits retention;
  OnFull on_full = OnFull::kStop;
  // A finished file is on the disk, not in its cache, before it has its name. Slower to close.
  bool sync_at_close = true;
  // Files being written are made durable so often; 0: not before they are finished.
  std::uint64_t sync_interval_ns = 0;
  // Where each finished file's name is printed: a file, "stdout" or "-", "stderr"; empty: nowhere.
  std::string print_names;
  // A shell command for each finished file, {} being its name; empty: none.
  std::string on_file;
  // Past the page cache where the file system can. Off: a slow disk is noticed later, and more.
  bool direct = true;
  // No live line, and no report unless something went wrong.
  bool quiet = false;
  // Statistics as JSON lines: a file, "-" for standard output; empty: see statistics_target().
  std::string stats_file;
  std::uint64_t stats_interval_ns = 0;  // between two lines; 0: one at the end
  // An index beside each finished file; nothing said: where files rotate.
  std::optional<bool> index;
  // The audit's findings as JSON lines: a file, "-" for standard output; empty: no audit.
  std::string audit_file;
  // A name of pcap-linktype(7): an interface of another link type is refused; empty: any will do.
  std::string link_type;
  // In the head of each pcapng file.
  std::vector<std::string> comments;
  // Exit status 3 when packets were lost.
  bool fail_on_loss = false;
  // The recording goes on while all its interfaces are gone, and waits for them.
  bool wait_for_interface = false;
  WatchOptions watch;
  // Whose the recording is; empty: for root the owner of the target directory, else nobody else's.
  std::string user;
  // No change of user, no sandbox.
  bool keep_privileges = false;

  bool wants_index() const noexcept { return index.value_or(rotation.active()); }
  // One output, whose blocks can be indexed on their way.
  bool has_one_pcapng() const noexcept {
    return files.size() == 1 && !split_rings && format == FileFormat::kPcapng;
  }
  // Where statistics go: an interval without a file means standard output. Empty: nowhere.
  std::string statistics_target() const {
    return stats_file.empty() && stats_interval_ns != 0 ? "-" : stats_file;
  }
};

// What makes no sense, all of it at once, as sentences that name the options of the command line;
// empty when a recording may begin. Looks at the file system for what the targets are.
std::vector<std::string> validate_record_options(const RecordOptions& options);

}  // namespace capstan::tools
