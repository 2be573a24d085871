// MmapRegion: one owned memory mapping.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace capstan {

// Owns a mapping made by mmap(2) and unmaps it in the destructor. Empty when default-constructed.
class [[nodiscard]] MmapRegion {
 public:
  MmapRegion() noexcept = default;
  // Takes ownership of [address, address + size_bytes), which mmap() returned.
  MmapRegion(void* address, std::size_t size_bytes) noexcept
      : address_(address), size_bytes_(size_bytes) {}
  // Allocates zeroed private memory. Returns an empty region when the kernel refuses it.
  static MmapRegion anonymous(std::size_t size_bytes) noexcept {
    void* const address =
        ::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return address == MAP_FAILED ? MmapRegion() : MmapRegion(address, size_bytes);
  }
  MmapRegion(MmapRegion&& other) noexcept
      : address_(std::exchange(other.address_, nullptr)),
        size_bytes_(std::exchange(other.size_bytes_, 0)) {}
  MmapRegion& operator=(MmapRegion&& other) noexcept {
    if (this != &other) {
      reset();
      address_ = std::exchange(other.address_, nullptr);
      size_bytes_ = std::exchange(other.size_bytes_, 0);
    }
    return *this;
  }
  MmapRegion(const MmapRegion&) = delete;
  MmapRegion& operator=(const MmapRegion&) = delete;
  ~MmapRegion() { reset(); }

  void reset() noexcept {
    if (address_ != nullptr) ::munmap(address_, size_bytes_);
    address_ = nullptr;
    size_bytes_ = 0;
  }

  // Excludes this memory from core dumps, because it holds captured network data. This is advice to
  // the kernel (MADV_DONTDUMP); a kernel without it ignores the call.
  void leave_out_of_dumps() const noexcept {
    static_cast<void>(::madvise(address_, size_bytes_, MADV_DONTDUMP));
  }

  std::uint8_t* data() const noexcept { return static_cast<std::uint8_t*>(address_); }
  std::size_t size() const noexcept { return size_bytes_; }
  explicit operator bool() const noexcept { return address_ != nullptr; }

 private:
  void* address_ = nullptr;
  std::size_t size_bytes_ = 0;
};

}  // namespace capstan
