#include "engine/flow/checksum.h"

namespace capstan {

void ChecksumSum::add(ByteReader bytes) noexcept {
  const std::size_t even = bytes.size() & ~std::size_t{1};
  const std::uint8_t* data = bytes.data();
  for (std::size_t i = 0; i < even; i += 2) {
    sum_ += static_cast<std::uint32_t>(data[i]) << 8 | data[i + 1];
  }
  if (even != bytes.size()) sum_ += static_cast<std::uint32_t>(data[even]) << 8;
}

std::uint16_t ChecksumSum::folded() const noexcept {
  std::uint64_t sum = sum_;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

std::uint16_t checksum_error(ByteReader bytes) noexcept {
  ChecksumSum sum;
  sum.add(bytes);
  return static_cast<std::uint16_t>(~sum.folded());
}

std::uint16_t checksum_error(const PseudoHeader& pseudo, ByteReader bytes) noexcept {
  ChecksumSum sum;
  sum.add({pseudo.source, pseudo.address_bytes});
  sum.add({pseudo.destination, pseudo.address_bytes});
  sum.add16(pseudo.protocol);
  sum.add16(static_cast<std::uint16_t>(pseudo.length >> 16));
  sum.add16(static_cast<std::uint16_t>(pseudo.length));
  sum.add(bytes);
  return static_cast<std::uint16_t>(~sum.folded());
}

std::uint16_t correct_checksum(std::uint16_t field, std::uint16_t error) noexcept {
  std::uint32_t sum = std::uint32_t{field} + error;
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

}  // namespace capstan
