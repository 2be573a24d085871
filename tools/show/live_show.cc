#include "tools/show/live_show.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <deque>
#include <memory>
#include <vector>

#include "engine/block/block_queue.h"
#include "engine/capture/capture.h"
#include "engine/capture/interfaces.h"
#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "engine/decode/packet_filter.h"
#include "engine/reader/link_type_names.h"
#include "tools/commands.h"
#include "tools/show/packet_output.h"
#include "tools/signals.h"

namespace capstan::tools {

namespace {

constexpr std::uint32_t kBlockBytes = 256U << 10;
constexpr std::uint32_t kRetireMs = 100;
constexpr std::uint32_t kImmediateRetireMs = 1;
constexpr std::uint64_t kNapNs = 2 * kNanosecondsPerMillisecond;

// As tcpdump: the first one that is up and is not the loopback.
std::string default_interface() {
  const std::vector<NetworkInterface> all = list_interfaces();
  const auto found = std::find_if(all.begin(), all.end(), [](const NetworkInterface& info) {
    return info.up && info.running && !info.loopback && info.index != 0;
  });
  return found == all.end() ? std::string(kAnyInterface) : found->name;
}

CaptureOptions capture_options(const ShowOptions& options) {
  CaptureOptions capture;
  capture.interfaces = options.interfaces;
  if (capture.interfaces.empty()) capture.interfaces.push_back(default_interface());
  capture.filter = options.filter;
  capture.snaplen = options.snaplen;
  capture.promiscuous = options.promiscuous;
  capture.block_size_bytes = kBlockBytes;
  capture.ring_size_bytes = std::max<std::uint64_t>(options.buffer_bytes, 4ULL * kBlockBytes);
  capture.retire_timeout_ms = options.immediate ? kImmediateRetireMs : kRetireMs;
  return capture;
}

// All rings' blocks in one thread, which is the program's own, and on to those that print: when the
// output does not keep up the ring overflows and the kernel counts, as with tcpdump.
class LiveShow {
 public:
  explicit LiveShow(const ShowOptions& options)
      : options_(options),
        capture_(capture_options(options)),
        output_(options, show::PacketSource::kLive) {
    for (std::size_t ring = 0; ring < capture_.ring_count(); ++ring) {
      const RingInfo& info = capture_.ring_info(ring);
      queues_.push_back(std::make_unique<BlockQueue>(info.block_count));
      capture_.add_stripe(ring, *queues_.back());
      link_types_.push_back(info.link_type);
      names_.push_back(info.interface_name);
      check_link_type(info);
    }
    output_.begin_file(link_types_.front());
  }

  int run() {
    announce();
    capture_.start();
    while (true) {
      const bool finished = capture_.finished();  // before the queues: nothing comes after it
      const bool took = take_blocks();
      if (finished && !took && nothing_waits() && output_.idle()) break;
      look_at_signals();
      if (took) continue;
      output_.flush_idle();
      sleep_ns(kNapNs);
    }
    capture_.join();
    output_.finish();
    report();
    return kExitDone;
  }

 private:
  void check_link_type(const RingInfo& info) const {
    if (options_.link_type.empty()) return;
    if (link_type_by_name(options_.link_type) == info.link_type) return;
    throw UsageError(fmt::format("{} has the link type {}, not {}", info.interface_name,
                                 link_type_name(info.link_type), options_.link_type));
  }

  void announce() const {
    if (options_.print.verbosity == 0 && options_.write_path.empty() && !options_.count_only) {
      fmt::print(
          stderr,
          "capstan show: verbose output suppressed, use -v[v]... for full protocol decode\n");
    }
    for (std::size_t ring = 0; ring < capture_.ring_count(); ++ring) {
      const RingInfo& info = capture_.ring_info(ring);
      fmt::print(stderr, "listening on {}, link-type {} ({}), snapshot length {} bytes\n",
                 info.interface_name, link_type_name(info.link_type),
                 link_type_text(info.link_type), options_.snaplen);
    }
  }

  // The second one ends the program although its output is stuck.
  void look_at_signals() {
    if (signals_.take() != 0 && ++interrupts_ > 1) {
      report();
      std::fflush(nullptr);
      ::_exit(kExitDone);
    }
    if (stopping_ || (interrupts_ == 0 && !enough_ && !capture_.packet_limit_reached())) return;
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
    const auto line = [](std::uint64_t count, const char* what) {
      fmt::print(stderr, "{} packet{} {}\n", count, count == 1 ? "" : "s", what);
    };
    line(output_.packets(), "captured");
    line(received, "received by filter");
    line(dropped, "dropped by kernel");
  }

  const ShowOptions& options_;
  SignalEvents signals_{SIGINT, SIGTERM, SIGHUP};  // before any thread
  std::deque<std::string> names_;                  // of the rings' interfaces
  Capture capture_;
  // These hold blocks of the capture's rings: they go first.
  show::PacketOutput output_;
  std::vector<std::unique_ptr<BlockQueue>> queues_;
  std::vector<std::uint16_t> link_types_;
  bool enough_ = false;
  bool stopping_ = false;
  int interrupts_ = 0;
};

}  // namespace

int show_live(const ShowOptions& options) { return LiveShow(options).run(); }

}  // namespace capstan::tools
