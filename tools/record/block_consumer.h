// BlockConsumer: a part of the recorder that takes the blocks of a recording: its files, a printer,
// the audit, an index.
//
// The recorder (recorder.h) drives one list of them. There are two kinds, which differ in what they
// may hold:
//   lossless     adds the queues of stripes (Capture::add_stripe) in attach(), and holds a block
//                until it is done with it. The kernel waits for that block: while the consumer
//                stalls the ring fills, and what is lost then is in the ring's counts.
//   best effort  adds BestEffortQueues that it owns. It may be slow: blocks that wait in a queue
//                are taken back when the ring runs short of blocks, and counted as skipped. It
//                holds a block only while it reads it.
// A consumer that needs files instead of blocks (an index) adds nothing and holds nothing.
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

// How long the end of a recording waits for a consumer, nanoseconds. kNoLimit: as long as it takes.
struct EndPatience {
  static constexpr std::uint64_t kNoLimit = ~std::uint64_t{0};
  std::uint64_t whole_ns = kNoLimit;  // in total, from files_closed() on; then leave() is called
  std::uint64_t idle_ns = kNoLimit;   // without progress(); then leave() is called
  std::uint64_t leaving_ns = 0;       // after leave(); then the process ends without the consumer
};

// Owned by the recorder, which calls it in this order: attach, open, start, started, [blocks],
// blocks_ended, files_closed, finished until that is true or patience() is over, stop. All on the
// main thread unless said otherwise. The consumer processes blocks in threads of its own, created
// in open() or start().
class BlockConsumer {
 public:
  virtual ~BlockConsumer() = default;

  // The rings are open and privileges are not dropped yet. The consumer adds its queues and opens
  // what only the user who started the recorder may open. No thread may be created. Throws
  // UsageError or std::system_error, as do open() and start(): the recording then does not begin.
  virtual void attach(Capture& capture) = 0;
  // Runs as the user who will own the recording. Opens everything else that has to be opened.
  virtual void open() {}
  // Privileges are dropped and the capture starts next: creates the threads that need no
  // privileges. They may run on `cpus` (empty: on any).
  virtual void start(const std::vector<int>& /*cpus*/) {}
  // The capture has started.
  virtual void started() {}

  // A file of an output has its final name. Called by a writer's thread, or that of its series,
  // from open() on until the recorder ends, even after stop(); must not wait.
  virtual void file_finished(const FinishedFile& /*file*/) noexcept {}

  // Called several times a second, and once when the consumer is finished: reports what is new.
  virtual void on_tick() {}
  // Whether the recording may end: the consumer has seen enough, or cannot go on.
  virtual bool wants_end() const noexcept { return false; }

  // Reception has ended and no more blocks come. `rings`: the final counts of each ring.
  virtual void blocks_ended(const std::vector<ClosingLedger>& /*rings*/) {}
  // All files have their final names.
  virtual void files_closed() {}
  // Whether the consumer is done with everything and uses nothing of the recording any more.
  virtual bool finished() noexcept = 0;
  // A number that grows as long as the consumer gets on with its work.
  virtual std::uint64_t progress() const noexcept { return 0; }
  virtual EndPatience patience() noexcept { return {}; }
  // The limits of patience() are reached, or the user is impatient: the consumer should drop what
  // takes long. May be called several times, at any time from start() on.
  virtual void leave() noexcept {}
  // Ends the consumer's threads, even with work left, and waits for them. Also called when an
  // exception ends the recording, at any time from attach() on. Requires: finished(), or that no
  // capture thread exists any more.
  virtual void stop() noexcept = 0;

  // Adds the consumer's part to the statistics, after rings, disks and the consumers in front of
  // it. At any time; exact once finished().
  virtual void add_to(RecordStats& /*stats*/) const {}
  // One sentence for each thing that the consumer could not do: the recording then ends with status
  // 1. Empty: none.
  virtual std::vector<std::string> failures(const RecordStats& /*stats*/) const { return {}; }
  // Text that is printed at the end before the recorder's own report. Empty: none.
  virtual std::string report(const RecordStats& /*stats*/) const { return {}; }
};

}  // namespace capstan::tools
