#include "engine/flow/packet_sorter.h"

#include <string.h>

#include <algorithm>
#include <new>

namespace capstan {

namespace {
constexpr std::size_t kChunkBytes = std::size_t{1} << 18;
}

PacketSorter::~PacketSorter() {
  // Copies of packets may hold somebody's password.
  for (auto* const list : {&chunks_, &free_}) {
    for (const auto& chunk : *list) ::explicit_bzero(chunk->bytes.data(), chunk->bytes.size());
  }
}

// Twice the window: what is farther off than that belongs to another clock, or to another time.
bool PacketSorter::is_jump(std::uint64_t timestamp_ns) const noexcept {
  if (!begun_) return false;
  const std::uint64_t apart =
      timestamp_ns > newest_ns_ ? timestamp_ns - newest_ns_ : newest_ns_ - timestamp_ns;
  return apart > 2 * limits_.window_ns;
}

bool PacketSorter::is_due() const noexcept {
  if (size() == 0) return false;
  if (size() > limits_.max_packets || copied_bytes_ > limits_.max_bytes) return true;
  std::uint64_t oldest = ~std::uint64_t{0};
  if (!in_order_.empty()) oldest = in_order_.front().packet.timestamp_ns;
  if (!late_.empty()) oldest = std::min(oldest, late_.begin()->first);
  return newest_ns_ - oldest > limits_.window_ns;
}

void PacketSorter::put(const PacketView& packet) {
  Entry entry{packet, nullptr};
  if (copy_) {
    Chunk& chunk = chunk_with_room(packet.caplen);
    std::uint8_t* const place = chunk.bytes.data() + chunk.used;
    if (packet.caplen != 0) ::memcpy(place, packet.data, packet.caplen);
    chunk.used += packet.caplen;
    ++chunk.live;
    copied_bytes_ += packet.caplen;
    entry.packet.data = place;
    entry.chunk = &chunk;
  }
  const std::uint64_t time_ns = packet.timestamp_ns;
  if (in_order_.empty() || time_ns >= in_order_.back().packet.timestamp_ns) {
    in_order_.push_back(entry);
  } else {
    ++put_in_order_;
    late_.emplace(time_ns, entry);
  }
  newest_ns_ = begun_ ? std::max(newest_ns_, time_ns) : time_ns;
  begun_ = true;
}

PacketSorter::Entry PacketSorter::take() {
  const bool late =
      !late_.empty() &&
      (in_order_.empty() || late_.begin()->first < in_order_.front().packet.timestamp_ns);
  Entry entry;
  if (late) {
    entry = late_.begin()->second;
    late_.erase(late_.begin());
  } else {
    entry = in_order_.front();
    in_order_.pop_front();
  }
  return entry;
}

PacketSorter::Chunk& PacketSorter::chunk_with_room(std::size_t bytes) {
  if (!chunks_.empty() && chunks_.back()->bytes.size() - chunks_.back()->used >= bytes) {
    return *chunks_.back();
  }
  if (!free_.empty() && free_.back()->bytes.size() >= bytes) {
    chunks_.push_back(std::move(free_.back()));
    free_.pop_back();
  } else {
    auto chunk = std::make_unique<Chunk>();
    chunk->bytes = MmapRegion::anonymous(std::max(kChunkBytes, bytes));
    if (!chunk->bytes) throw std::bad_alloc();
    chunk->bytes.leave_out_of_dumps();
    chunks_.push_back(std::move(chunk));
  }
  return *chunks_.back();
}

void PacketSorter::let_go(const Entry& entry) noexcept {
  if (entry.chunk == nullptr) return;
  copied_bytes_ -= entry.packet.caplen;
  if (--entry.chunk->live != 0) return;
  if (entry.chunk == chunks_.back().get()) {  // being filled: from its front again
    ::explicit_bzero(entry.chunk->bytes.data(), entry.chunk->used);
    entry.chunk->used = 0;
    return;
  }
  const auto found = std::find_if(chunks_.begin(), chunks_.end(),
                                  [&](const auto& one) { return one.get() == entry.chunk; });
  ::explicit_bzero((*found)->bytes.data(), (*found)->used);
  (*found)->used = 0;
  free_.push_back(std::move(*found));
  chunks_.erase(found);
}

}  // namespace capstan
