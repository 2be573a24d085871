// BenchRun: the order of the trials of each mode, their progress, and what follows from them.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tools/bench/bench_types.h"
#include "tools/bench/rate_search.h"
#include "tools/bench/trial_runner.h"

namespace capstan::bench {

struct BenchPlan {
  std::string mode;                       // "rate", "curve", "burst" or "compare"
  std::vector<std::string> tools;         // wanted; those not installed are named as absent
  std::vector<FrameChoice> rate_frames;   // of the search for the highest rate without loss
  std::vector<FrameChoice> curve_frames;  // of the curves
  std::vector<double> curve_shares;       // loads, as shares of the generator's top speed
  std::vector<std::uint32_t> burst_rings_mib;
  std::uint32_t repeats = 1;
  std::uint64_t disk_bytes = std::uint64_t{4} << 30;  // 0: leave the disk out
  double time_limit_s = 0;  // no trial begins later than this; 0: no limit
  double resolution = 0.05;
  int most_trials = 7;
  TrialSetting setting;
};

// One line of progress: which trial, which tool, what came of it, time left.
using Progress = std::function<void(const std::string&)>;

class BenchRun {
 public:
  // `report` outlives this and is filled as the run goes on: what an interrupted run leaves in it
  // is valid.
  BenchRun(BenchPlan plan, BenchReport& report, const std::atomic<bool>& stop, Progress progress);

  // Makes all trials. Throws what cannot be gone on after (no generator, no room).
  void run();

 private:
  bool over() const;
  std::vector<const Peer*> present_peers() const;
  double top_pps(const FrameChoice& frame);
  void measure_limits();
  void curve();
  void rates();
  void use_what_is_known(const Peer& peer, const FrameChoice& frame,
                         RateSearchOptions& options) const;
  void search(const Peer& peer, const FrameChoice& frame, std::uint32_t repeat);
  void bursts();
  void burst(const Peer& peer, const FrameChoice& frame, std::uint32_t ring_mib);
  Trial one_trial(const Peer& peer, const Load& load, std::uint32_t ring_mib, const char* purpose);
  void say(const std::string& text) const;

  BenchPlan plan_;
  BenchReport& report_;
  const std::atomic<bool>& stop_;
  Progress progress_;
  TrialRunner runner_;
  std::uint64_t begun_ns_;
  std::size_t done_ = 0;
  std::size_t planned_ = 0;  // an estimate: searches end early
};

}  // namespace capstan::bench
