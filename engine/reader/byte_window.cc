#include "engine/reader/byte_window.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <optional>
#include <utility>

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

FileEnd ByteWindow::true_end(FileEnd found) const {
  const std::optional<LostBytes> lost = mapping_.lost();
  if (!lost) return found;
  // A record that begins before the bytes that are gone may lack its end.
  const std::uint64_t offset = std::min(lost->offset, found.offset);
  if (lost->shorter) {
    return {FileEnd::Kind::kDamaged, offset, "it became shorter while it was read", false};
  }
  return {FileEnd::Kind::kFailed, offset, "the disk did not give the bytes there", false};
}

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
