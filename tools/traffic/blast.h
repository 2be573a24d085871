// blast: sends a limited amount of traffic and reports what was achieved. Start here.
//
// run_blast() chooses the engine, sends, and returns the counts; it prints nothing. `capstan blast`
// is its command line, and `capstan bench` calls it in a thread of its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "tools/traffic/frame_feed.h"
#include "tools/traffic/frame_plan.h"
#include "tools/traffic/pacing.h"
#include "tools/traffic/xdp_program.h"

namespace capstan::traffic {

enum class EngineChoice { kAuto, kXdp, kRing };

struct BlastOptions {
  std::string interface;
  EngineChoice engine = EngineChoice::kAuto;
  XdpDirection direction = XdpDirection::kOut;
  FrameOptions frames;
  ReplayOptions replay;  // with a path: instead of `frames`, by the ring engine
  PaceOptions pace;
  // Limits; at least one must be set, except for a replay, which ends with its file. The one
  // reached first ends the run.
  std::uint64_t count = 0;        // frames; 0: no limit
  std::uint64_t duration_ns = 0;  // 0: no limit
  std::uint64_t first_sequence = 0;
  int cpu = -1;                      // pin the calling thread; -1: leave it
  bool allow_any_interface = false;  // --yes-really: not only veth, loopback or in a namespace
};

struct BlastResult {
  std::string engine;              // "xdp" or "ring": the engine used
  std::vector<std::string> notes;  // what a user should know: fallbacks, attachments
  std::uint64_t frames = 0;        // generated and passed to the interface
  std::uint64_t refused = 0;       // of them, dropped by the interface according to its counters
  std::uint64_t vanished = 0;      // of them, neither sent nor refused according to the counters
  std::uint64_t too_long =
      0;                    // packets of a replay that the MTU does not let pass; not in `frames`
  std::uint64_t bytes = 0;  // of `frames`, without FCS
  std::uint64_t first_sequence = 0;
  std::uint64_t next_sequence = 0;       // one past the last
  std::uint64_t duration_ns = 0;         // from before the first frame to after the last
  std::uint64_t cpu_ns = 0;              // of the sending thread, kernel and user together
  double wanted_packets_per_second = 0;  // 0: top speed
  double wanted_bits_per_second = 0;
  bool interrupted = false;

  std::uint64_t sent() const noexcept { return frames - refused - vanished; }
  double packets_per_second() const noexcept;
  double bits_per_second() const noexcept;       // as AF_PACKET counts bytes
  double wire_bits_per_second() const noexcept;  // with FCS, preamble and gap: 24 bytes a frame
};

// Sends in the calling thread's network namespace. Blocks until a limit is reached or `stop`
// becomes true (checked between batches; a signal ends a batch early). Throws UsageError for
// options that cannot be met, std::system_error when the kernel refuses.
BlastResult run_blast(const BlastOptions& options, const std::atomic<bool>& stop);

}  // namespace capstan::traffic
