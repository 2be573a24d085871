// AuditWorker: the audit of a running recording, in a thread of its own, as far as it can keep up.
//
// Takes blocks from best-effort queues (engine/block/best_effort_queue.h), so the recording never
// waits for it: it holds one block at a time, only while reading it, and writes its lines after
// releasing it. tools/record/audit_beside.h makes it a consumer of a recording.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "engine/audit/auditor.h"
#include "engine/block/best_effort_queue.h"
#include "engine/core/stats.h"
#include "tools/audit/audit_block.h"
#include "tools/audit/eve_lines.h"

namespace capstan::tools {

// Written by the worker, readable by any thread at any time; exact once the worker has finished.
struct AuditWorkerCounters {
  Counter packets;
  Counter sessions;
  Counter logins;    // in cleartext
  Counter left_out;  // kinds of things not examined (audit_scope.h); set at the end
};

// One thread for all rings, because it needs both directions of a conversation. Created, started,
// finished and joined by the main thread. Owns the queues.
class AuditWorker final : private audit::AuditSink {
 public:
  // Opens the file, which stays open when privileges are dropped later. Throws std::system_error.
  explicit AuditWorker(const std::string& path);
  ~AuditWorker() override;

  // Returns the queue for the blocks of the next ring, whose packets all have this link type. Valid
  // as long as this object. Requires: not started.
  BestEffortQueue& add_ring(std::uint32_t block_count, std::uint16_t link_type);

  // Starts the thread, which may run on `cpus` (empty: on any) and inherits the caller's
  // privileges. Throws std::system_error when there is no memory for it.
  void start(std::vector<int> cpus);
  // No more blocks will be queued: the thread audits those that wait, reports every session and
  // ends. `missed`: counts of what was skipped and what the rings lost, for the last line.
  void request_finish(const AuditTotals& missed) noexcept;
  bool finished() const noexcept { return finished_.load(std::memory_order_acquire); }
  void join();

  const AuditWorkerCounters& counters() const noexcept { return counters_; }
  const std::string& path() const noexcept { return path_; }
  // The errno value why lines are missing from the file; 0 when none are.
  int error() const noexcept { return error_.load(std::memory_order_relaxed); }

 private:
  struct Inlet {
    std::unique_ptr<BestEffortQueue> queue;
    std::vector<std::uint16_t> link_types;  // by pcapng interface
  };

  void on_session(const audit::SessionReport& report) override;
  void on_login(const audit::SessionReport& so_far, const audit::Credential& credential) override;
  void run(const std::vector<int>& cpus) noexcept;
  void audit();
  bool take_blocks();
  void flush();

  std::string path_;
  EveLines lines_;
  std::vector<Inlet> inlets_;
  std::unique_ptr<audit::Auditor> auditor_;
  std::unique_ptr<BlockAudit> packets_;
  AuditWorkerCounters counters_;
  AuditTotals missed_;               // what the audit was not given; set before finish_
  std::atomic<bool> finish_{false};  // release: missed_ and everything queued before is visible
  std::atomic<bool> finished_{false};
  std::atomic<int> error_{0};
  std::thread thread_;
};

}  // namespace capstan::tools
