// BlockConsumer: who looks at the blocks of a recording beside the writer: a printer, the audit, an
// index.
//
// One list of them is driven by the recorder (recorder.h). A consumer is either of two kinds, told
// apart by what it may hold:
//   best effort  takes blocks from BestEffortQueues that it owns and adds in attach(). It may be
//                slow: what waits there is taken back when the ring runs short of blocks, and
//                counted as skipped. It holds a block no longer than it takes to look at it.
//   lossless     is told by the writer what the writer does, on the writer's thread: where each
//                block went (observer()) and which files are finished (file_finished()). It holds
//                no block and must not wait: what it does there the recording pays for.
// A consumer may be both: an index hears of the places losslessly, and reads packets best effort.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/capture/capture.h"
#include "writers/file/finished_file.h"
#include "writers/recording/block_observer.h"

namespace capstan::tools {

struct RecordStats;

// Made by whoever makes the Recorder, which owns it and calls it in this order: attach, start,
// [blocks], end, finished until it is true (or the recorder's patience has gone), report. All in
// the main thread but for what is said otherwise. What it does with blocks it does in a thread of
// its own, made in start().
class BlockConsumer {
 public:
  virtual ~BlockConsumer() = default;

  // In one word, for messages: "audit".
  virtual const char* name() const noexcept = 0;

  // The rings are open, privileges are about to be given up, no file is open yet. Here it adds its
  // best-effort queues (Capture::add_best_effort) and opens what it needs outside the target
  // directories. Throws UsageError or std::system_error: the recording does not begin.
  virtual void attach(Capture& capture) = 0;

  // Asked once for each output (writer), before it is opened: told where each block went, on that
  // writer's thread. Lives as long as this. Null: it does not want to know.
  virtual BlockObserver* observer(std::size_t /*output*/) { return nullptr; }
  // A file of `output` has its name. Called by a writer's thread, or that of its series; must not
  // wait. After it has said so in takes_finished_files().
  virtual bool takes_finished_files() const noexcept { return false; }
  virtual void file_finished(std::size_t /*output*/, const FinishedFile& /*file*/) noexcept {}

  // Privileges are given up, the capture starts next: it starts its thread, which may run on `cpus`
  // (empty: anywhere). Throws std::system_error.
  virtual void start(const std::vector<int>& cpus) = 0;
  // The capture has started.
  virtual void started() {}
  // It has seen enough: the recording may end.
  virtual bool wants_end() const noexcept { return false; }

  // No block comes any more and every file is closed: it finishes what it has.
  virtual void end() noexcept = 0;
  // Whether it is done; its thread then touches nothing any more. Until then progress() grows, or
  // it is stuck. A consumer that `may_take_long()` is waited for as long as it gets on and longer,
  // until the user is impatient; another one for a second without progress.
  virtual bool finished() noexcept = 0;
  virtual std::uint64_t progress() const noexcept = 0;
  virtual bool may_take_long() const noexcept { return false; }
  // Waits for its thread. Requires: finished().
  virtual void join() = 0;

  // Its part of the statistics, and the errno value of what it could not deliver (0: it did): the
  // recording ends with status 1 then, whole all the same. Any time, exact once finished().
  virtual void add_to(RecordStats& /*stats*/) const {}
  virtual int error() const noexcept { return 0; }
  // Said at the end instead of the recorder's own report, which follows where packets were lost.
  // Empty: the recorder's own.
  virtual std::string report(const RecordStats& /*stats*/) const { return {}; }
};

}  // namespace capstan::tools
