// Loads integers from unaligned bytes, in this machine's byte order or in the opposite one: a file
// keeps the byte order of the machine that wrote it.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace capstan {

static_assert(std::endian::native == std::endian::little || std::endian::native == std::endian::big,
              "a machine of mixed byte order is not supported");

// The byte order of this machine, which is the one Capstan writes.
struct NativeOrder {
  static constexpr bool kSwapped = false;
  static std::uint16_t load16(const std::uint8_t* at) noexcept {
    std::uint16_t value = 0;
    std::memcpy(&value, at, sizeof(value));
    return value;
  }
  static std::uint32_t load32(const std::uint8_t* at) noexcept {
    std::uint32_t value = 0;
    std::memcpy(&value, at, sizeof(value));
    return value;
  }
  static std::uint64_t load64(const std::uint8_t* at) noexcept {
    std::uint64_t value = 0;
    std::memcpy(&value, at, sizeof(value));
    return value;
  }
};

// The opposite byte order.
struct SwappedOrder {
  static constexpr bool kSwapped = true;
  static std::uint16_t load16(const std::uint8_t* at) noexcept {
    return __builtin_bswap16(NativeOrder::load16(at));
  }
  static std::uint32_t load32(const std::uint8_t* at) noexcept {
    return __builtin_bswap32(NativeOrder::load32(at));
  }
  static std::uint64_t load64(const std::uint8_t* at) noexcept {
    return __builtin_bswap64(NativeOrder::load64(at));
  }
};

}  // namespace capstan
