// PacketOrder: which of several lanes of packets has the earliest one: the heart of every merge by
// time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace capstan {

// A heap of lanes by the time of what each shows next. Lanes of the same time come by their
// number, so that a merge is the same every time. One thread; allocates in put() only.
class PacketOrder {
 public:
  bool empty() const noexcept { return heap_.empty(); }
  std::size_t size() const noexcept { return heap_.size(); }

  // A lane shows a packet of this time. Requires: it is not in the order.
  void put(std::size_t lane, std::uint64_t time_ns) {
    heap_.push_back({time_ns, lane});
    std::push_heap(heap_.begin(), heap_.end(), Later());
  }

  // The lane with the earliest packet, and its time. Requires: not empty().
  std::size_t first() const noexcept { return heap_.front().lane; }
  std::uint64_t first_time_ns() const noexcept { return heap_.front().time_ns; }

  // The first lane shows its next packet.
  void advance_first(std::uint64_t time_ns) noexcept {
    if (heap_.size() == 1) {  // nearly every file is read alone
      heap_.front().time_ns = time_ns;
      return;
    }
    std::pop_heap(heap_.begin(), heap_.end(), Later());
    heap_.back().time_ns = time_ns;
    std::push_heap(heap_.begin(), heap_.end(), Later());
  }

  // The first lane has no more.
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
