// SecretBuffer: a small fixed buffer for decoded secrets that wipes itself.
#pragma once

#include <string.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/audit/facts.h"

namespace capstan::audit {

// Used on the stack. Not copyable, so that there is only one place to wipe.
template <std::size_t kCapacity>
class SecretBuffer {
 public:
  SecretBuffer() noexcept = default;
  SecretBuffer(const SecretBuffer&) = delete;
  SecretBuffer& operator=(const SecretBuffer&) = delete;
  ~SecretBuffer() { ::explicit_bzero(bytes_.data(), size_); }

  std::span<std::uint8_t> space() noexcept { return {bytes_.data(), bytes_.size()}; }
  void set_size(std::size_t size) noexcept { size_ = size; }
  // False when full.
  bool push(std::uint8_t byte) noexcept {
    if (size_ == kCapacity) return false;
    bytes_[size_++] = byte;
    return true;
  }
  Bytes bytes() const noexcept { return {bytes_.data(), size_}; }

 private:
  std::array<std::uint8_t, kCapacity> bytes_;  // bytes from size_ on were never written
  std::size_t size_ = 0;
};

}  // namespace capstan::audit
