// Statistics of a recording, collected from capture and writers, as JSON and as text.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tools/watch/alarms.h"
#include "writers/file/file_series.h"

namespace capstan::tools {

struct RingStats {
  std::string interface_name;
  int cpu = -1;
  std::uint64_t received = 0;
  std::uint64_t dropped = 0;
  std::uint64_t sealed = 0;
  std::uint64_t damaged = 0;
  std::uint64_t beyond_limit = 0;
  std::uint64_t after_stop = 0;
  std::uint64_t abandoned = 0;
  std::uint64_t truncated = 0;
  std::uint64_t freezes = 0;
  std::uint64_t blocks = 0;
  std::uint64_t captured_bytes = 0;
  std::uint64_t held_blocks = 0;
  std::uint64_t block_count = 0;
  std::uint64_t ring_size_bytes = 0;
  bool reconciled = false;
};

struct FileStats {
  std::string path;
  std::uint64_t left = 0;   // packets in blocks that wait for the writer
  std::uint64_t taken = 0;  // packets the writer took: in the end each is in one of the next three
  std::uint64_t written = 0;
  std::uint64_t failed = 0;
  std::uint64_t beyond_limit = 0;
  std::uint64_t bytes = 0;
  std::uint64_t blocks_in_place = 0;
  std::uint64_t blocks_packed = 0;
  std::uint64_t out_of_order = 0;
  std::uint64_t syncs_refused = 0;  // what was written before such a sync may be lost
  int error = 0;
  // With rotation, when `path` is the pattern of names: the last finished files, and the number of
  // all.
  std::vector<FinishedFile> finished;
  std::uint64_t finished_count = 0;
  std::uint64_t deleted_count = 0;  // by retention
  int trouble = 0;                  // the errno value for which the writer waits; 0: it does not
};

struct LinkStats {
  std::string interface_name;  // the name under which it was opened
  std::string name;            // the name it has now
  bool gone = false;
  bool up = true;
  bool carrier = true;
  std::uint32_t mtu = 0;

  // The state as one word: up, no-carrier, down, gone.
  const char* state() const noexcept;
};

// The audit of the running recording. It saw the packets sealed except those it skipped.
struct AuditStats {
  std::string path;
  std::uint64_t packets = 0;
  std::uint64_t packets_skipped = 0;  // the audit was too slow for them
  std::uint64_t blocks_skipped = 0;
  std::uint64_t sessions = 0;
  std::uint64_t logins = 0;    // in cleartext
  std::uint64_t left_out = 0;  // kinds of things it could not examine; its lines name them
  int error = 0;               // errno value of writing its lines
};

// The recording over TCP, for all connections together.
struct FeedStats {
  std::string targets;
  std::uint64_t clients = 0;
  std::uint64_t refused = 0;
  std::uint64_t packets_sent = 0;
  std::uint64_t packets_lost = 0;     // by connections that were too slow
  std::uint64_t packets_skipped = 0;  // the feed itself was too slow for them
};

// The indexes made while recording.
struct IndexStats {
  std::uint64_t files = 0;           // files that got their index
  std::uint64_t failed = 0;          // files whose index could not be made
  std::uint64_t refused = 0;         // files that were deleted in the meantime
  std::uint64_t left = 0;            // files without an index at the end
  std::uint64_t from_blocks = 0;     // files whose index was made from their blocks while written
  std::uint64_t blocks_skipped = 0;  // marked in such indexes: there was no time to read them
  std::uint64_t anew = 0;            // indexes made again from the file, without marks
};

// The functions compute sums from the parts. A snapshot while recording; at the end the values are
// exact, and only then reconciled() has a meaning.
struct RecordStats {
  std::vector<RingStats> rings;
  std::vector<FileStats> files;
  std::vector<LinkStats> links;  // not for the interface "any"
  std::vector<AlarmState> alarms;
  std::vector<AlarmInputs::Disk> disks;  // where recordings are written
  std::optional<AuditStats> audit;
  std::optional<FeedStats> feed;
  std::optional<IndexStats> index;
  std::uint64_t nic_drops = 0;
  std::uint64_t backlog_drops = 0;  // of the whole machine, before any ring
  std::uint64_t rx_dropped = 0;     // of the interfaces; see read_rx_dropped()
  std::uint64_t duration_ns = 0;
  bool final = false;
  bool impatient = false;  // a second interrupt came

  std::uint64_t sum(std::uint64_t RingStats::*member) const noexcept;
  std::uint64_t sum(std::uint64_t FileStats::*member) const noexcept;
  // Packets left in a ring or waiting for a writer at the end, each counted where it is. 0 before
  // the end. If there are any at the end, reconciled() is false, except after a second Ctrl+C.
  std::uint64_t abandoned() const noexcept;
  // All packets received but not written because of a loss, not because of a limit the user set.
  std::uint64_t lost() const noexcept;
  // Whether received == written + dropped + every other named class, for the sums and for each
  // ring, and each ring's counts agree with the kernel's.
  bool reconciled() const noexcept;
};

nlohmann::json to_json(const RecordStats& stats);
// The report at the end, several lines.
std::string report_text(const RecordStats& stats);
// The live line, shortened to `columns` (0: not shortened); losses are kept longest. `before`: the
// snapshot taken `interval_ns` earlier.
std::string live_text(const RecordStats& stats, const RecordStats& before,
                      std::uint64_t interval_ns, int columns);

}  // namespace capstan::tools
