#include "tools/record/audit_beside.h"

#include <fmt/format.h>

#include "engine/core/errors.h"
#include "tools/privileges/privileges.h"
#include "tools/record/record_stats.h"

namespace capstan::tools {

void AuditBeside::attach(Capture& capture) {
  worker_.emplace(path_);
  for (std::size_t ring = 0; ring < capture.ring_count(); ++ring) {
    const RingInfo& info = capture.ring_info(ring);
    BestEffortQueue& queue = worker_->add_ring(info.block_count, info.link_type);
    capture.add_best_effort(ring, queue);
    queues_.push_back(&queue);
  }
}

// Its thread inherits from this one that privileges are gone.
void AuditBeside::start(const std::vector<int>& cpus) {
  forbid_dumps();
  worker_->start(cpus);
}

void AuditBeside::blocks_ended(const std::vector<ClosingLedger>& rings) {
  AuditTotals missed;
  missed.blocks_skipped = skipped_blocks();
  missed.packets_skipped = skipped_packets();
  for (const ClosingLedger& ring : rings) missed.packets_lost += ring.dropped;
  worker_->request_finish(missed);
  told_end_ = true;
}

void AuditBeside::stop() noexcept {
  if (!worker_) return;
  if (!told_end_) worker_->request_finish({});
  told_end_ = true;
  worker_->join();
}

std::uint64_t AuditBeside::skipped_blocks() const noexcept {
  std::uint64_t blocks = 0;
  for (const BestEffortQueue* queue : queues_) blocks += queue->skipped_blocks();
  return blocks;
}

std::uint64_t AuditBeside::skipped_packets() const noexcept {
  std::uint64_t packets = 0;
  for (const BestEffortQueue* queue : queues_) packets += queue->skipped_packets();
  return packets;
}

void AuditBeside::add_to(RecordStats& stats) const {
  AuditStats& audit = stats.audit.emplace();
  audit.path = worker_->path();
  audit.packets = worker_->counters().packets.get();
  audit.packets_skipped = skipped_packets();
  audit.blocks_skipped = skipped_blocks();
  audit.sessions = worker_->counters().sessions.get();
  audit.logins = worker_->counters().logins.get();
  audit.left_out = worker_->counters().left_out.get();
  audit.error = worker_->error();
}

std::vector<std::string> AuditBeside::failures(const RecordStats& stats) const {
  if (!stats.audit || stats.audit->error == 0) return {};
  return {fmt::format("{}: findings are missing: {}; the recording is not touched by that",
                      stats.audit->path, errno_text(stats.audit->error))};
}

}  // namespace capstan::tools
