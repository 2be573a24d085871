// The xdp engine: BPF_PROG_RUN calls on live frames (net/bpf/test_run.c, bpf_test_run_xdp_live).
//
// What was found on Linux 6.18, and rests on here:
//  - One call costs about 20 ms before its first frame (page pool, RCU grace period), so calls are
//    long (kSliceNs) and the pacing happens inside the program.
//  - XDP_TX and XDP_REDIRECT out of a veth end need the other end to receive in NAPI: an XDP
//    program attached there, or GRO on. Without, every frame vanishes and no counter moves.
//  - bpf_redirect() to the interface needs no XDP program on it; XDP_TX would.
//  - XDP_PASS needs the interface's own receive queue registered: an XDP program attached to it.
//  - A frame must fit one page beside its head-room: kLargestFrame.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <optional>

#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "tools/traffic/engine.h"
#include "tools/traffic/netns.h"
#include "tools/traffic/sent_counter.h"
#include "tools/traffic/xdp_program.h"

namespace capstan::traffic {

namespace {

// 4096 bytes less XDP_PACKET_HEADROOM (256), skb_shared_info (320) and the page's own head: what
// the kernel takes is asked of it; this is only the bound above which asking is pointless.
constexpr std::uint32_t kLargestFrame = 3520;
// Frames between two flushes, and NAPI's budget: more could overrun the 256 places of a veth
// receive ring (VETH_RING_SIZE) before the other end gets its turn.
constexpr std::uint32_t kXdpBatch = 128;
constexpr std::uint64_t kSliceNs = 2 * kNanosecondsPerSecond;
constexpr std::uint32_t kFirstSliceRuns = 250'000;
constexpr std::uint32_t kMinRuns = 1024;
constexpr std::uint32_t kMaxRuns = 1U << 31;
// The other end's turn may be long in coming on a busy machine.
constexpr int kFetchMilliseconds = 5000;
constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

class XdpEngine {
 public:
  XdpEngine(const Job& job, const FramePlan& plan, BlastResult& result)
      : job_(job),
        result_(result),
        program_(plan, job.options.pace, job.options.direction, job.link.ifindex),
        state_(program_.state()),
        frame_(plan.buffer_size()) {
    FramePlan::write_filler(frame_);
    if (job.options.direction == XdpDirection::kIn && !job.link.is_loopback) {
      ingress_ifindex_ = static_cast<std::uint32_t>(job.link.ifindex);
    }
  }

  void run() {
    begin_ns_ = monotonic_clock_ns();
    if (job_.options.direction == XdpDirection::kIn) {
      attach_here();
      reset();
    } else {
      prove_way_out();
    }
    while (!is_done() && !job_.stop.load(std::memory_order_relaxed)) {
      if (!slice()) break;
    }
    finish();
  }

 private:
  void reset() {
    state_.next_sequence = job_.options.first_sequence;
    state_.end_sequence =
        job_.options.count == 0 ? kNever : job_.options.first_sequence + job_.options.count;
    state_.bytes = 0;
    state_.due = 0;
    state_.now_ns = 0;
    state_.start_ns = 0;
    state_.end_ns = job_.options.duration_ns == 0 ? kNever : job_.options.duration_ns;
  }

  std::uint64_t made() const { return state_.next_sequence - job_.options.first_sequence; }

  bool is_done() const {
    return state_.next_sequence >= state_.end_sequence || state_.now_ns >= state_.end_ns;
  }

  // Runs the program; false: a signal came.
  bool call(std::uint32_t runs) {
    const int error = run_live_frames(program_.fd(), frame_, ingress_ifindex_, runs, kXdpBatch);
    if (error == EINTR) return false;
    if (error != 0 && made() == 0) {
      throw EngineUnavailable(
          fmt::format("BPF_PROG_RUN on live frames of {} bytes: {} (it needs Linux 5.18, root)",
                      frame_.size(), errno_text(error)));
    }
    if (error != 0) {
      throw_system_error(error, fmt::format("BPF_PROG_RUN after {} frames", made()));
    }
    return true;
  }

  // Sends the first frames and looks whether any left the interface; if none did, makes the other
  // end of a veth ready to receive and tries again.
  void prove_way_out() {
    if (first_frames_leave()) return;
    const std::string attached = attach_to_peer();
    if (!first_frames_leave()) {
      throw EngineUnavailable(fmt::format(
          "XDP frames do not leave {} even with an XDP program on its other end", job_.link.name));
    }
    result_.notes.push_back(attached);
  }

  // Every frame made must be accounted for: any one frame that moves a counter may be somebody
  // else's.
  bool first_frames_leave() {
    reset();
    counter_.emplace(job_.link, SentBy::kXdp);
    if (!call(kXdpBatch)) return true;
    const SentCounts seen = counter_->wait_for(made(), 20);
    const bool left = seen.sent + seen.refused >= made();
    // The set-up time of this call is not to be made up for by a burst.
    state_.start_ns = 0;
    return left;
  }

