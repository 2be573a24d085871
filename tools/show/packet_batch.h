// PacketBatch: consecutive packets in capture order that pass through DecodeWorkers, divided by
// conversation. decode_workers.h describes the threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/block/block_ref.h"
#include "engine/block/packet_view.h"

namespace capstan {

// A packet and its place in the capture, which a worker that sees only a part could not know.
struct BatchPacket {
  PacketView view;
  std::uint64_t number = 0;                     // from 1
  std::uint64_t reference_time_ns = 0;          // base of its relative time, if that is printed
  const std::string* interface_name = nullptr;  // null: unknown
};

// Filled by the feeder, then read by the workers, then by the delivering thread; DecodeWorkers
// passes it on. Its memory is kept for the next use.
class PacketBatch {
 public:
  // `index`: the number of the batch within the pool, for objects that store results per batch.
  PacketBatch(std::size_t index, std::size_t workers);
  PacketBatch(const PacketBatch&) = delete;
  PacketBatch& operator=(const PacketBatch&) = delete;

  std::size_t index() const noexcept { return index_; }

  // For the feeder. The packet's bytes stay valid: in a mapping, or in a block that is held.
  void add(const BatchPacket& packet, std::size_t worker) {
    shares_[worker].push_back(packet);
    order_.push_back(static_cast<std::uint8_t>(worker));
    captured_bytes_ += packet.view.caplen;
  }
  // For the feeder. Copies the bytes of a packet that does not stay valid. Returns false when they
  // do not fit behind the packets already here. An empty batch has space for any packet.
  [[nodiscard]] bool add_copy(BatchPacket packet, std::size_t worker);
  // For the feeder. Holds the block that contains packets; released when all packets are decoded.
  void hold(BlockRef block) { holds_.push_back(std::move(block)); }
  void drop_holds() noexcept { holds_.clear(); }

  bool empty() const noexcept { return order_.empty(); }
  std::size_t packet_count() const noexcept { return order_.size(); }
  std::uint64_t captured_bytes() const noexcept { return captured_bytes_; }
  // The packets of one worker, in order.
  std::span<const BatchPacket> share(std::size_t worker) const noexcept { return shares_[worker]; }
  // For each packet, the number of its worker.
  std::span<const std::uint8_t> order() const noexcept { return order_; }

 private:
  friend class DecodeWorkers;
  void clear() noexcept;

  std::size_t index_;
  std::vector<std::vector<BatchPacket>> shares_;
  std::vector<std::uint8_t> order_;
  std::vector<BlockRef> holds_;
  std::vector<std::uint8_t> copies_;
  std::size_t copied_bytes_ = 0;
  std::uint64_t captured_bytes_ = 0;
  // Number of workers that are not finished. The last decrement (acq_rel) sees what all workers
  // have done, releases the blocks and stores decoded_ (release), which the delivering thread waits
  // for (acquire).
  std::atomic<std::uint32_t> unfinished_{0};
  std::atomic<bool> decoded_{false};
};

}  // namespace capstan
