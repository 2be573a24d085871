// LiveIndexer: makes the indexes of the files of a running recording from its sealed blocks, as far
// as it can keep up.
//
// Takes blocks from best-effort queues (engine/block/best_effort_queue.h), so the recording never
// waits for it: it holds a block while reading it, and marks in the index the blocks for which it
// was too slow. Packed files of several rings, whose blocks overlap, are left to the IndexWorker.
// Only the parts between the blocks are read back from the disk. The finished index is handed to an
// IndexWorker, which writes it; an index with marks is made again from the file when there is no
// more important work.
#pragma once

#include <atomic>
#include <boost/lockfree/spsc_queue.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/block/best_effort_queue.h"
#include "engine/core/stats.h"
#include "writers/index/index_worker.h"
#include "writers/live/live_file.h"

namespace capstan {

// Written by the indexer's thread, readable by any thread at any time.
struct LiveIndexCounters {
  Counter blocks;          // read
  Counter blocks_skipped;  // marked
  Counter files;           // files whose index was made here; the others were left to the worker
};

// For a recording with one pcapng output. Owns its thread and the queues. All functions are for the
// main thread unless said otherwise.
class LiveIndexer final : public BlockObserver {
 public:
  // `worker` must outlive this object, and must not be ended before finished() is true.
  LiveIndexer(const IndexLimits& limits, IndexWorker& worker);
  ~LiveIndexer();
  LiveIndexer(const LiveIndexer&) = delete;
  LiveIndexer& operator=(const LiveIndexer&) = delete;

  // Returns the queue for the blocks of the next ring, whose packets all have this link type. Valid
  // as long as this object. Requires: not started.
  BestEffortQueue& add_ring(std::uint32_t block_count, std::uint16_t link_type);

  // Starts the thread, which may run on `cpus` (empty: anywhere). Throws std::system_error.
  void start(std::vector<int> cpus);

  // Only for the writer's thread. Wait-free. If the queue of places is full, the place is dropped
  // and its file is indexed from the disk.
  void block_placed(const PlacedBlock& place) noexcept override;
  // Called when a file has its final name. Any thread; never waits for a disk.
  void file_finished(const FinishedFile& file) noexcept;

  // No more blocks and files will come: the thread ends once the finished files are done.
  void end() noexcept { ending_.store(true, std::memory_order_release); }
  // Ends soon: what is not done is left to the worker.
  void leave() noexcept;
  bool finished() const noexcept { return finished_.load(std::memory_order_acquire); }
  void join();

  const LiveIndexCounters& counters() const noexcept { return counters_; }

 private:
  struct Inlet {
    std::unique_ptr<BestEffortQueue> queue;
    std::vector<std::uint16_t> link_types;  // by pcapng interface
    // A block taken from the queue ahead of its place, because blocks before it were taken back by
    // the recorder. Held until its place arrives, which is no longer than the writer holds it.
    BlockRef ahead;
  };

  void run(const std::vector<int>& cpus) noexcept;
  bool take_turn() noexcept;
  void take(const PlacedBlock& place);
  BlockRef find(const PlacedBlock& place);
  void finish(const FinishedFile& file);
  std::vector<FinishedFile> take_finished() noexcept;

  IndexLimits limits_;
  IndexWorker& worker_;
  std::vector<Inlet> inlets_;  // by ring
  boost::lockfree::spsc_queue<PlacedBlock> places_;
  std::map<std::uint32_t, LiveFile> files_;  // by file number
  std::mutex mutex_;                         // taken once per file
  std::vector<FinishedFile> finished_files_;
  std::atomic<bool> ending_{false};  // release: everything added before is visible
  std::atomic<bool> leaving_{false};
  std::atomic<bool> finished_{false};
  LiveIndexCounters counters_;
  std::thread thread_;
};

}  // namespace capstan
