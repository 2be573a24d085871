#include "tools/show/decode_workers.h"

#include <string>

#include "engine/core/check.h"
#include "engine/core/cpu.h"
#include "engine/core/thread.h"

namespace capstan {

DecodeWorkers::DecodeWorkers(std::size_t workers, std::size_t batches, BatchWork& work)
    : work_(work), submitted_(batches), free_(batches) {
  CAPSTAN_CHECK(workers >= 1 && workers <= kMostWorkers && batches >= 1, workers, batches);
  for (std::size_t index = 0; index < batches; ++index) {
    batches_.push_back(std::make_unique<PacketBatch>(index, workers));
    free_.push(batches_.back().get());
  }
  for (std::size_t index = 0; index < workers; ++index) {
    workers_.push_back(std::make_unique<Worker>(batches));
  }
  // All workers are there before the first one looks.
  for (std::size_t index = 0; index < workers; ++index) {
    workers_[index]->thread = start_thread("prints", [this, index] { run_worker(index); });
  }
  delivery_ = start_thread("delivers lines", [this] { run_delivery(); });
}

DecodeWorkers::~DecodeWorkers() {
  ending_.store(true, std::memory_order_release);
  for (const auto& worker : workers_) worker->bell.ring();
  for (const auto& worker : workers_) worker->thread.join();
  delivery_bell_.ring();
  delivery_.join();
}

PacketBatch* DecodeWorkers::try_acquire() noexcept {
  PacketBatch* batch = nullptr;
  if (!free_.pop(batch)) return nullptr;
  batch->clear();
  return batch;
}

PacketBatch& DecodeWorkers::acquire() noexcept {
  PacketBatch* batch = nullptr;
  feeder_bell_.wait_until([&] { return (batch = try_acquire()) != nullptr; });
  return *batch;
}

void DecodeWorkers::submit(PacketBatch& batch) noexcept {
  std::uint32_t shares = 0;
  for (std::size_t index = 0; index < workers_.size(); ++index) {
    shares += batch.share(index).empty() ? 0U : 1U;
  }
  hand_on(batch, shares);
}

void DecodeWorkers::submit_decoded(PacketBatch& batch) noexcept { hand_on(batch, 0); }

void DecodeWorkers::hand_on(PacketBatch& batch, std::uint32_t shares) noexcept {
  ++submitted_count_;
  // Published by the queues.
  batch.decoded_.store(false, std::memory_order_relaxed);
  batch.unfinished_.store(shares, std::memory_order_relaxed);
  CAPSTAN_CHECK(submitted_.push(&batch), batches_.size());
  if (shares == 0) {
    note_decoded(batch);
    return;
  }
  for (std::size_t index = 0; index < workers_.size(); ++index) {
    if (batch.share(index).empty()) continue;
    CAPSTAN_CHECK(workers_[index]->queue.push(&batch), batches_.size());
    workers_[index]->bell.ring();
  }
}

void DecodeWorkers::note_decoded(PacketBatch& batch) noexcept {
  batch.drop_holds();
  decoded_count_.fetch_add(1, std::memory_order_release);
  batch.decoded_.store(true, std::memory_order_release);  // from here on it is not ours
  delivery_bell_.ring();
  feeder_bell_.ring();
}

void DecodeWorkers::wait_decoded() noexcept {
  feeder_bell_.wait_until(
      [&] { return decoded_count_.load(std::memory_order_acquire) == submitted_count_; });
}

void DecodeWorkers::wait_delivered() noexcept {
  feeder_bell_.wait_until([&] { return all_delivered(); });
}

void DecodeWorkers::run_worker(std::size_t index) noexcept {
  name_current_thread("decode-" + std::to_string(index));
  Worker& self = *workers_[index];
  while (true) {
    PacketBatch* batch = nullptr;
    self.bell.wait_until([&] {
      // Read before the queue is looked at: what was queued before the end is then seen.
      const bool ending = ending_.load(std::memory_order_acquire);
      return self.queue.pop(batch) || ending;
    });
    if (batch == nullptr) return;
    work_.decode(*batch, index);
    if (batch->unfinished_.fetch_sub(1, std::memory_order_acq_rel) == 1) note_decoded(*batch);
  }
}

void DecodeWorkers::run_delivery() noexcept {
  name_current_thread("deliver");
  while (true) {
    PacketBatch* batch = nullptr;
    delivery_bell_.wait_until([&] {
      const bool ending = ending_.load(std::memory_order_acquire);
      return submitted_.pop(batch) || ending;
    });
    if (batch == nullptr) return;
    delivery_bell_.wait_until([&] { return batch->decoded_.load(std::memory_order_acquire); });
    work_.deliver(*batch);
    CAPSTAN_CHECK(free_.push(batch), batches_.size());
    delivered_count_.fetch_add(1, std::memory_order_release);
    feeder_bell_.ring();
  }
}

}  // namespace capstan
