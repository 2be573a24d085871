#include "engine/reader/byte_stream.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/core/errors.h"

namespace capstan {

std::size_t FdStream::read(std::uint8_t* to, std::size_t size) {
  if (peeked_used_ < peeked_.size()) {
    const std::size_t count = std::min(size, peeked_.size() - peeked_used_);
    std::memcpy(to, peeked_.data() + peeked_used_, count);
    peeked_used_ += count;
    return count;
  }
  return read_fd(to, size);
}

const std::vector<std::uint8_t>& FdStream::peek(std::size_t size) {
  const std::size_t had = peeked_.size();
  peeked_.resize(std::max(had, size));
  std::size_t have = had;
  while (have < size) {
    const std::size_t count = read_fd(peeked_.data() + have, size - have);
    if (count == 0) break;
    have += count;
  }
  peeked_.resize(have);
  return peeked_;
}

// False: it was told to stop first. A signal may come between any look and the wait, which is
// therefore never a long one.
bool FdStream::wait_readable() const noexcept {
  constexpr int kLookMs = 100;
  pollfd wanted{fd_.get(), POLLIN, 0};
  while (!stop_->load(std::memory_order_relaxed)) {
    if (::poll(&wanted, 1, kLookMs) > 0) return true;
  }
  return false;
}

std::size_t FdStream::read_fd(std::uint8_t* to, std::size_t size) {
  constexpr int kMomentMs = 10;
  if (idle_) {
    pollfd wanted{fd_.get(), POLLIN, 0};
    if (::poll(&wanted, 1, kMomentMs) == 0) idle_();
  }
  while (true) {
    if (stop_ != nullptr && !wait_readable()) return 0;
    const ssize_t count = ::read(fd_.get(), to, size);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno == EINTR) continue;
    error_ = "read: " + errno_text(errno);
    return 0;
  }
}

namespace {

bool starts_with(const std::uint8_t* start, std::size_t size, const char* magic,
                 std::size_t magic_size) noexcept {
  return size >= magic_size && std::memcmp(start, magic, magic_size) == 0;
}

}  // namespace

// gzip: RFC 1952 section 2.3.1; zstd: RFC 8878 section 3.1.1.
Compression detect_compression(const std::uint8_t* start, std::size_t size) noexcept {
  if (starts_with(start, size, "\x1F\x8B\x08", 3)) return Compression::kGzip;
  if (starts_with(start, size, "\x28\xB5\x2F\xFD", 4)) return Compression::kZstd;
  return Compression::kNone;
}

const char* unsupported_compression(const std::uint8_t* start, std::size_t size) noexcept {
  if (starts_with(start, size,
                  "\xFD"
                  "7zXZ\0",
                  6))
    return "xz";
  if (starts_with(start, size, "\x04\x22\x4D\x18", 4)) return "lz4";
  if (starts_with(start, size, "BZh", 3)) return "bzip2";
  return nullptr;
}

}  // namespace capstan
