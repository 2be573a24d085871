// BufferPool: all memory that may hold stream bytes, in one bounded, undumpable mapping.
//
// What a session holds of a direction (a line not yet whole, a segment that came too early) may be
// somebody's password. It lives here and nowhere else: the mapping is left out of core dumps, every
// buffer is wiped when it is given back, and the pool's size is the bound on what is held.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/core/mmap_region.h"

namespace capstan {

// One thread. Buffers must be given back before the pool goes.
class BufferPool {
 public:
  // `capacity_bytes` is address space at first; pages are used as they are needed. Throws
  // std::system_error when it cannot be mapped.
  explicit BufferPool(std::size_t capacity_bytes);
  ~BufferPool();
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  static constexpr std::size_t kLargest = 16384;

  // A buffer of at least `bytes` (at most kLargest); empty when the pool is exhausted, which is
  // counted.
  std::span<std::uint8_t> allocate(std::size_t bytes) noexcept;
  // Wipes the first `used` bytes of the buffer and takes it back.
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

// A byte queue in a pool buffer: appended at the back, consumed at the front. Holds no memory while
// it is empty.
class CarryBuffer {
 public:
  std::span<const std::uint8_t> bytes() const noexcept {
    return std::span<const std::uint8_t>(buffer_).subspan(begin_, end_ - begin_);
  }
  std::size_t size() const noexcept { return end_ - begin_; }
  bool empty() const noexcept { return begin_ == end_; }
  // False when the pool or BufferPool::kLargest does not allow it; then nothing was appended.
  bool append(std::span<const std::uint8_t> bytes, BufferPool& pool) noexcept;
  void consume(std::size_t count, BufferPool& pool) noexcept;
  void clear(BufferPool& pool) noexcept;

 private:
  std::span<std::uint8_t> buffer_;
  std::uint32_t begin_ = 0;
  std::uint32_t end_ = 0;
};

}  // namespace capstan
