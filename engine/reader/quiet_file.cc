#include "engine/reader/quiet_file.h"

#include <fcntl.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include "engine/core/errors.h"

#ifndef RWF_DONTCACHE
#define RWF_DONTCACHE 0x00000080  // linux/fs.h of Linux 6.14
#endif

namespace capstan {

namespace {

// One direct read. Large enough that a disk is not waited for more often than its blocks come.
constexpr std::size_t kBounceBytes = std::size_t{1} << 20;
constexpr std::uint64_t kDirectAlignment = 4096;

}  // namespace

QuietFile::QuietFile(UniqueFd fd, Manner manner) noexcept : fd_(std::move(fd)) {
  if (manner != Manner::kDirect) return;
  const int flags = ::fcntl(fd_.get(), F_GETFL);
  direct_ = flags >= 0 && ::fcntl(fd_.get(), F_SETFL, flags | O_DIRECT) == 0;
}

std::size_t QuietFile::read_at(std::uint64_t offset, std::uint8_t* to, std::size_t size) {
  return direct_ ? read_direct(offset, to, size) : read_uncached(offset, to, size);
}

std::size_t QuietFile::read_uncached(std::uint64_t offset, std::uint8_t* to, std::size_t size) {
  while (true) {
    const iovec vector{to, size};
    const auto at = static_cast<off_t>(offset);
    const ssize_t count = has_dontcache_ ? ::preadv2(fd_.get(), &vector, 1, at, RWF_DONTCACHE)
                                         : ::pread(fd_.get(), to, size, at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && has_dontcache_ && (errno == EOPNOTSUPP || errno == EINVAL)) {
      has_dontcache_ = false;
      continue;
    }
    if (count < 0) {
      error_ = "read: " + errno_text(errno);
      return 0;
    }
    bytes_read_ += static_cast<std::uint64_t>(count);
    // Advice: where it is not taken, pages stay a while.
    if (!has_dontcache_)
      static_cast<void>(::posix_fadvise(fd_.get(), at, count, POSIX_FADV_DONTNEED));
    return static_cast<std::size_t>(count);
  }
}

bool QuietFile::fill_bounce(std::uint64_t offset) {
  if (!bounce_) {
    bounce_ = MmapRegion::anonymous(kBounceBytes);
    if (!bounce_) throw std::bad_alloc();
    bounce_.leave_out_of_dumps();
  }
  bounce_start_ = offset - offset % kDirectAlignment;
  bounce_used_ = 0;
  while (true) {
    const ssize_t count =
        ::pread(fd_.get(), bounce_.data(), bounce_.size(), static_cast<off_t>(bounce_start_));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const int flags = ::fcntl(fd_.get(), F_GETFL);
      // What takes the flag and refuses the read: read through the cache after all.
      if (errno == EINVAL && ::fcntl(fd_.get(), F_SETFL, flags & ~O_DIRECT) == 0) {
        direct_ = false;
        return false;
      }
      error_ = "read: " + errno_text(errno);
      return false;
    }
    bounce_used_ = static_cast<std::size_t>(count);
    bytes_read_ += bounce_used_;
    return true;
  }
}

std::size_t QuietFile::read_direct(std::uint64_t offset, std::uint8_t* to, std::size_t size) {
  const auto missing = [&] {
    return offset < bounce_start_ || offset >= bounce_start_ + bounce_used_;
  };
  if (missing() && !fill_bounce(offset)) return direct_ ? 0 : read_uncached(offset, to, size);
  if (missing()) return 0;  // the end
  const std::size_t skip = static_cast<std::size_t>(offset - bounce_start_);
  const std::size_t count = std::min(size, bounce_used_ - skip);
  std::memcpy(to, bounce_.data() + skip, count);
  return count;
}

std::size_t QuietStream::read(std::uint8_t* to, std::size_t size) {
  while (range_ < ranges_.size()) {
    const ByteRange& range = ranges_[range_];
    const std::uint64_t left = range.length - in_range_;
    if (left == 0) {
      ++range_;
      in_range_ = 0;
      continue;
    }
    const std::size_t want = static_cast<std::size_t>(std::min<std::uint64_t>(size, left));
    const std::size_t count = file_.read_at(range.offset + in_range_, to, want);
    if (count == 0) range_ = ranges_.size();
    in_range_ += count;
    return count;
  }
  return 0;
}

std::uint64_t offset_in_file(const std::vector<ByteRange>& ranges, std::uint64_t offset) noexcept {
  for (const ByteRange& range : ranges) {
    if (offset < range.length) return range.offset + offset;
    offset -= range.length;
  }
  return ranges.empty() ? offset : ranges.back().offset + ranges.back().length + offset;
}

}  // namespace capstan
