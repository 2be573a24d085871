// The Internet checksum (RFC 1071) in parts: sums that can be prepared once and added per packet.
//
// All sums are of 16-bit words in the machine's own byte order; RFC 1071 section 2(B) shows that
// the folded, complemented result may then be stored in that order too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace capstan::traffic {

// Adds `size` bytes, an odd last one padded with a zero byte, to `sum`. The data must start at an
// even offset of what the checksum covers. Adding 32-bit pieces gives the same result as adding
// 16-bit ones (section 2(C)); 64 bits cannot overflow with fewer than 2^32 of them.
inline std::uint64_t checksum_add(const std::uint8_t* data, std::size_t size,
                                  std::uint64_t sum = 0) noexcept {
  while (size >= 8) {
    std::uint64_t words;
    std::memcpy(&words, data, 8);
    sum += (words & 0xffffffffU) + (words >> 32);
    data += 8;
    size -= 8;
  }
  while (size >= 2) {
    std::uint16_t word;
    std::memcpy(&word, data, 2);
    sum += word;
    data += 2;
    size -= 2;
  }
  if (size == 1) {
    std::uint16_t word = 0;
    std::memcpy(&word, data, 1);
    sum += word;
  }
  return sum;
}

// The sum of the four words of a 64-bit value, as stored in memory.
inline std::uint64_t checksum_words(std::uint64_t stored) noexcept {
  return (stored & 0xffffffffU) + (stored >> 32);
}

// The sum reduced to 16 bits with end-around carry.
inline std::uint16_t checksum_fold(std::uint64_t sum) noexcept {
  sum = (sum & 0xffffffffU) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

// The value for the header field.
inline std::uint16_t checksum_finish(std::uint64_t sum) noexcept {
  return static_cast<std::uint16_t>(~checksum_fold(sum));
}

// The same for UDP, where 0 means "no checksum" and a computed 0 is sent as 0xffff (RFC 768).
inline std::uint16_t checksum_finish_udp(std::uint64_t sum) noexcept {
  const std::uint16_t value = checksum_finish(sum);
  return value == 0 ? 0xffff : value;
}

}  // namespace capstan::traffic
