// PacketBatch: a run of packets in capture order on its way through DecodeWorkers, shared out by
// conversation. decode_workers.h has the threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/block/block_ref.h"
#include "engine/block/packet_view.h"

namespace capstan {

// A packet and its place in the capture, which no worker could know that sees a part only.
struct BatchPacket {
  PacketView view;
  std::uint64_t number = 0;                     // from 1
  std::uint64_t reference_time_ns = 0;          // what its time is relative to, where it is
  const std::string* interface_name = nullptr;  // null: not known
};

// Filled by the feeder, then read by the workers, then by who delivers: one at a time, handed on by
// DecodeWorkers. Memory is kept from use to use.
class PacketBatch {
 public:
  // `index`: which of the pool's batches it is, for those who keep results beside it.
  PacketBatch(std::size_t index, std::size_t workers);
  PacketBatch(const PacketBatch&) = delete;
  PacketBatch& operator=(const PacketBatch&) = delete;

  std::size_t index() const noexcept { return index_; }

  // Feeder. The packet's bytes stay where they are: in a mapping, or in a block that is held.
  void add(const BatchPacket& packet, std::size_t worker) {
    shares_[worker].push_back(packet);
    order_.push_back(static_cast<std::uint8_t>(worker));
    captured_bytes_ += packet.view.caplen;
  }
  // Feeder. Copies the bytes of a packet that will not stay. False: there is no room behind the
  // packets already here. An empty batch has room for any packet.
  [[nodiscard]] bool add_copy(BatchPacket packet, std::size_t worker);
  // Feeder. The block that packets lie in; let go of when all are decoded.
  void hold(BlockRef block) { holds_.push_back(std::move(block)); }
  void drop_holds() noexcept { holds_.clear(); }

  bool empty() const noexcept { return order_.empty(); }
  std::size_t packet_count() const noexcept { return order_.size(); }
  std::uint64_t captured_bytes() const noexcept { return captured_bytes_; }
  // Those of one worker, in order.
  std::span<const BatchPacket> share(std::size_t worker) const noexcept { return shares_[worker]; }
  // For each packet the worker whose it is.
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
  // Workers that are not done with it. The last decrement (acq_rel) sees what all have done, lets
  // go of the blocks and stores decoded_ (release), which the delivering thread waits for
  // (acquire).
  std::atomic<std::uint32_t> unfinished_{0};
  std::atomic<bool> decoded_{false};
};

}  // namespace capstan
