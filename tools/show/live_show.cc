#include "tools/show/live_show.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <vector>

#include "engine/block/block_queue.h"
#include "engine/capture/capture.h"
#include "engine/core/clock.h"
#include "tools/common/capture_words.h"
#include "tools/common/exit_status.h"
#include "tools/common/log.h"
#include "tools/common/signals.h"
#include "tools/show/listening.h"
#include "tools/show/packet_output.h"

namespace capstan::tools {

namespace {

constexpr std::uint64_t kNapNs = 2 * kNanosecondsPerMillisecond;

// All rings' blocks in one thread, which is the program's own, and on to those that print: when the
// output does not keep up the ring overflows and the kernel counts, as with tcpdump.
class LiveShow {
 public:
  explicit LiveShow(const ShowOptions& options)
      : options_(options),
        capture_(open_capture(options, signals_)),
        output_(options, show::PacketSource::kLive) {
    for (std::size_t ring = 0; ring < capture_.ring_count(); ++ring) {
      const RingInfo& info = capture_.ring_info(ring);
      queues_.push_back(std::make_unique<BlockQueue>(info.block_count));
      capture_.add_stripe(ring, *queues_.back());
      link_types_.push_back(info.link_type);
      names_.push_back(info.interface_name);
    }
    check_link_types(options_.link_type, capture_);
    output_.begin_file(link_types_.front());
  }

  int run() {
    const Capture::Running running = capture_.start();
    announce_listening(options_, capture_);
    capture_.finish_start();
    while (true) {
      const bool finished = capture_.finished();  // before the queues: nothing comes after it
      const bool took = take_blocks();
      if (finished && !took && nothing_waits() && output_.idle()) break;
      look_at_signals();
      if (took) continue;
      enough_ = !output_.flush_idle() || enough_;
      sleep_ns(kNapNs);
    }
    capture_.join();
    output_.finish();
    report();
    return kExitDone;
  }

 private:
  // libpcap's compiler and name servers take their time, and hear no signal.
  static Capture open_capture(const ShowOptions& options, const SignalEvents& signals) {
    const SignalEvents::Deadly deadly(signals);
    return Capture(capture_options(options));
  }

  // Impatience ends the program although its output is stuck.
  void look_at_signals() {
    while (const int signal = signals_.take()) {
      if (signal != SIGHUP || !signals_.hangup_ignored()) end_.take(signal, monotonic_clock_ns());
    }
    if (end_.impatient()) {
      report();
      ::_exit(kExitDone);
    }
    if (stopping_ || (!end_.made() && !enough_ && !capture_.packet_limit_reached())) return;
    stopping_ = true;
    capture_.request_stop();
  }

  bool nothing_waits() const {
    return std::all_of(queues_.begin(), queues_.end(),
                       [](const auto& queue) { return queue->waiting() == 0; });
  }

  // What the output has no room for stays where it is.
  bool take_blocks() {
    bool any = false;
    for (std::size_t ring = 0; ring < queues_.size(); ++ring) {
      if (!enough_ && !output_.ready()) return any;
      const BlockRef block = queues_[ring]->try_pop();
      if (!block) continue;
      any = true;
      if (!enough_) enough_ = !output_.take_block(block, link_types_, names_[ring]);
    }
    return any;
  }

  void report() const {
    std::uint64_t received = 0;
    std::uint64_t dropped = 0;
    for (std::size_t ring = 0; ring < capture_.ring_count(); ++ring) {
      received += capture_.counters(ring).received.get();
      dropped += capture_.counters(ring).dropped.get();
    }
    standard_log().put(summary_text(output_.packets(), received, dropped));
  }

  const ShowOptions& options_;
  SignalEvents signals_{SIGINT, SIGTERM, SIGHUP};  // before any thread
  std::deque<std::string> names_;                  // of the rings' interfaces
  Capture capture_;
  // These hold blocks of the capture's rings: they go first. The threads that push into the queues
  // have ended by then (Capture::Running).
  show::PacketOutput output_;
  std::vector<std::unique_ptr<BlockQueue>> queues_;
  std::vector<std::uint16_t> link_types_;
  bool enough_ = false;
  bool stopping_ = false;
  EndWish end_;
};

}  // namespace

int show_live(const ShowOptions& options) { return LiveShow(options).run(); }

}  // namespace capstan::tools
