// Hand-over of blocks from a capture thread to a consumer: the queue alone, and between two
// threads.
#include <benchmark/benchmark.h>

#include <atomic>
#include <thread>

#include "engine/block/block_queue.h"

namespace {

using namespace capstan;

class NoHome final : public BlockHome {
 public:
  void release(SealedBlock& block) noexcept override {
    block.held.store(false, std::memory_order_release);
  }
};

void push_and_pop(benchmark::State& state) {
  NoHome home;
  SealedBlock block;
  block.home = &home;
  BlockQueue queue(64);
  for (auto _ : state) {
    BlockRef in = BlockRef::first(block);
    benchmark::DoNotOptimize(queue.try_push(in));
    const BlockRef out = queue.try_pop();
    benchmark::DoNotOptimize(out);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(push_and_pop);

// One block more through the queue per iteration, with a consumer that only lets go of it.
void between_threads(benchmark::State& state) {
  constexpr std::size_t kBlocks = 256;
  NoHome home;
  std::vector<SealedBlock> blocks(kBlocks);
  for (SealedBlock& block : blocks) block.home = &home;
  BlockQueue queue(kBlocks);
  std::atomic<bool> stop{false};
  std::thread consumer([&] {
    while (!stop.load(std::memory_order_relaxed)) {
      if (!queue.try_pop()) std::this_thread::yield();
    }
  });
  std::size_t next = 0;
  for (auto _ : state) {
    SealedBlock& block = blocks[next++ % kBlocks];
    while (block.held.load(std::memory_order_acquire)) std::this_thread::yield();
    block.held.store(true, std::memory_order_relaxed);
    BlockRef in = BlockRef::first(block);
    while (!queue.try_push(in)) std::this_thread::yield();
  }
  stop = true;
  consumer.join();
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(between_threads)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
