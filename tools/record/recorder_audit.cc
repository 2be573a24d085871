// The audit beside the recording: its part of Recorder.
#include "engine/core/clock.h"
#include "tools/privileges/privileges.h"
#include "tools/record/recorder.h"

namespace capstan::tools {

// Its thread inherits from this one that privileges are gone.
void Recorder::start_audit() {
  forbid_dumps();
  for (std::size_t ring = 0; ring < capture_.ring_count(); ++ring) {
    const RingInfo& info = capture_.ring_info(ring);
    capture_.add_best_effort(ring, audit_->add_ring(info.block_count, info.link_type));
  }
  audit_->start(line_.capture.cpus);
}

// The files are closed; what waits for the audit is read to its end, unless the user will not wait.
void Recorder::finish_audit() {
  while (!audit_->finished() && !end_.impatient()) {
    wait_and_handle(monotonic_clock_ns() + 2 * kNanosecondsPerMillisecond);
  }
}

std::uint64_t Recorder::sum(Counter RingCounters::*counter) const noexcept {
  std::uint64_t total = 0;
  for (std::size_t ring = 0; ring < capture_.ring_count(); ++ring) {
    total += (capture_.counters(ring).*counter).get();
  }
  return total;
}

AuditStats Recorder::audit_stats() const {
  AuditStats stats;
  stats.path = audit_->path();
  stats.packets = audit_->counters().packets.get();
  stats.packets_skipped = sum(&RingCounters::skipped_packets);
  stats.blocks_skipped = sum(&RingCounters::skipped_blocks);
  stats.sessions = audit_->counters().sessions.get();
  stats.logins = audit_->counters().logins.get();
  stats.error = audit_->error();
  return stats;
}

}  // namespace capstan::tools
