// Memory that is wiped when it is freed, for libraries that keep the data they decompress.
#pragma once

#include <string.h>

#include <cstddef>
#include <cstdlib>

namespace capstan::audit {

// Like malloc(3) and free(3). The size is stored in front of the block.
inline void* allocate_wiped(std::size_t bytes) noexcept {
  constexpr std::size_t kHead = alignof(std::max_align_t);
  auto* const block = static_cast<unsigned char*>(std::malloc(bytes + kHead));
  if (block == nullptr) return nullptr;
  ::memcpy(block, &bytes, sizeof(bytes));
  return block + kHead;
}
inline std::size_t size_of_wiped(const void* memory) noexcept {
  std::size_t bytes = 0;
  ::memcpy(&bytes, static_cast<const unsigned char*>(memory) - alignof(std::max_align_t),
           sizeof(bytes));
  return bytes;
}
inline void free_wiped(void* memory) noexcept {
  if (memory == nullptr) return;
  ::explicit_bzero(memory, size_of_wiped(memory));
  std::free(static_cast<unsigned char*>(memory) - alignof(std::max_align_t));
}

}  // namespace capstan::audit
