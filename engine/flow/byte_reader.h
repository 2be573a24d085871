// ByteReader: the captured bytes of a packet or of one of its layers, read big-endian (or
// little-endian: le16 and so on) and with bounds checks.
//
// The basis of all decoders: a read past the end returns 0 and never touches memory outside. Where
// 0 could be mistaken for a value, the decoder calls has() first.
#pragma once

#include <cstddef>
#include <cstdint>

namespace capstan {

// A borrowed span of bytes. A plain value: copying it copies two words.
class ByteReader {
 public:
  constexpr ByteReader() noexcept = default;
  constexpr ByteReader(const std::uint8_t* data, std::size_t size) noexcept
      : data_(data), size_(size) {}

  constexpr const std::uint8_t* data() const noexcept { return data_; }
  constexpr std::size_t size() const noexcept { return size_; }
  constexpr bool empty() const noexcept { return size_ == 0; }

  // True when `count` bytes exist at `offset`. The sum cannot overflow.
  constexpr bool has(std::size_t offset, std::size_t count) const noexcept {
    return offset <= size_ && count <= size_ - offset;
  }

  constexpr std::uint8_t u8(std::size_t offset) const noexcept {
    return has(offset, 1) ? data_[offset] : std::uint8_t{0};
  }
  constexpr std::uint16_t be16(std::size_t offset) const noexcept {
    return static_cast<std::uint16_t>(big_endian(offset, 2));
  }
  constexpr std::uint32_t be24(std::size_t offset) const noexcept {
    return static_cast<std::uint32_t>(big_endian(offset, 3));
  }
  constexpr std::uint32_t be32(std::size_t offset) const noexcept {
    return static_cast<std::uint32_t>(big_endian(offset, 4));
  }
  constexpr std::uint64_t be48(std::size_t offset) const noexcept { return big_endian(offset, 6); }
  constexpr std::uint64_t be64(std::size_t offset) const noexcept { return big_endian(offset, 8); }
  constexpr std::uint16_t le16(std::size_t offset) const noexcept {
    return static_cast<std::uint16_t>(little_endian(offset, 2));
  }
  constexpr std::uint32_t le32(std::size_t offset) const noexcept {
    return static_cast<std::uint32_t>(little_endian(offset, 4));
  }
  constexpr std::uint64_t le64(std::size_t offset) const noexcept {
    return little_endian(offset, 8);
  }

  // The bytes from `offset` on; empty when the offset is past the end.
  constexpr ByteReader from(std::size_t offset) const noexcept {
    return offset <= size_ ? ByteReader{data_ + offset, size_ - offset} : ByteReader{};
  }
  // The first `count` bytes, or all bytes when there are fewer.
  constexpr ByteReader first(std::size_t count) const noexcept {
    return {data_, count < size_ ? count : size_};
  }

 private:
  constexpr std::uint64_t big_endian(std::size_t offset, std::size_t count) const noexcept {
    if (!has(offset, count)) return 0;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < count; ++i) value = value << 8 | data_[offset + i];
    return value;
  }
  constexpr std::uint64_t little_endian(std::size_t offset, std::size_t count) const noexcept {
    if (!has(offset, count)) return 0;
    std::uint64_t value = 0;
    for (std::size_t i = count; i > 0; --i) value = value << 8 | data_[offset + i - 1];
    return value;
  }

  const std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace capstan
