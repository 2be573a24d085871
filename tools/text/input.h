// Input: the bytes that a protocol printer receives; notices when they end too early.
//
// A read beyond the captured bytes returns 0 and truncates the printer: the line ends there with "
// [|protocol]", whatever is printed later (see Printer::truncate). So a printer reads and prints
// field by field and needs no checks of its own except in loops.
#pragma once

#include <cstdint>

#include "engine/flow/byte_reader.h"

namespace capstan::text {

class Printer;

// A plain value with two sizes: captured(), the bytes that are present (up to the end of the
// enclosing IP packet), and length(), the size of this layer according to the layer below.
class Input {
 public:
  Input(Printer& printer, const std::uint8_t* data, std::size_t captured,
        std::size_t length) noexcept
      : printer_(&printer), bytes_(data, captured), length_(length) {}

  const std::uint8_t* data() const noexcept { return bytes_.data(); }
  std::size_t captured() const noexcept { return bytes_.size(); }
  std::size_t length() const noexcept { return length_; }
  // min(captured, length): the bytes that may be printed as part of this layer.
  std::size_t available() const noexcept {
    return bytes_.size() < length_ ? bytes_.size() : length_;
  }
  ByteReader bytes() const noexcept { return bytes_; }

  // Whether the bytes are present; never truncates.
  bool has(std::size_t offset, std::size_t count) const noexcept {
    return bytes_.has(offset, count);
  }
  // Whether the bytes are present; truncates the printer if they are not.
  bool need(std::size_t offset, std::size_t count) const {
    if (bytes_.has(offset, count)) return true;
    ran_out();
    return false;
  }
  // Returns `count` bytes at `offset`, to be used together (such as an address). If they are not
  // present, truncates and returns zeros; `count` may then be at most 64.
  const std::uint8_t* at(std::size_t offset, std::size_t count) const {
    return need(offset, count) ? bytes_.data() + offset : zeros();
  }

  std::uint8_t u8(std::size_t offset) const {
    need(offset, 1);
    return bytes_.u8(offset);
  }
  std::int8_t i8(std::size_t offset) const { return static_cast<std::int8_t>(u8(offset)); }
  std::uint16_t be16(std::size_t offset) const {
    need(offset, 2);
    return bytes_.be16(offset);
  }
  std::uint32_t be24(std::size_t offset) const {
    need(offset, 3);
    return bytes_.be24(offset);
  }
  std::uint32_t be32(std::size_t offset) const {
    need(offset, 4);
    return bytes_.be32(offset);
  }
  std::uint64_t be48(std::size_t offset) const {
    need(offset, 6);
    return bytes_.be48(offset);
  }
  std::uint64_t be64(std::size_t offset) const {
    need(offset, 8);
    return bytes_.be64(offset);
  }
  std::uint16_t le16(std::size_t offset) const {
    need(offset, 2);
    return bytes_.le16(offset);
  }
  std::uint32_t le32(std::size_t offset) const {
    need(offset, 4);
    return bytes_.le32(offset);
  }
  std::uint64_t le64(std::size_t offset) const {
    need(offset, 8);
    return bytes_.le64(offset);
  }

  // The bytes after the first `count`: both sizes shrink, but not below 0.
  Input from(std::size_t count) const noexcept {
    const std::size_t skipped = count < captured() ? count : captured();
    return {*printer_, bytes_.data() + skipped, captured() - skipped,
            length_ < count ? 0 : length_ - count};
  }
  // At most the first `count` bytes, in both sizes: the bytes after them count as not captured.
  Input first(std::size_t count) const noexcept {
    return {*printer_, bytes_.data(), captured() < count ? captured() : count,
            length_ < count ? length_ : count};
  }
  // The same bytes with another length().
  Input with_length(std::size_t length) const noexcept {
    return {*printer_, bytes_.data(), captured(), length};
  }

 private:
  void ran_out() const;
  static const std::uint8_t* zeros() noexcept;

  Printer* printer_;
  ByteReader bytes_;
  std::size_t length_;
};

}  // namespace capstan::text
