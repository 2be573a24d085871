// AuditBeside: the audit of a running recording (`record --audit`), as a best-effort consumer of
// its blocks that works in the thread of an AuditWorker.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/audit/audit_worker.h"
#include "tools/record/block_consumer.h"

namespace capstan::tools {

class AuditBeside final : public BlockConsumer {
 public:
  // `path`: file for the findings, "-" for standard output.
  explicit AuditBeside(std::string path) : path_(std::move(path)) {}

  void attach(Capture& capture) override;
  void start(const std::vector<int>& cpus) override;
  void blocks_ended(const std::vector<ClosingLedger>& rings) override;
  bool finished() noexcept override { return worker_->finished(); }
  void stop() noexcept override;
  void add_to(RecordStats& stats) const override;
  std::vector<std::string> failures(const RecordStats& stats) const override;

 private:
  std::uint64_t skipped_blocks() const noexcept;
  std::uint64_t skipped_packets() const noexcept;

  std::string path_;
  std::optional<AuditWorker> worker_;           // set by attach()
  std::vector<const BestEffortQueue*> queues_;  // owned by the worker
  bool told_end_ = false;
};

}  // namespace capstan::tools
