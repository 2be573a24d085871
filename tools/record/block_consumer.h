// BlockConsumer: who takes the blocks of a recording: its files, a printer, the audit, an index.
//
// The recorder (recorder.h) drives one list of them. A consumer is of one of two kinds, told apart
// by what it may hold:
//   lossless     adds the queues of stripes (Capture::add_stripe) in attach(), and holds a block
//                until it has done with it. The kernel waits for that block: while the consumer
//                stalls the ring fills, and what is lost then the ring has counted.
//   best effort  adds BestEffortQueues that it owns. It may be slow: what waits there is taken back
//                when the ring runs short of blocks, and counted as skipped. It holds a block no
//                longer than it takes to look at it.
// A consumer that wants files instead of blocks (an index) adds nothing, and holds nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/capture/capture.h"
#include "writers/file/finished_file.h"
#include "writers/recording/pcapng_format.h"

namespace capstan::tools {

struct RecordStats;

// How long the end of a recording waits for a consumer. kNoLimit: as long as it takes.
struct EndPatience {
  static constexpr std::uint64_t kNoLimit = ~std::uint64_t{0};
  std::uint64_t whole_ns = kNoLimit;  // from files_closed() on; then it is told to leave()
  std::uint64_t idle_ns = kNoLimit;   // without progress(); the same
  std::uint64_t leaving_ns = 0;       // after leave(); then the process ends without it
};

// Owned by the recorder, which calls it in this order: attach, open, start, started, [blocks],
// blocks_ended, files_closed, finished until it is true or its patience is over, stop. All in the
// main thread but for what is said otherwise. What it does with blocks it does in threads of its
// own, made in open() or start().
class BlockConsumer {
 public:
  virtual ~BlockConsumer() = default;

  // The rings are open, privileges are not given up. Here it adds its queues, and opens what only
  // the user who started the recorder may open. No thread may be made. Throws UsageError or
  // std::system_error, as do the next two: the recording does not begin.
  virtual void attach(Capture& capture) = 0;
  // As the user whose the recording is. Opens everything that is still to be opened.
  virtual void open() {}
  // Privileges are given up, the capture starts next: makes the threads that need none. They may
  // run on `cpus` (empty: anywhere).
  virtual void start(const std::vector<int>& /*cpus*/) {}
  // The capture has started.
  virtual void started() {}

  // A file of an output has its name. Called by a writer's thread, or by that of its series, from
  // open() on and until the recorder ends, also after stop(); must not wait.
  virtual void file_finished(const FinishedFile& /*file*/) noexcept {}

  // Several times a second, and once when it is finished: says what there is to say.
  virtual void on_tick() {}
  // The recording may end: it has seen enough, or cannot go on.
  virtual bool wants_end() const noexcept { return false; }

  // Reception has ended, no block comes any more. `rings`: what each ring has counted.
  virtual void blocks_ended(const std::vector<ClosingLedger>& /*rings*/) {}
  // Every file has its name.
  virtual void files_closed() {}
  // Whether it is done with everything: it touches nothing any more.
  virtual bool finished() noexcept = 0;
  // Grows as long as it gets on.
  virtual std::uint64_t progress() const noexcept { return 0; }
  virtual EndPatience patience() noexcept { return {}; }
  // Its patience is over, or the user's: to drop what takes long. May come several times, and at
  // any time from start() on.
  virtual void leave() noexcept {}
  // Ends its threads, whatever they have left, and waits for them. Also when an exception ends the
  // recording, at any time from attach() on. Requires: finished(), or no capture thread any more.
  virtual void stop() noexcept = 0;

  // Its part of the statistics. Any time, exact once finished(). Behind the rings, the disks and
  // the consumers in front of it.
  virtual void add_to(RecordStats& /*stats*/) const {}
  // What it could not do, a sentence each: the recording ends with status 1. Empty: nothing.
  virtual std::vector<std::string> failures(const RecordStats& /*stats*/) const { return {}; }
  // Said at the end in front of the recorder's own report. Empty: nothing.
  virtual std::string report(const RecordStats& /*stats*/) const { return {}; }
};

}  // namespace capstan::tools
