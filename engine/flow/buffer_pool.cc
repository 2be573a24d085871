#include "engine/flow/buffer_pool.h"

#include <string.h>
#include <sys/mman.h>

#include <algorithm>
#include <string>

#include "engine/core/check.h"
#include "engine/core/errors.h"

namespace capstan {

BufferPool::BufferPool(std::size_t capacity_bytes) {
  const std::size_t size = (capacity_bytes + kLargest - 1) / kLargest * kLargest;
  void* address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (address == MAP_FAILED) {
    throw_errno("reserving " + std::to_string(size) + " bytes for streams", "Ask for less memory.");
  }
  region_ = MmapRegion(address, size);
  // Best effort: the command also makes the whole process undumpable.
  region_.leave_out_of_dumps();
  static_cast<void>(::madvise(address, size, MADV_DONTFORK));
}

BufferPool::~BufferPool() {
  if (region_) ::explicit_bzero(region_.data(), carved_bytes_);
}

std::span<std::uint8_t> BufferPool::allocate(std::size_t bytes) noexcept {
  std::size_t index = 0;
  while (index < kClasses.size() && kClasses[index] < bytes) ++index;
  CAPSTAN_CHECK(index < kClasses.size(), bytes);
  const std::size_t size = kClasses[index];
  std::uint8_t* buffer = nullptr;
  if (free_[index] != nullptr) {
    FreeBuffer* const taken = free_[index];
    free_[index] = taken->next;
    taken->next = nullptr;
    buffer = reinterpret_cast<std::uint8_t*>(taken);
  } else if (carved_bytes_ + size <= region_.size()) {
    buffer = region_.data() + carved_bytes_;
    carved_bytes_ += size;
  } else if ((buffer = split_larger(index)) == nullptr) {
    ++refusals_;
    return {};
  }
  used_bytes_ += size;
  peak_bytes_ = std::max(peak_bytes_, used_bytes_);
  return {buffer, size};
}

// When a class has run out: a free buffer of a larger one becomes several of this.
std::uint8_t* BufferPool::split_larger(std::size_t index) noexcept {
  for (std::size_t larger = index + 1; larger < kClasses.size(); ++larger) {
    if (free_[larger] == nullptr) continue;
    FreeBuffer* const taken = free_[larger];
    free_[larger] = taken->next;
    taken->next = nullptr;
    auto* const bytes = reinterpret_cast<std::uint8_t*>(taken);
    for (std::size_t at = kClasses[index]; at < kClasses[larger]; at += kClasses[index]) {
      auto* const part = reinterpret_cast<FreeBuffer*>(bytes + at);
      part->next = free_[index];
      free_[index] = part;
    }
    return bytes;
  }
  return nullptr;
}

void BufferPool::release(std::span<std::uint8_t> buffer, std::size_t used) noexcept {
  if (buffer.empty()) return;
  ::explicit_bzero(buffer.data(), used);
  std::size_t index = 0;
  while (kClasses[index] != buffer.size()) ++index;
  used_bytes_ -= buffer.size();
  auto* const freed = reinterpret_cast<FreeBuffer*>(buffer.data());
  freed->next = free_[index];
  free_[index] = freed;
}

bool CarryBuffer::append(std::span<const std::uint8_t> bytes, BufferPool& pool) noexcept {
  const std::size_t held = size();
  if (held + bytes.size() > BufferPool::kLargest) return false;
  if (begin_ != 0 && end_ + bytes.size() > buffer_.size() &&
      held + bytes.size() <= buffer_.size()) {
    ::memmove(buffer_.data(), buffer_.data() + begin_, held);
    ::explicit_bzero(buffer_.data() + held, end_ - held);
    begin_ = 0;
    end_ = static_cast<std::uint32_t>(held);
  }
  if (end_ + bytes.size() > buffer_.size()) {
    const std::span<std::uint8_t> larger = pool.allocate(held + bytes.size());
    if (larger.empty()) return false;
    if (held != 0) ::memcpy(larger.data(), buffer_.data() + begin_, held);
    pool.release(buffer_, end_);
    buffer_ = larger;
    begin_ = 0;
    end_ = static_cast<std::uint32_t>(held);
  }
  if (!bytes.empty()) ::memcpy(buffer_.data() + end_, bytes.data(), bytes.size());
  end_ += static_cast<std::uint32_t>(bytes.size());
  return true;
}

void CarryBuffer::consume(std::size_t count, BufferPool& pool) noexcept {
  begin_ += static_cast<std::uint32_t>(std::min(count, size()));
  if (begin_ == end_) clear(pool);
}

void CarryBuffer::clear(BufferPool& pool) noexcept {
  pool.release(buffer_, end_);
  buffer_ = {};
  begin_ = end_ = 0;
}

}  // namespace capstan
