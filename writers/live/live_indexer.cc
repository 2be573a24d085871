#include "writers/live/live_indexer.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <new>
#include <utility>

#include "engine/core/clock.h"
#include "engine/core/cpu.h"
#include "engine/core/errors.h"
#include "engine/core/thread.h"

namespace capstan {

namespace {

constexpr std::uint64_t kNapNs = 5 * kNanosecondsPerMillisecond;
// A second of blocks at 4 GB/s.
constexpr std::size_t kMostPlaces = 4096;
// Files that were begun and of which nothing was left are forgotten behind so many others.
constexpr std::uint32_t kOpenFiles = 4;

}  // namespace

LiveIndexer::LiveIndexer(const IndexLimits& limits, IndexWorker& worker)
    : limits_(limits), worker_(worker), places_(kMostPlaces) {}

LiveIndexer::~LiveIndexer() {
  leave();
  join();
}

BestEffortQueue& LiveIndexer::add_ring(std::uint32_t block_count, std::uint16_t link_type) {
  // Half the ring: more could not wait there without being taken back (CaptureThread).
  const std::size_t places = std::max<std::size_t>(1, block_count / 2);
  inlets_.push_back({std::make_unique<BestEffortQueue>(places), {}, {}});
  // A ring's packets name interface 0 or the ring's number.
  inlets_.back().link_types.assign(inlets_.size(), link_type);
  return *inlets_.back().queue;
}

void LiveIndexer::start(std::vector<int> cpus) {
  thread_ = start_thread("indexes", [this, cpus = std::move(cpus)] { run(cpus); });
}

void LiveIndexer::block_placed(const PlacedBlock& place) noexcept {
  static_cast<void>(places_.push(place));
}

void LiveIndexer::file_finished(const FinishedFile& file) noexcept {
  try {
    const std::lock_guard<std::mutex> lock(mutex_);
    finished_files_.push_back(file);
  } catch (const std::bad_alloc&) {
    worker_.add(file.path);
  }
}

void LiveIndexer::leave() noexcept {
  leaving_.store(true, std::memory_order_relaxed);
  end();
}

void LiveIndexer::join() {
  if (thread_.joinable()) thread_.join();
}

// The block that was placed: the queue has the blocks of its ring in order, but for those that were
// taken back.
BlockRef LiveIndexer::find(const PlacedBlock& place) {
  Inlet& inlet = inlets_[place.head.ring];
  BlockRef block = inlet.ahead ? std::move(inlet.ahead) : inlet.queue->try_pop();
  for (; block; block = inlet.queue->try_pop()) {
    BlockHead head;
    std::memcpy(&head, block->data, sizeof(head));
    if (head.sequence == place.head.sequence) return block;
    if (head.sequence > place.head.sequence) {
      inlet.ahead = std::move(block);  // its place is told next
      break;
    }
  }
  return {};
}

void LiveIndexer::take(const PlacedBlock& place) {
  if (place.head.ring >= inlets_.size()) return;  // its file is read whole
  const BlockRef block = find(place);
  LiveFile& file = files_.try_emplace(place.file_number, limits_).first->second;
  if (place.shared) {
    file.give_up();
  } else if (!block || place.packets != place.head.packet_count) {
    file.skip(place);
    counters_.blocks_skipped.add(1);
  } else {
    file.add(place, {block->data, block->size_bytes}, inlets_[place.head.ring].link_types);
    counters_.blocks.add(1);
  }
}

void LiveIndexer::finish(const FinishedFile& file) {
  std::optional<LiveIndex> index;
  try {
    // Of one without a packet no place was told.
    if (file.packets == 0) files_.try_emplace(file.number, limits_);
    if (auto live = files_.extract(file.number)) index = live.mapped().finish(file);
  } catch (const std::exception&) {  // deleted meanwhile, or not to be read: the worker says which
  }
  files_.erase(files_.begin(), files_.lower_bound(file.number - std::min(file.number, kOpenFiles)));
  if (!index) {
    worker_.add(file.path);
    return;
  }
  counters_.files.add(1);
  worker_.add(file.path, std::move(index->bytes), index->skipped_blocks != 0);
}

std::vector<FinishedFile> LiveIndexer::take_finished() noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  return std::exchange(finished_files_, {});
}

// The places of a file are told before its end.
bool LiveIndexer::take_turn() noexcept {
  const std::vector<FinishedFile> files = take_finished();
  bool any = !files.empty();
  PlacedBlock place;
  while (!leaving_.load(std::memory_order_relaxed) && places_.pop(place)) {
    any = true;
    try {
      take(place);
    } catch (const std::bad_alloc&) {
      files_.clear();  // read whole when they are finished
    }
  }
  // To finish a file takes a while, in which nobody could take back a block that is held here.
  if (!files.empty()) {
    for (Inlet& inlet : inlets_) inlet.ahead.reset();
  }
  for (const FinishedFile& file : files) {
    if (leaving_.load(std::memory_order_relaxed)) {
      worker_.add(file.path);
    } else {
      finish(file);
    }
  }
  return any;
}

void LiveIndexer::run(const std::vector<int>& cpus) noexcept {
  name_current_thread("live-index");
  keep_current_thread_on(cpus);
  give_way_to_recording();
  while (true) {
    const bool ending = ending_.load(std::memory_order_acquire);
    const bool took = take_turn();
    if (!took && ending) break;
    if (!took) sleep_ns(kNapNs);
  }
  files_.clear();
  for (Inlet& inlet : inlets_) {
    inlet.ahead.reset();
    while (inlet.queue->try_pop()) {
    }
  }
  finished_.store(true, std::memory_order_release);
}

}  // namespace capstan
