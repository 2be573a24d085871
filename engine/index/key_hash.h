// Keyed hashing of small keys of fixed size. Senders of packets cannot choose keys that collide,
// because the seed is random for every table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace capstan {

struct HashSeed {
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  // From the kernel's random generator (getrandom(2)).
  static HashSeed random() noexcept;
};

// XOR of the two halves of the 128-bit product: every input bit can affect every output bit.
inline std::uint64_t fold_multiply(std::uint64_t x, std::uint64_t y) noexcept {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(x) * y;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// `Bytes` must be a multiple of 16.
template <std::size_t Bytes>
std::uint64_t hash_bytes(const void* bytes, HashSeed seed) noexcept {
  static_assert(Bytes % 16 == 0);
  std::uint64_t hash = seed.b ^ Bytes;
  for (std::size_t at = 0; at < Bytes; at += 16) {
    std::uint64_t x = 0;
    std::uint64_t y = 0;
    std::memcpy(&x, static_cast<const std::uint8_t*>(bytes) + at, 8);
    std::memcpy(&y, static_cast<const std::uint8_t*>(bytes) + at + 8, 8);
    hash ^= fold_multiply(x ^ seed.a ^ (at * 0x9E3779B97F4A7C15U), y ^ seed.b ^ hash);
  }
  return fold_multiply(hash ^ seed.a, seed.b | 1);
}

}  // namespace capstan
