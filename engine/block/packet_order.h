// PacketOrder: tells which of several lanes of packets has the earliest one. Every merge by time
// uses it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace capstan {

// A heap of lanes, ordered by the time of each lane's next packet. Lanes with equal times are
// ordered by their number, so that a merge always gives the same result. One thread; allocates in
// put() only.
class PacketOrder {
 public:
  bool empty() const noexcept { return heap_.empty(); }
  std::size_t size() const noexcept { return heap_.size(); }

  // Adds a lane whose next packet has this time. Requires that the lane is not in the order.
  void put(std::size_t lane, std::uint64_t time_ns) {
    heap_.push_back({time_ns, lane});
    std::push_heap(heap_.begin(), heap_.end(), Later());
  }

  // The lane with the earliest packet, and the time of that packet. Requires: not empty().
  std::size_t first() const noexcept { return heap_.front().lane; }
  std::uint64_t first_time_ns() const noexcept { return heap_.front().time_ns; }

  // Sets the time of the first lane's next packet.
  void advance_first(std::uint64_t time_ns) noexcept {
    if (heap_.size() == 1) {  // the common case: only one file is read
      heap_.front().time_ns = time_ns;
      return;
    }
    std::pop_heap(heap_.begin(), heap_.end(), Later());
    heap_.back().time_ns = time_ns;
    std::push_heap(heap_.begin(), heap_.end(), Later());
  }

  // Removes the first lane, which has no more packets.
  void remove_first() noexcept {
    std::pop_heap(heap_.begin(), heap_.end(), Later());
    heap_.pop_back();
  }

 private:
  struct Place {
    std::uint64_t time_ns;
    std::size_t lane;
  };
  struct Later {
    bool operator()(const Place& one, const Place& other) const noexcept {
      return one.time_ns != other.time_ns ? one.time_ns > other.time_ns : one.lane > other.lane;
    }
  };
  std::vector<Place> heap_;
};

}  // namespace capstan
