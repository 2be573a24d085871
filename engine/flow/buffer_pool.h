// BufferPool: all memory that may hold stream bytes, in one bounded mapping excluded from core
// dumps.
//
// The bytes that a session keeps of one direction (an incomplete line, a segment that came too
// early) may contain somebody's password. They are stored only here: the mapping is left out of
// core dumps, every buffer is wiped when it is released, and the size of the pool bounds how much
// is kept.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/core/mmap_region.h"

namespace capstan {

// One thread. Buffers must be released before the pool is destroyed.
class BufferPool {
 public:
  // `capacity_bytes` is only address space at first; pages are allocated as they are used. Throws
  // std::system_error when it cannot be mapped.
  explicit BufferPool(std::size_t capacity_bytes);
  ~BufferPool();
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  static constexpr std::size_t kLargest = 16384;

  // Returns a buffer of at least `bytes` (at most kLargest); an empty span when the pool is
  // exhausted, which is counted in refusals().
  std::span<std::uint8_t> allocate(std::size_t bytes) noexcept;
  // Wipes the first `used` bytes of the buffer and returns it to the pool.
  void release(std::span<std::uint8_t> buffer, std::size_t used) noexcept;

  std::size_t used_bytes() const noexcept { return used_bytes_; }
  std::size_t peak_bytes() const noexcept { return peak_bytes_; }
  std::size_t capacity_bytes() const noexcept { return region_.size(); }
  std::uint64_t refusals() const noexcept { return refusals_; }

 private:
  static constexpr std::array<std::size_t, 4> kClasses = {256, 1024, 4096, kLargest};
  struct FreeBuffer {
    FreeBuffer* next;
  };

  std::uint8_t* split_larger(std::size_t index) noexcept;

  MmapRegion region_;
  std::size_t carved_bytes_ = 0;
  std::size_t used_bytes_ = 0;
  std::size_t peak_bytes_ = 0;
  std::uint64_t refusals_ = 0;
  std::array<FreeBuffer*, kClasses.size()> free_{};
};

// A byte queue in a pool buffer: bytes are appended at the back and consumed at the front. Uses no
// memory while it is empty.
class CarryBuffer {
 public:
  std::span<const std::uint8_t> bytes() const noexcept {
    return std::span<const std::uint8_t>(buffer_).subspan(begin_, end_ - begin_);
  }
  std::size_t size() const noexcept { return end_ - begin_; }
  bool empty() const noexcept { return begin_ == end_; }
  // False when the pool is exhausted or BufferPool::kLargest is exceeded; then nothing was
  // appended.
  bool append(std::span<const std::uint8_t> bytes, BufferPool& pool) noexcept;
  void consume(std::size_t count, BufferPool& pool) noexcept;
  void clear(BufferPool& pool) noexcept;

 private:
  std::span<std::uint8_t> buffer_;
  std::uint32_t begin_ = 0;
  std::uint32_t end_ = 0;
};

}  // namespace capstan
