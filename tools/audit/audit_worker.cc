#include "tools/audit/audit_worker.h"

#include <algorithm>
#include <new>

#include "engine/core/clock.h"
#include "engine/core/cpu.h"
#include "engine/core/thread.h"
#include "tools/audit/audit_block.h"
#include "tools/audit/audit_scope.h"
#include "tools/common/open_output.h"

namespace capstan::tools {

namespace {

constexpr std::uint64_t kNapNs = 5 * kNanosecondsPerMillisecond;
constexpr std::uint64_t kTickNs = kNanosecondsPerSecond;

}  // namespace

AuditWorker::AuditWorker(const std::string& path)
    : path_(path == "-" ? "standard output" : path),
      lines_(open_output(path, "the findings"), true) {}

AuditWorker::~AuditWorker() {
  if (thread_.joinable()) {
    request_finish({});
    thread_.join();
  }
}

BestEffortQueue& AuditWorker::add_ring(std::uint32_t block_count, std::uint16_t link_type) {
  // Half the ring: more could not wait there without being taken back (CaptureThread).
  const std::size_t places = std::max<std::size_t>(1, block_count / 2);
  Inlet& inlet = inlets_.emplace_back();
  inlet.queue = std::make_unique<BestEffortQueue>(places);
  // A ring's packets name interface 0 or the ring's number.
  inlet.link_types.assign(inlets_.size(), link_type);
  return *inlet.queue;
}

void AuditWorker::start(std::vector<int> cpus) {
  audit::AuditSink& sink = *this;
  auditor_ = std::make_unique<audit::Auditor>(audit::AuditOptions{}, sink);
  packets_ = std::make_unique<BlockAudit>(*auditor_, inlets_.size() > 1);
  thread_ = start_thread("audits", [this, cpus = std::move(cpus)] { run(cpus); });
}

void AuditWorker::request_finish(const AuditTotals& missed) noexcept {
  missed_ = missed;
  finish_.store(true, std::memory_order_release);
}

void AuditWorker::join() {
  if (thread_.joinable()) thread_.join();
}

void AuditWorker::on_session(const audit::SessionReport& report) {
  if (report.has_payload) counters_.sessions.add(1);
  lines_.session(report);
}

void AuditWorker::on_login(const audit::SessionReport&, const audit::Credential&) {
  counters_.logins.add(1);
}

bool AuditWorker::take_blocks() {
  bool any = false;
  for (const Inlet& inlet : inlets_) {
    BlockRef block = inlet.queue->try_pop();
    if (!block) continue;
    any = true;
    packets_->take(*block, inlet.link_types);
    counters_.packets.add(block->packet_count);
    block.reset();  // in front of writing, which may take any time
    flush();
  }
  return any;
}

void AuditWorker::flush() {
  if (!lines_.flush()) error_.store(lines_.error(), std::memory_order_relaxed);
}

void AuditWorker::audit() {
  std::uint64_t next_tick_ns = monotonic_clock_ns() + kTickNs;
  while (true) {
    // Read before the queues are looked at: what was queued before the request is then seen.
    const bool finishing = finish_.load(std::memory_order_acquire);
    const bool took = take_blocks();
    if (!took && finishing) break;
    const std::uint64_t now_ns = monotonic_clock_ns();
    packets_->on_tick(now_ns);
    if (now_ns >= next_tick_ns) {
      next_tick_ns = now_ns + kTickNs;
      flush();
    }
    if (!took) sleep_ns(kNapNs);
  }
  packets_->finish();
  auditor_->finish();
  counters_.left_out.add(left_out({}, *auditor_).size());
  AuditTotals totals = missed_;
  totals.packets = counters_.packets.get();
  totals.sessions = counters_.sessions.get();
  totals.logins = counters_.logins.get();
  lines_.line(stats_event(totals, *auditor_, wall_clock_ns()));
  flush();
}

void AuditWorker::run(const std::vector<int>& cpus) noexcept {
  name_current_thread("audit");
  keep_current_thread_on(cpus);
  give_way_to_recording();
  try {
    audit();
  } catch (const std::bad_alloc&) {
    // The recording goes on; what it would have handed over is counted as skipped.
    error_.store(ENOMEM, std::memory_order_relaxed);
  }
  finished_.store(true, std::memory_order_release);
}

}  // namespace capstan::tools
