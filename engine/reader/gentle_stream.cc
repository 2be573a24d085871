#include "engine/reader/gentle_stream.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include "engine/core/errors.h"

namespace capstan {

namespace {

constexpr std::size_t kPieceBytes = 1U << 20;  // a multiple of every disk's sector

}  // namespace

GentleStream::GentleStream(UniqueFd fd)
    : fd_(std::move(fd)), buffer_(MmapRegion::anonymous(kPieceBytes)) {
  if (!buffer_) throw std::bad_alloc();
  buffer_.leave_out_of_dumps();
  const int flags = ::fcntl(fd_.get(), F_GETFL);
  direct_ = flags >= 0 && ::fcntl(fd_.get(), F_SETFL, flags | O_DIRECT) == 0;
}

bool GentleStream::fill() {
  while (true) {
    const ssize_t count =
        ::pread(fd_.get(), buffer_.data(), kPieceBytes, static_cast<off_t>(offset_));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EINVAL && direct_) {
      // The flag was taken and the read is not: this file system, or an offset that an end which
      // was no multiple of a sector has left behind.
      const int flags = ::fcntl(fd_.get(), F_GETFL);
      direct_ = false;
      if (flags >= 0 && ::fcntl(fd_.get(), F_SETFL, flags & ~O_DIRECT) == 0) continue;
      errno = EINVAL;
    }
    if (count < 0) {
      error_ = "read: " + errno_text(errno);
      return false;
    }
    if (!direct_) {
      ::posix_fadvise(fd_.get(), static_cast<off_t>(offset_), count, POSIX_FADV_DONTNEED);
    }
    offset_ += static_cast<std::uint64_t>(count);
    have_ = static_cast<std::size_t>(count);
    used_ = 0;
    return count > 0;
  }
}

std::size_t GentleStream::read(std::uint8_t* to, std::size_t size) {
  if (used_ == have_ && !fill()) return 0;
  const std::size_t count = std::min(size, have_ - used_);
  std::memcpy(to, buffer_.data() + used_, count);
  used_ += count;
  return count;
}

}  // namespace capstan
