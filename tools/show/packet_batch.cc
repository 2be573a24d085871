#include "tools/show/packet_batch.h"

#include <algorithm>
#include <cstring>

namespace capstan {

namespace {

constexpr std::size_t kCopyBytes = std::size_t{1} << 20;

}  // namespace

PacketBatch::PacketBatch(std::size_t index, std::size_t workers)
    : index_(index), shares_(workers) {}

bool PacketBatch::add_copy(BatchPacket packet, std::size_t worker) {
  const std::size_t bytes = packet.view.caplen;
  if (copied_bytes_ + bytes > copies_.size()) {
    if (copied_bytes_ != 0) return false;
    copies_.resize(std::max(kCopyBytes, bytes));
  }
  std::uint8_t* const copy = copies_.data() + copied_bytes_;
  if (bytes > 0) std::memcpy(copy, packet.view.data, bytes);
  copied_bytes_ += bytes;
  packet.view.data = copy;
  add(packet, worker);
  return true;
}

void PacketBatch::clear() noexcept {
  for (std::vector<BatchPacket>& share : shares_) share.clear();
  order_.clear();
  copied_bytes_ = 0;
  captured_bytes_ = 0;
}

}  // namespace capstan
