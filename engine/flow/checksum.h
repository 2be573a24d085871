// The Internet checksum (RFC 1071) over captured bytes.
#pragma once

#include <cstdint>

#include "engine/flow/byte_reader.h"

namespace capstan {

// The running one's complement sum of big-endian 16-bit words. Parts may be added in any order as
// long as each part except the last has an even size.
class ChecksumSum {
 public:
  void add(ByteReader bytes) noexcept;
  void add16(std::uint16_t word) noexcept { sum_ += word; }
  // Folded to 16 bits, not complemented: 0xffff over data that includes a correct checksum.
  std::uint16_t folded() const noexcept;

 private:
  std::uint64_t sum_ = 0;
};

// The IPv4 or IPv6 pseudo-header (RFC 9293 section 3.1, RFC 8200 section 8.1).
struct PseudoHeader {
  const std::uint8_t* source;       // address_bytes
  const std::uint8_t* destination;  // address_bytes
  std::size_t address_bytes;        // 4 or 16
  std::uint8_t protocol;
  std::uint32_t length;  // bytes of the part that the checksum covers
};

// 0 when `bytes`, which include their checksum, are correct; otherwise the remaining difference.
std::uint16_t checksum_error(ByteReader bytes) noexcept;
std::uint16_t checksum_error(const PseudoHeader& pseudo, ByteReader bytes) noexcept;

// The correct value of the checksum field, computed from its present value and from the error that
// checksum_error() returned for the whole.
std::uint16_t correct_checksum(std::uint16_t field, std::uint16_t error) noexcept;

}  // namespace capstan
