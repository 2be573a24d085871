// The fields of an index: written one after another, and read back without trusting any of them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace capstan {

// Varints, numbers of any size in as few bytes as possible: seven bits per byte, lowest first; the
// top bit is set in all bytes except the last.
inline constexpr std::size_t kMaxVarintBytes = 10;

// Maps small numbers of either sign to small unsigned ones: 0, -1, 1, -2 to 0, 1, 2, 3.
constexpr std::uint64_t zigzag(std::uint64_t difference) noexcept {
  return difference << 1 ^ (difference >> 63 != 0 ? ~std::uint64_t{0} : 0);
}
constexpr std::uint64_t unzigzag(std::uint64_t value) noexcept {
  return value >> 1 ^ ((value & 1) != 0 ? ~std::uint64_t{0} : 0);
}

// Appends to a vector that it owns.
class FieldWriter {
 public:
  void u8(std::uint8_t value) { bytes_.push_back(value); }
  void u16(std::uint16_t value) { fixed(value, 2); }
  void u32(std::uint32_t value) { fixed(value, 4); }
  void u64(std::uint64_t value) { fixed(value, 8); }
  void varint(std::uint64_t value) {
    std::array<std::uint8_t, kMaxVarintBytes> encoded;
    std::size_t size = 0;
    while (value >= 0x80) {
      encoded[size++] = static_cast<std::uint8_t>(value | 0x80);
      value >>= 7;
    }
    encoded[size++] = static_cast<std::uint8_t>(value);
    raw({encoded.data(), size});
  }
  void raw(std::span<const std::uint8_t> bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }

  std::size_t size() const noexcept { return bytes_.size(); }
  void clear() noexcept { bytes_.clear(); }
  const std::vector<std::uint8_t>& bytes() const noexcept { return bytes_; }
  std::vector<std::uint8_t>& bytes() noexcept { return bytes_; }

 private:
  void fixed(std::uint64_t value, int size) {
    for (int i = 0; i < size; ++i) bytes_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }
  std::vector<std::uint8_t> bytes_;
};

// Reads from borrowed bytes. After the first read past the end, or of a number with more than 64
// bits, failed() is true and everything reads as 0.
class FieldReader {
 public:
  FieldReader() noexcept = default;
  explicit FieldReader(std::span<const std::uint8_t> bytes) noexcept
      : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  std::uint8_t u8() noexcept { return static_cast<std::uint8_t>(fixed(1)); }
  std::uint16_t u16() noexcept { return static_cast<std::uint16_t>(fixed(2)); }
  std::uint32_t u32() noexcept { return static_cast<std::uint32_t>(fixed(4)); }
  std::uint64_t u64() noexcept { return fixed(8); }
  std::uint64_t varint() noexcept {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && at_ != end_; shift += 7) {
      const std::uint8_t byte = *at_++;
      if (shift == 63 && byte > 1) break;
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if ((byte & 0x80) == 0) return value;
    }
    fail();
    return 0;
  }
  // A number of at most `limit`; a larger number is a failure.
  std::uint64_t varint(std::uint64_t limit) noexcept {
    const std::uint64_t value = varint();
    if (value <= limit) return value;
    fail();
    return 0;
  }
  // Borrowed; empty after a failure.
  std::span<const std::uint8_t> raw(std::size_t size) noexcept {
    if (size > left()) {
      fail();
      return {};
    }
    const std::span<const std::uint8_t> bytes{at_, size};
    at_ += size;
    return bytes;
  }

  std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - at_); }
  bool failed() const noexcept { return failed_; }
  void fail() noexcept {
    failed_ = true;
    at_ = end_;
  }

 private:
  std::uint64_t fixed(std::size_t size) noexcept {
    const std::span<const std::uint8_t> bytes = raw(size);
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) value |= std::uint64_t{bytes[i]} << (8 * i);
    return value;
  }

  const std::uint8_t* at_ = nullptr;
  const std::uint8_t* end_ = nullptr;
  bool failed_ = false;
};

// Writes distinct ascending numbers: the gaps between them, and the lengths of runs without a gap.
// `last` is a number that the reader already knows and that is smaller than the first.
class AscendingWriter {
 public:
  AscendingWriter(FieldWriter& to, std::uint64_t last) noexcept : to_(to), last_(last) {}

  void add(std::uint64_t value) {
    if (value == last_ + 1) {
      ++run_;
    } else {
      finish();
      to_.varint((value - last_ - 1) << 1);
    }
    last_ = value;
  }
  // Must be called after the last number.
  void finish() {
    if (run_ != 0) to_.varint(((run_ - 1) << 1) | 1);
    run_ = 0;
  }

 private:
  FieldWriter& to_;
  std::uint64_t last_;
  std::uint64_t run_ = 0;
};

// Reads `count` numbers that AscendingWriter wrote after `last`, each below `limit`, and passes
// them to `take`. Sets failed() in `from` when there are fewer numbers.
template <typename Take>
void read_ascending(FieldReader& from, std::uint64_t last, std::uint64_t count, std::uint64_t limit,
                    Take take) {
  while (count > 0 && !from.failed()) {
    const std::uint64_t code = from.varint();
    const bool is_run = (code & 1) != 0;
    const std::uint64_t length = is_run ? (code >> 1) + 1 : 1;
    const std::uint64_t first = is_run ? last + 1 : last + (code >> 1) + 1;
    if (from.failed() || length > count || first <= last || first >= limit ||
        length > limit - first) {
      from.fail();
      return;
    }
    for (std::uint64_t i = 0; i < length; ++i) take(first + i);
    last = first + length - 1;
    count -= length;
  }
}

}  // namespace capstan
