#include "tools/bench/bench_run.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/core/clock.h"
#include "tools/bench/machine.h"
#include "tools/common/units.h"

namespace capstan::bench {

namespace {

// A trial's start, drain, count and clean-up beside its traffic; for the estimate before the first
// trials tell better.
constexpr double kOverheadSeconds = 3;
constexpr double kTypicalSearchTrials = 4;
constexpr double kSmallestRateShare = 1.0 / 256;
constexpr double kLongestBurstSeconds = 8;
// Below this share of the wanted rate the generator was at its end.
constexpr double kReachedShare = 0.97;
constexpr double kShortestBurst = 1000;  // packets

double elapsed_s(std::uint64_t since_ns) {
  return static_cast<double>(monotonic_clock_ns() - since_ns) / 1e9;
}

}  // namespace

BenchRun::BenchRun(BenchPlan plan, BenchReport& report, const std::atomic<bool>& stop,
                   Progress progress)
    : plan_(std::move(plan)),
      report_(report),
      stop_(stop),
      progress_(std::move(progress)),
      runner_(plan_.setting, stop),
      begun_ns_(monotonic_clock_ns()) {
  report_.mode = plan_.mode;
  report_.ring_mib = plan_.setting.ring_mib;
  report_.trial_seconds = plan_.setting.seconds;
  report_.tools = find_tools(plan_.tools);
  const auto tools = static_cast<double>(present_peers().size());
  const double searches =
      tools * static_cast<double>(plan_.rate_frames.size()) * plan_.repeats * kTypicalSearchTrials;
  const double curves = tools * static_cast<double>(plan_.curve_frames.size()) *
                        static_cast<double>(plan_.curve_shares.size());
  const double burst_trials = tools * static_cast<double>(plan_.burst_rings_mib.size()) * 6;
  planned_ = static_cast<std::size_t>(searches + curves + burst_trials);
}

void BenchRun::say(const std::string& text) const {
  if (progress_) progress_(text);
}

bool BenchRun::over() const {
  if (stop_.load(std::memory_order_relaxed)) return true;
  return plan_.time_limit_s > 0 && elapsed_s(begun_ns_) > plan_.time_limit_s;
}

std::vector<const Peer*> BenchRun::present_peers() const {
  std::vector<const Peer*> present;
  for (const ToolInfo& tool : report_.tools) {
    const Peer* const peer = tool.present ? find_peer(tool.name) : nullptr;
    if (peer != nullptr) present.push_back(peer);
  }
  return present;
}

double BenchRun::top_pps(const FrameChoice& frame) {
  for (const TopSpeed& top : report_.top_speeds) {
    if (top.frame == frame.name) return top.pps;
  }
  say(fmt::format("top speed of the generator, {}", frame.name));
  TopSpeed top = runner_.measure_top_speed(frame);
  if (!top.note.empty()) {
    report_.notes.push_back(
        fmt::format("Frames of {}: sent from the other end of the link: {}", frame.name, top.note));
  }
  report_.top_speeds.push_back(top);
  return top.pps;
}

void BenchRun::measure_limits() {
  if (plan_.disk_bytes != 0) {
    say(fmt::format("the disk's own rate, {}", tools::human_bytes(plan_.disk_bytes)));
    report_.disk_bytes_per_second = measure_disk(plan_.setting.directory, plan_.disk_bytes);
  }
  say("memcpy");
  report_.memcpy_bytes_per_second = measure_memcpy();
}

Trial BenchRun::one_trial(const Peer& peer, const Load& load, std::uint32_t ring_mib,
                          const char* purpose) {
  const double spent_s = elapsed_s(begun_ns_);
  const double each_s =
      done_ == 0 ? plan_.setting.seconds + kOverheadSeconds : spent_s / static_cast<double>(done_);
  const double left_s = each_s * static_cast<double>(planned_ > done_ ? planned_ - done_ : 1);
  const std::string wanted = load.count != 0
                                 ? fmt::format("{} packets", tools::grouped(load.count))
                                 : fmt::format("{}packets/s", tools::human_rate(load.pps));
  const std::string what =
      fmt::format("trial {} of about {}: {}, {} {}, {}", done_ + 1, std::max(planned_, done_ + 1),
                  peer.name, load.frame.name, purpose, wanted);
  say(fmt::format("{} (about {:.0f} s left)", what, left_s));
  Trial trial = runner_.run(peer, load, ring_mib);
  // Once more for a recorder that failed for a reason of its own: one hiccup must not look like
  // loss. Both trials stay in the report.
  if (!trial.valid() && !over()) {
    trial.purpose = "failed";
    report_.trials.push_back(trial);
    trial = runner_.run(peer, load, ring_mib);
  }
  trial.purpose = purpose;
  ++done_;
  if (stop_.load(std::memory_order_relaxed)) {
    trial.failure = "interrupted";
  } else {
    say(trial.valid() ? fmt::format("{}: {:.3f} % lost, {:.0f} ns a packet", what,
                                    trial.loss_percent(), trial.cpu_ns_per_packet())
                      : fmt::format("{}: {}", what, trial.failure));
  }
  report_.trials.push_back(trial);
  return trial;
}

void BenchRun::curve() {
  for (const FrameChoice& frame : plan_.curve_frames) {
    if (over()) return;
    const double top = top_pps(frame);
    for (const double share : plan_.curve_shares) {
      for (const Peer* const peer : present_peers()) {
        if (over()) return;
        Load load;
        load.frame = frame;
        load.pps = share * top;
        one_trial(*peer, load, plan_.setting.ring_mib, "curve");
      }
    }
  }
}

// Where to search: what the curve of these frames says, else around the limit at the frame size
// before this one, which in packets a second changes little.
void BenchRun::use_what_is_known(const Peer& peer, const FrameChoice& frame,
                                 RateSearchOptions& options) const {
  for (const NoDropRate& known : report_.no_drop) {
    if (known.tool == peer.name) options.first = known.pps;
  }
  for (const Trial& trial : report_.trials) {
    if (trial.purpose != "curve" || trial.tool != peer.name || trial.frame != frame.name ||
        !trial.valid()) {
      continue;
    }
    const double pps = trial.offered_pps();
    if (trial.lossless()) {
      options.known_good = std::max(options.known_good, pps);
    } else if (options.known_bad == 0 || pps < options.known_bad) {
      options.known_bad = pps;
    }
  }
}

void BenchRun::search(const Peer& peer, const FrameChoice& frame, std::uint32_t repeat) {
  RateSearchOptions options;
  options.largest = top_pps(frame);
  options.smallest = options.largest * kSmallestRateShare;
  options.resolution = plan_.resolution;
  options.most_trials = plan_.most_trials;
  use_what_is_known(peer, frame, options);
  RateSearch search(options);
  NoDropRate found;
  found.tool = peer.name;
  found.frame = frame.name;
  found.repeat = repeat;
  while (const std::optional<double> pps = search.next()) {
    if (over()) break;
    Load load;
    load.frame = frame;
    load.pps = *pps;
    const Trial trial = one_trial(peer, load, plan_.setting.ring_mib, "search");
    if (trial.failure == "interrupted") break;
    found.measured = found.measured || trial.valid();
    // The rate that was reached, not the one that was wished for.
    const double reached = trial.valid() ? std::min(*pps, trial.offered_pps()) : *pps;
    if (trial.lossless() && reached < *pps * kReachedShare) {
      search.record_top(reached);
    } else {
      search.record(reached, trial.lossless());
    }
  }
  if (search.trials() == 0) return;
  // Cut short in front of the first loss: how far it would have gone is not known.
  if (search.lowest_with_loss() == 0 && search.next()) return;
  found.pps = search.highest_without_loss();
  found.bps = found.pps * frame.mean_bytes * 8;
  found.lowest_with_loss_pps = search.lowest_with_loss();
  report_.no_drop.push_back(found);
}

void BenchRun::rates() {
  for (std::uint32_t repeat = 1; repeat <= plan_.repeats; ++repeat) {
    for (const FrameChoice& frame : plan_.rate_frames) {
      for (const Peer* const peer : present_peers()) {
        if (over()) return;
        search(*peer, frame, repeat);
      }
    }
  }
}

void BenchRun::burst(const Peer& peer, const FrameChoice& frame, std::uint32_t ring_mib) {
  const double top = top_pps(frame);
  RateSearchOptions options;
  options.largest = top * kLongestBurstSeconds;
  options.smallest = kShortestBurst;
  options.resolution = 0.1;
  options.most_trials = 12;
  RateSearch search(options);
  while (const std::optional<double> packets = search.next()) {
    if (over()) break;
    Load load;
    load.frame = frame;
    load.count = static_cast<std::uint64_t>(*packets);
    const Trial trial = one_trial(peer, load, ring_mib, "burst");
    if (trial.failure == "interrupted") break;
    search.record(*packets, trial.lossless());
  }
  if (search.trials() == 0 || top <= 0) return;
  BurstLimit limit;
  limit.tool = peer.name;
  limit.frame = frame.name;
  limit.ring_mib = ring_mib;
  limit.packets = static_cast<std::uint64_t>(search.highest_without_loss());
  limit.milliseconds = search.highest_without_loss() / top * 1e3;
  limit.at_limit = search.lowest_with_loss() == 0;
  report_.bursts.push_back(limit);
}

void BenchRun::bursts() {
  for (const FrameChoice& frame : plan_.rate_frames) {
    for (const std::uint32_t ring_mib : plan_.burst_rings_mib) {
      for (const Peer* const peer : present_peers()) {
        if (over()) return;
        burst(*peer, frame, ring_mib);
      }
    }
  }
}

void BenchRun::run() {
  measure_limits();
  if (plan_.mode == "curve" || plan_.mode == "compare") curve();
  if (plan_.mode == "rate" || plan_.mode == "compare") rates();
  if (plan_.mode == "burst") bursts();
  report_.interrupted = stop_.load(std::memory_order_relaxed);
  report_.seconds = elapsed_s(begun_ns_);
  if (!report_.interrupted && over()) {
    report_.notes.push_back(fmt::format(
        "The time limit of {:.0f} s was reached: frame sizes that are missing were not measured.",
        plan_.time_limit_s));
  }
}

}  // namespace capstan::bench