  std::string attach_to_peer() {
    if (job_.link.kind != "veth") {
      throw EngineUnavailable(fmt::format("the driver of {} takes no XDP frames", job_.link.name));
    }
    pass_ = load_pass_program();
    std::optional<FoundNetns> found;
    if (job_.link.peer_nsid) {
      found = find_netns(*job_.link.peer_nsid);
      if (!found) {
        throw EngineUnavailable(fmt::format(
            "the other end of {} does not receive in NAPI and its namespace was not found; there, "
            "say: ethtool -K PEER gro on",
            job_.link.name));
      }
    }
    const UniqueFd home = open_current_netns();
    if (found) enter_netns(found->fd);
    attachment_ = attach_xdp(pass_.get(), job_.link.peer_ifindex);
    const int error = errno;
    if (found) enter_netns(home);
    if (!attachment_) {
      throw EngineUnavailable(
          fmt::format("the other end of {} does not receive in NAPI, and attaching an XDP program "
                      "to it failed: {}",
                      job_.link.name, errno_text(error)));
    }
    return fmt::format(
        "attached a pass-through XDP program to the other end of {} (interface {}{}) while sending",
        job_.link.name, job_.link.peer_ifindex, found ? ", " + found->description : std::string());
  }

  void attach_here() {
    if (job_.link.is_loopback) return;
    pass_ = load_pass_program();
    attachment_ = attach_xdp(pass_.get(), job_.link.ifindex);
    if (!attachment_ && errno != EBUSY && errno != EEXIST) {
      throw EngineUnavailable(
          fmt::format("attaching an XDP program to {}: {}", job_.link.name, errno_text(errno)));
    }
  }

  // One call of about kSliceNs, or of what is left if that is less.
  bool slice() {
    const std::uint32_t runs = next_runs();
    const std::uint64_t start = monotonic_clock_ns();
    const bool ok = call(runs);
    const std::uint64_t spent = std::max<std::uint64_t>(monotonic_clock_ns() - start, 1);
    // Set-up time counts as runs here, so short calls guess too low: the next one is longer anyway.
    ns_per_run_ = static_cast<double>(spent) / runs;
    return ok;
  }

  std::uint32_t next_runs() const {
    const std::uint64_t frames_left = state_.end_sequence - state_.next_sequence;
    double runs = kFirstSliceRuns;
    if (ns_per_run_ > 0) {
      std::uint64_t left_ns = kSliceNs;
      if (state_.end_ns != kNever) left_ns = std::min(left_ns, state_.end_ns - state_.now_ns);
      // A tenth more than estimated: runs behind the end cost little, one more call 20 ms.
      runs = static_cast<double>(left_ns) * 1.1 / ns_per_run_;
    }
    const bool every_run_sends = !job_.options.pace.is_paced() && !job_.options.pace.has_bursts();
    if (every_run_sends) runs = std::min(runs, static_cast<double>(frames_left));
    runs = std::min(runs, static_cast<double>(kMaxRuns));
    const double least = every_run_sends && frames_left < kMinRuns
                             ? static_cast<double>(frames_left)
                             : static_cast<double>(kMinRuns);
    return static_cast<std::uint32_t>(std::max(runs, least));
  }

  void finish() {
    result_.engine = "xdp";
    result_.interrupted = !is_done();
    result_.frames = made();
    result_.bytes = state_.bytes;
    const bool has_timeline = state_.start_ns != 0;
    // Runs after the end still looked at the clock, but sent nothing.
    result_.duration_ns = has_timeline
                              ? std::min(std::uint64_t{state_.now_ns}, std::uint64_t{state_.end_ns})
                              : monotonic_clock_ns() - begin_ns_;
    if (job_.options.direction == XdpDirection::kIn) return;
    const SentCounts seen = counter_->wait_for(made(), 200);
    account_for(job_, *counter_, seen, result_);
    // The other end fetches the last frames in its own time; taking the program off earlier would
    // throw them away (veth_napi_del).
    if (attachment_) counter_->wait_until_fetched(seen.sent, kFetchMilliseconds);
  }

  const Job& job_;
  BlastResult& result_;
  XdpProgram program_;
  volatile XdpRunState& state_;
  std::vector<std::uint8_t> frame_;
  std::uint32_t ingress_ifindex_ = 0;
  UniqueFd pass_;
  UniqueFd attachment_;
  std::uint64_t begin_ns_ = 0;
  std::optional<SentCounter> counter_;  // since the first frame, when they go out
  double ns_per_run_ = 0;
};

}  // namespace

void run_xdp_engine(const Job& job, const FramePlan& plan, BlastResult& result) {
  if (plan.buffer_size() > kLargestFrame) {
    throw EngineUnavailable(fmt::format("frames of {} bytes do not fit a page; {} do",
                                        plan.buffer_size(), kLargestFrame));
  }
  std::optional<XdpEngine> engine;
  try {
    engine.emplace(job, plan, result);
  } catch (const std::system_error& error) {
    throw EngineUnavailable(error.what());
  }
  engine->run();
}

}  // namespace capstan::traffic
