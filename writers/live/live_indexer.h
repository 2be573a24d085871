// LiveIndexer: indexes of the files that a recording writes, from its sealed blocks, as far as it
// can keep up.
//
// Takes blocks off best-effort queues (engine/block/best_effort_queue.h), so the recording never
// waits for it: a block is held while it is read, and one it was too slow for is marked in the
// index. Packed files of several rings, whose blocks lie within one another, it leaves to the
// worker. Nothing is read back from the disk but what stands between the blocks. What it makes is
// handed to an IndexWorker, which writes it and makes an index with marks anew, from the file, when
// there is nothing better to do.
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

// Written by the thread, readable by anyone at any time.
struct LiveIndexCounters {
  Counter blocks;          // looked at
  Counter blocks_skipped;  // marked
  Counter files;           // whose index it made; the others were left to the worker
};

// Of a recording with one output in pcapng. Owns its thread and the queues. All by the main thread
// but for what is said otherwise.
class LiveIndexer final : public BlockObserver {
 public:
  // `worker` outlives this, and is told to end only when this has finished.
  LiveIndexer(const IndexLimits& limits, IndexWorker& worker);
  ~LiveIndexer();
  LiveIndexer(const LiveIndexer&) = delete;
  LiveIndexer& operator=(const LiveIndexer&) = delete;

  // Where the blocks of the next ring, whose packets all have this link type, are to go. Valid as
  // long as this. Requires: not started.
  BestEffortQueue& add_ring(std::uint32_t block_count, std::uint16_t link_type);

  // Starts the thread, which may run on `cpus` (empty: anywhere). Throws std::system_error.
  void start(std::vector<int> cpus);

  // The writer's thread alone. Wait-free; a place too many is not told, and its file is read whole.
  void block_placed(const PlacedBlock& place) noexcept override;
  // A file has its name. Any thread; never waits for a disk.
  void file_finished(const FinishedFile& file) noexcept;

  // No block and no file comes any more: ends when the finished files are done.
  void end() noexcept { ending_.store(true, std::memory_order_release); }
  // What is not done is left to the worker.
  void leave() noexcept;
  bool finished() const noexcept { return finished_.load(std::memory_order_acquire); }
  void join();

  const LiveIndexCounters& counters() const noexcept { return counters_; }

 private:
  struct Inlet {
    std::unique_ptr<BestEffortQueue> queue;
    std::vector<std::uint16_t> link_types;  // by pcapng interface
    // Behind one that was taken back: held until its place is told, no longer than the writer has
    // it.
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
  std::map<std::uint32_t, LiveFile> files_;  // by number
  std::mutex mutex_;                         // taken once a file
  std::vector<FinishedFile> finished_files_;
  std::atomic<bool> ending_{false};  // release: everything told before is visible
  std::atomic<bool> leaving_{false};
  std::atomic<bool> finished_{false};
  LiveIndexCounters counters_;
  std::thread thread_;
};

}  // namespace capstan
