// BER as LDAP, SNMP and Kerberos use it: definite lengths, read without copying.
//
// X.690 section 8.1. Multi-byte tags and indefinite lengths are rejected: none of these protocols
// may use them (RFC 4511 section 5.1, RFC 3417 section 8).
#pragma once

#include <cstdint>
#include <optional>

#include "engine/audit/facts.h"

namespace capstan::audit {

struct BerElement {
  std::uint8_t tag = 0;
  Bytes value;
};

class BerReader {
 public:
  explicit BerReader(Bytes bytes) noexcept : bytes_(bytes) {}

  bool at_end() const noexcept { return bytes_.empty(); }
  std::uint8_t peek_tag() const noexcept { return bytes_.empty() ? 0 : bytes_[0]; }

  // Returns the next complete element; nullopt when it is malformed or reaches past the end.
  std::optional<BerElement> next() noexcept {
    const Head head = read_head(bytes_);
    if (!head.complete || !head.valid || head.length > bytes_.size() - head.head_bytes) {
      return std::nullopt;
    }
    const BerElement element{bytes_[0], bytes_.subspan(head.head_bytes, head.length)};
    bytes_ = bytes_.subspan(head.head_bytes + head.length);
    return element;
  }
  // The same, but only if the element has this tag.
  std::optional<BerElement> next(std::uint8_t tag) noexcept {
    if (peek_tag() != tag || bytes_.empty()) return std::nullopt;
    return next();
  }
  // The next element, cut to the bytes that are present: for a message longer than what is held.
  std::optional<BerElement> next_cut() noexcept {
    const Head head = read_head(bytes_);
    if (!head.complete || !head.valid) return std::nullopt;
    const std::size_t length = std::min<std::size_t>(head.length, bytes_.size() - head.head_bytes);
    const BerElement element{bytes_[0], bytes_.subspan(head.head_bytes, length)};
    bytes_ = bytes_.subspan(head.head_bytes + length);
    return element;
  }
  // An INTEGER or ENUMERATED of up to 8 bytes, which is taken as unsigned.
  std::optional<std::uint64_t> next_unsigned(std::uint8_t tag = 0x02) noexcept {
    const auto element = next(tag);
    if (!element || element->value.empty() || element->value.size() > 8) return std::nullopt;
    std::uint64_t value = 0;
    for (const std::uint8_t byte : element->value) value = value << 8 | byte;
    return value;
  }

  struct Head {
    bool complete = false;  // tag and length are present
    bool valid = false;
    std::size_t head_bytes = 0;
    std::uint64_t length = 0;  // bytes of the value
  };
  static Head read_head(Bytes bytes) noexcept {
    Head head;
    if (bytes.size() < 2) return head;
    const std::uint8_t first = bytes[1];
    if (first < 0x80) {
      return {true, (bytes[0] & 0x1f) != 0x1f, 2, first};
    }
    const std::size_t count = first & 0x7fU;
    if (count == 0 || count > 4) return {true, false, 2, 0};
    if (bytes.size() < 2 + count) return head;
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < count; ++i) length = length << 8 | bytes[2 + i];
    return {true, (bytes[0] & 0x1f) != 0x1f, 2 + count, length};
  }

 private:
  Bytes bytes_;
};

}  // namespace capstan::audit
