// PacketSorter: puts the packets of a recording back into the order of their times, within a
// bounded window.
//
// A file written from several rings, or from one tap per direction, holds whole blocks side by
// side, so that an answer may be stored before its question. Times that jump are not disorder:
// across a jump the order of the file is kept, and packets are only sorted between two jumps.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "engine/block/packet_view.h"
#include "engine/core/mmap_region.h"

namespace capstan {

struct PacketSorterLimits {
  // How much older than a packet in front of it a packet may be and still be put in its right
  // place.
  std::uint64_t window_ns = 1'000'000'000;
  // Packets held at once; beyond this number the oldest is passed on.
  std::size_t max_packets = std::size_t{1} << 18;
  std::size_t max_bytes = std::size_t{32} << 20;  // bytes of copies
};

// One thread.
class PacketSorter {
 public:
  // `copy`: the packets passed to add() are borrowed only for that call, so waiting ones must be
  // copied.
  explicit PacketSorter(bool copy, PacketSorterLimits limits = {}) : limits_(limits), copy_(copy) {}
  ~PacketSorter();
  PacketSorter(const PacketSorter&) = delete;
  PacketSorter& operator=(const PacketSorter&) = delete;

  // Adds a packet and passes on, oldest first, those that need not wait any longer:
  //   emit(std::span<const PacketView>); the packets are borrowed for that call.
  template <typename Emit>
  void add(const PacketView& packet, const Emit& emit) {
    if (is_jump(packet.timestamp_ns)) flush(emit);
    put(packet);
    while (is_due()) hand_on(emit, true);
  }
  // Passes on all packets that are left.
  template <typename Emit>
  void flush(const Emit& emit) {
    while (size() != 0) hand_on(emit, false);
    begun_ = false;
  }

  std::size_t size() const noexcept { return in_order_.size() + late_.size(); }
  std::uint64_t put_in_order() const noexcept { return put_in_order_; }

 private:
  // Copies are stored in chunks. A chunk is reused when all its packets have been passed on.
  struct Chunk {
    MmapRegion bytes;  // excluded from core dumps
    std::size_t used = 0;
    std::size_t live = 0;
  };
  struct Entry {
    PacketView packet;
    Chunk* chunk = nullptr;
  };
  static constexpr std::size_t kBatch = 16;

  bool is_jump(std::uint64_t timestamp_ns) const noexcept;
  bool is_due() const noexcept;
  void put(const PacketView& packet);
  Entry take();
  Chunk& chunk_with_room(std::size_t bytes);
  void let_go(const Entry& entry) noexcept;

  template <typename Emit>
  void hand_on(const Emit& emit, bool only_due) {
    Entry entries[kBatch];
    PacketView packets[kBatch];
    std::size_t count = 0;
    while (count < kBatch && (only_due ? is_due() : size() != 0)) {
      entries[count] = take();
      packets[count] = entries[count].packet;
      ++count;
    }
    emit(std::span<const PacketView>(packets, count));
    for (std::size_t i = 0; i < count; ++i) let_go(entries[i]);
  }

  PacketSorterLimits limits_;
  bool copy_;
  bool begun_ = false;
  std::uint64_t newest_ns_ = 0;
  std::deque<Entry> in_order_;                  // arrived in order
  std::multimap<std::uint64_t, Entry> late_;    // arrived after a packet with a later time
  std::vector<std::unique_ptr<Chunk>> chunks_;  // the last one is being filled
  std::vector<std::unique_ptr<Chunk>> free_;
  std::size_t copied_bytes_ = 0;
  std::uint64_t put_in_order_ = 0;
};

}  // namespace capstan
