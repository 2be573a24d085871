// The results of a bench: plain values, filled by bench_run.cc, drawn by html_page.cc, written by
// json_report.cc.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace capstan::bench {

// The frames of a trial. Sizes are counted as in RFC 2544, with the 4 bytes of FCS.
struct FrameChoice {
  std::string name;             // "64", "1518", "imix"
  std::uint32_t wire_size = 0;  // 0: imix
  double mean_bytes = 0;        // as AF_PACKET shows them, without FCS
};

// One recorder with one load. The loss is offered - written, where written is what verify found in
// the recorder's file.
struct Trial {
  std::string tool;
  std::string purpose;  // "curve", "search" or "burst"
  std::string frame;
  std::uint32_t ring_mib = 0;
  double wanted_pps = 0;  // 0: top speed
  std::uint64_t offered = 0;
  std::uint64_t offered_bytes = 0;
  double seconds = 0;
  std::uint64_t written = 0;
  std::uint64_t damaged = 0;  // packets in the file that differ from what was sent
  std::uint64_t cpu_ns = 0;   // of the recorder, during the traffic and until it was idle
  std::uint64_t peak_rss_kib = 0;
  std::string failure;  // empty: the recorder started, ended and left a readable file

  bool valid() const noexcept { return failure.empty(); }
  bool lossless() const noexcept { return valid() && written >= offered; }
  std::uint64_t lost() const noexcept { return written < offered ? offered - written : 0; }
  double loss_percent() const noexcept;
  double offered_pps() const noexcept;
  double offered_bps() const noexcept;
  double cpu_ns_per_packet() const noexcept;
};

// The highest rate without loss (RFC 2544 section 26.1) of one tool at one frame size.
struct NoDropRate {
  std::string tool;
  std::string frame;
  std::uint32_t repeat = 1;
  double pps = 0;  // 0: packets were lost at every rate tried, or it failed
  double bps = 0;
  double lowest_with_loss_pps = 0;  // 0: no loss up to the generator's top speed
  bool measured = false;            // false: there is no valid measurement
};

// The longest burst at top speed that a ring of this size recorded without loss.
struct BurstLimit {
  std::string tool;
  std::string frame;
  std::uint32_t ring_mib = 0;
  std::uint64_t packets = 0;
  double milliseconds = 0;
  bool at_limit = false;  // the longest burst tried was recorded: the true limit is higher
};

struct TopSpeed {
  std::string frame;
  double pps = 0;
  double bps = 0;
  double one_pps = 0;  // of the first generator alone
  std::string engine;
  bool inward = false;  // sent into the recorded end's receive path, not from the other end
  std::string note;     // why not inward; empty if it is
};

struct ToolInfo {
  std::string name;
  std::string version;
  bool present = false;
};

struct BenchReport {
  std::string mode;     // "rate", "curve", "burst" or "compare"
  std::string command;  // as typed
  std::string begun;    // UTC
  double seconds = 0;
  std::string cpu;
  unsigned cpus = 0;
  std::uint64_t memory_bytes = 0;
  std::string kernel;
  std::string os;
  std::string directory;
  std::string file_system;
  double disk_bytes_per_second = 0;    // 0: not measured
  double memcpy_bytes_per_second = 0;  // 0: not measured
  std::uint32_t ring_mib = 0;
  double trial_seconds = 0;
  std::vector<ToolInfo> tools;
  std::vector<TopSpeed> top_speeds;
  std::vector<Trial> trials;
  std::vector<NoDropRate> no_drop;
  std::vector<BurstLimit> bursts;
  std::vector<std::string> notes;
  bool interrupted = false;
};

}  // namespace capstan::bench
