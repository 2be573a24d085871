#include "tools/audit/live_audit.h"

#include <fmt/format.h>
#include <signal.h>

#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "engine/block/block_queue.h"
#include "engine/capture/capture.h"
#include "engine/core/clock.h"
#include "engine/core/joined.h"
#include "engine/core/memory.h"
#include "engine/filter/packet_filter.h"
#include "tools/audit/audit_block.h"
#include "tools/common/log.h"
#include "tools/common/memory_note.h"
#include "tools/common/signals.h"

namespace capstan::tools {

namespace {

using Clock = std::chrono::steady_clock;

CaptureOptions capture_options(const AuditCommandLine& line) {
  CaptureOptions options;
  options.interfaces = line.interfaces;
  options.filter = line.filter;
  options.promiscuous = line.promiscuous;
  options.ring_size_bytes = line.ring_bytes;
  options.rings_per_interface = line.rings;
  if (line.packet_limit > 0) options.packet_limit = line.packet_limit;
  return options;
}

// One worker for all rings: both directions of a conversation meet in it, on whichever ring each
// of them came.
class LiveAudit {
 public:
  LiveAudit(const AuditCommandLine& line, audit::Auditor& auditor, AuditOutputs& outputs)
      : line_(line), auditor_(auditor), outputs_(outputs), capture_(open_capture(line, signals_)) {
    for (std::size_t ring = 0; ring < capture_.ring_count(); ++ring) {
      queues_.push_back(std::make_unique<BlockQueue>(capture_.ring_info(ring).block_count));
      capture_.add_stripe(ring, *queues_.back());
      link_types_.push_back(capture_.ring_info(ring).link_type);
    }
    packets_.emplace(auditor, capture_.ring_count() > 1);
  }

  std::vector<AuditedInput> run() {
    const Capture::Running running = capture_.start();
    announce();
    capture_.finish_start();
    const auto began = Clock::now();
    auto refreshed = began;
    auto shown = began;
    bool stopping = false;
    while (true) {
      const bool finished = capture_.finished();  // before the queues: nothing comes after it
      packets_->on_tick(monotonic_clock_ns());
      const bool idle = !take_blocks();
      if (finished && idle) break;
      outputs_.check();
      const auto now = Clock::now();
      if (should_stop(now - began) && !stopping) {
        stopping = true;
        capture_.request_stop();
      }
      constexpr auto kShow = std::chrono::milliseconds(100);
      if (now - shown >= kShow) {
        shown = now;
        outputs_.show_lines();
      }
      constexpr auto kRefresh = std::chrono::seconds(1);
      if (now - refreshed >= kRefresh) {
        refreshed = now;
        outputs_.refresh(auditor_);
      }
      constexpr auto kNap = std::chrono::milliseconds(2);
      if (idle) std::this_thread::sleep_for(kNap);
    }
    capture_.join();
    packets_->finish();
    return inputs();
  }

 private:
  void announce() const {
    std::vector<std::string> links;
    for (std::size_t ring = 0; ring < capture_.ring_count(); ++ring) {
      const RingInfo& info = capture_.ring_info(ring);
      if (info.ring_of_interface != 0) continue;
      links.push_back(fmt::format("{} ({})", info.interface_name, link_type_name(info.link_type)));
    }
    standard_log().put(
        fmt::format("capstan audit: listening on {}; Ctrl+C ends it\n", joined(links, ", ")));
  }

  // libpcap's compiler and name servers take their time, and hear no signal.
  static Capture open_capture(const AuditCommandLine& line, const SignalEvents& signals) {
    const std::string memory =
        memory_note(line.ring_bytes, line.interfaces.size() * line.rings, available_memory_bytes());
    if (!memory.empty()) standard_log().write(LogLevel::kWarning, memory);
    const SignalEvents::Deadly deadly(signals);
    return Capture(capture_options(line));
  }

  bool take_blocks() {
    bool any = false;
    for (const auto& queue : queues_) {
      const BlockRef block = queue->try_pop();
      if (!block) continue;
      any = true;
      packets_->take(*block, link_types_);
    }
    return any;
  }

  // One input an interface, over its rings.
  std::vector<AuditedInput> inputs() const {
    std::vector<AuditedInput> list;
    for (std::size_t ring = 0; ring < capture_.ring_count(); ++ring) {
      const RingInfo& info = capture_.ring_info(ring);
      const RingCounters& counters = capture_.counters(ring);
      if (list.empty() || list.back().name != info.interface_name) {
        list.push_back({});
        list.back().name = info.interface_name;
        list.back().live = true;
      }
      AuditedInput& input = list.back();
      input.packets += counters.sealed.get();
      input.lost += counters.dropped.get() + counters.damaged.get() + counters.abandoned.get();
    }
    if (!list.empty()) list.front().reordered = packets_->put_in_order();
    return list;
  }

  bool should_stop(Clock::duration running) {
    while (const int signal = signals_.take()) {
      if (signal != SIGHUP || !signals_.hangup_ignored()) end_.take(signal, monotonic_clock_ns());
    }
    if (end_.made() || capture_.packet_limit_reached() || outputs_.closed()) return true;
    return line_.seconds > 0 && std::chrono::duration<double>(running).count() >= line_.seconds;
  }

  const AuditCommandLine& line_;
  audit::Auditor& auditor_;
  AuditOutputs& outputs_;
  EndWish end_;
  SignalEvents signals_{SIGINT, SIGTERM, SIGHUP};  // before the capture's threads
  // The queues hold blocks of the capture's rings: they go first. The threads that push into them
  // have ended by then (Capture::Running).
  Capture capture_;
  std::vector<std::unique_ptr<BlockQueue>> queues_;
  std::vector<std::uint16_t> link_types_;
  std::optional<BlockAudit> packets_;
};

}  // namespace

std::vector<AuditedInput> live_audit(const AuditCommandLine& line, audit::Auditor& auditor,
                                     AuditOutputs& outputs) {
  LiveAudit live(line, auditor, outputs);
  return live.run();
}

}  // namespace capstan::tools
