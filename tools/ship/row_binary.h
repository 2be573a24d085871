// ClickHouse's RowBinary: values one behind another, little-endian, a string behind its length as a
// variable-length number (clickhouse.com/docs/interfaces/formats#rowbinary).
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace capstan::fleet {

class RowBinary {
 public:
  void u8(std::uint8_t value) { bytes_.push_back(value); }
  void u16(std::uint16_t value) { number(value); }
  void u32(std::uint32_t value) { number(value); }
  void u64(std::uint64_t value) { number(value); }
  void fixed(std::span<const std::uint8_t> bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  // Any bytes.
  void text(std::string_view value) {
    std::uint64_t size = value.size();
    for (; size >= 0x80; size >>= 7) u8(static_cast<std::uint8_t>(size | 0x80));
    u8(static_cast<std::uint8_t>(size));
    fixed({reinterpret_cast<const std::uint8_t*>(value.data()), value.size()});
  }

  std::span<const std::uint8_t> bytes() const noexcept { return bytes_; }
  void clear() noexcept { bytes_.clear(); }

 private:
  template <typename Number>
  void number(Number value) {
    std::uint8_t bytes[sizeof(value)];
    for (std::size_t i = 0; i < sizeof(value); ++i) {
      bytes[i] = static_cast<std::uint8_t>(value >> (8 * i));
    }
    fixed(bytes);
  }

  std::vector<std::uint8_t> bytes_;
};

}  // namespace capstan::fleet
