// BenchRun: the order of the trials in each mode, their progress, and the results computed from
// them.
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
  std::vector<std::string> tools;         // requested; those not installed are reported as absent
  std::vector<FrameChoice> rate_frames;   // for the search for the highest rate without loss
  std::vector<FrameChoice> curve_frames;  // for the curves
  std::vector<double> curve_shares;       // loads, as shares of the generator's top speed
  std::vector<std::uint32_t> burst_rings_mib;
  std::uint32_t repeats = 1;
  std::uint64_t disk_bytes = std::uint64_t{4} << 30;  // 0: do not measure the disk
  double time_limit_s = 0;  // no trial starts later than this; 0: no limit
  double resolution = 0.05;
  int most_trials = 7;
  TrialSetting setting;
};

// Receives one line of progress: trial, tool, result, remaining time.
using Progress = std::function<void(const std::string&)>;

class BenchRun {
 public:
  // `report` must outlive this object and is filled during the run: if the run is interrupted, what
  // it contains is valid.
  BenchRun(BenchPlan plan, BenchReport& report, const std::atomic<bool>& stop, Progress progress);

  // Runs all trials. Throws errors after which the run cannot continue (no generator, no disk
  // space).
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
  std::size_t planned_ = 0;  // an estimate, because searches may end early
};

}  // namespace capstan::bench
