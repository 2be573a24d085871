// TrialRunner: runs one recorder with one load and checks what is in its file afterwards.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tools/bench/bench_types.h"
#include "tools/bench/child.h"
#include "tools/bench/peers.h"
#include "tools/traffic/blast.h"

namespace capstan::bench {

struct TrialSetting {
  std::string source_netns;  // the generator's; empty with an external generator
  std::string source_interface;
  std::string sink_netns;  // the recorder's; empty: the present one
  std::string sink_interface;
  std::string directory;  // for the recordings, on the disk that is measured
  std::uint32_t ring_mib = 256;
  double seconds = 2;
  // One generator for each; the others are used only for loads that the first cannot generate
  // alone.
  std::vector<int> generator_cpus = {0};
  int recorder_cpu = 1;
  std::string capstan;
  std::vector<std::string> capstan_options;
  // Replaces our own generator: a shell command with {size}, {pps} and {seconds} in it that sends
  // blast's frames and prints what `capstan blast --json` prints.
  std::string external_generator;
};

// The load of one trial.
struct Load {
  FrameChoice frame;
  double pps = 0;           // 0: top speed
  std::uint64_t count = 0;  // 0: for TrialSetting::seconds
};

class TrialRunner {
 public:
  TrialRunner(TrialSetting setting, const std::atomic<bool>& stop)
      : setting_(std::move(setting)), stop_(stop) {}

  // What all generators together reach without a recorder. Decides from which end of the link
  // frames of this size are sent, and remembers it.
  TopSpeed measure_top_speed(const FrameChoice& frame);

  // Runs one trial and deletes the files it wrote. Failures of the recorder are in Trial::failure.
  // Throws when the generator fails, or when the disk has not enough space for the recording.
  Trial run(const Peer& peer, const Load& load, std::uint32_t ring_mib);

 private:
  using Sent = std::vector<traffic::BlastResult>;  // one per generator; its index is the stream

  Sent generate(const Load& load, double seconds);
  Sent generate_outside(const Load& load, double seconds);
  Sent blast_together(const std::vector<traffic::BlastOptions>& each, const std::string& netns);
  traffic::BlastOptions blast_options(const Load& load, double seconds, std::size_t index) const;
  std::vector<double> shares(const Load& load) const;
  // Returns what went wrong; empty: nothing.
  std::string end_recorder(Child& recorder, bool needs_packets);
  void wake_recorder();
  void check_room(const Load& load) const;

  TrialSetting setting_;
  const std::atomic<bool>& stop_;
  std::map<std::string, TopSpeed> top_;  // by frame
};

// "64" to "9000" (with FCS) or "imix". Throws UsageError.
FrameChoice parse_frame(const std::string& text);

}  // namespace capstan::bench
