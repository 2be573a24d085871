#include "engine/reader/byte_window.h"

#include <cstring>
#include <new>

#include "engine/block/packet_walk.h"
#include "engine/core/check.h"

namespace capstan {

namespace {

constexpr std::size_t kFirstBufferBytes = 128U << 10;
// One record of the largest size and the start of the next.
constexpr std::size_t kLargestBufferBytes = 2 * std::size_t{kMaxBlockBytes};

MmapRegion make_buffer(std::size_t size) {
  MmapRegion buffer = MmapRegion::anonymous(size);
  if (!buffer) throw std::bad_alloc();
  buffer.leave_out_of_dumps();
  return buffer;
}

}  // namespace

bool ByteWindow::more(std::size_t used) {
  CAPSTAN_CHECK(used <= bytes_.size(), used, bytes_.size());
  if (stream_ == nullptr) {
    offset_ += used;
    bytes_ = bytes_.subspan(used);
    return false;
  }
  const std::size_t kept = bytes_.size() - used;
  if (!buffer_) buffer_ = make_buffer(kFirstBufferBytes);
  if (kept > 0 && used > 0) std::memmove(buffer_.data(), bytes_.data() + used, kept);
  if (kept == buffer_.size()) {
    CAPSTAN_CHECK(buffer_.size() < kLargestBufferBytes, kept);
    MmapRegion larger = make_buffer(buffer_.size() * 2);
    std::memcpy(larger.data(), buffer_.data(), kept);
    buffer_ = std::move(larger);
  }
  offset_ += used;
  const std::size_t count = stream_->read(buffer_.data() + kept, buffer_.size() - kept);
  bytes_ = {buffer_.data(), kept + count};
  return count > 0;
}

}  // namespace capstan
