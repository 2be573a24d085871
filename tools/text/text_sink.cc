#include "tools/text/text_sink.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <iterator>

namespace capstan::text {

const char kTwoDigits[201] =
    "0001020304050607080910111213141516171819"
    "2021222324252627282930313233343536373839"
    "4041424344454647484950515253545556575859"
    "6061626364656667686970717273747576777879"
    "8081828384858687888990919293949596979899";

namespace {

constexpr char kHexDigits[] = "0123456789abcdef";
constexpr std::size_t kMaxDecimalDigits = 20;
constexpr std::size_t kMaxIpv6Text = 46;

// Writes `value` so that it ends before `end`; returns where it begins.
char* decimal_before(char* end, std::uint64_t value) noexcept {
  while (value >= 100) {
    end -= 2;
    std::memcpy(end, kTwoDigits + 2 * (value % 100), 2);
    value /= 100;
  }
  if (value >= 10) {
    end -= 2;
    std::memcpy(end, kTwoDigits + 2 * value, 2);
  } else {
    *--end = static_cast<char>('0' + value);
  }
  return end;
}

char* write_byte_decimal(char* cursor, unsigned value) noexcept {
  if (value >= 100) {
    *cursor++ = static_cast<char>('0' + value / 100);
    value %= 100;
    std::memcpy(cursor, kTwoDigits + 2 * value, 2);
    return cursor + 2;
  }
  if (value >= 10) {
    std::memcpy(cursor, kTwoDigits + 2 * value, 2);
    return cursor + 2;
  }
  *cursor++ = static_cast<char>('0' + value);
  return cursor;
}

char* write_ipv4(char* cursor, const std::uint8_t* address) noexcept {
  for (int i = 0; i < 4; ++i) {
    if (i > 0) *cursor++ = '.';
    cursor = write_byte_decimal(cursor, address[i]);
  }
  return cursor;
}

char* write_group(char* cursor, unsigned group) noexcept {
  if (group >= 0x1000) *cursor++ = kHexDigits[group >> 12];
  if (group >= 0x100) *cursor++ = kHexDigits[group >> 8 & 15];
  if (group >= 0x10) *cursor++ = kHexDigits[group >> 4 & 15];
  *cursor++ = kHexDigits[group & 15];
  return cursor;
}

// The longest run of two or more zero groups, the first of equals (RFC 5952 section 4.2).
struct ZeroRun {
  int start = -1;
  int length = 0;
};
ZeroRun longest_zero_run(const unsigned (&groups)[8]) noexcept {
  ZeroRun best;
  ZeroRun run;
  for (int i = 0; i < 8; ++i) {
    if (groups[i] != 0) {
      run = {};
      continue;
    }
    if (run.length == 0) run.start = i;
    ++run.length;
    if (run.length > best.length) best = run;
  }
  return best.length >= 2 ? best : ZeroRun{};
}

}  // namespace

struct TextSink::Inserter {
  using iterator_category = std::output_iterator_tag;
  using value_type = void;
  using difference_type = std::ptrdiff_t;
  using pointer = void;
  using reference = void;
  TextSink* sink;
  Inserter& operator*() noexcept { return *this; }
  Inserter& operator++() noexcept { return *this; }
  Inserter operator++(int) noexcept { return *this; }
  Inserter& operator=(char c) {
    sink->put(c);
    return *this;
  }
};

TextSink& TextSink::format_arguments(fmt::string_view pattern, fmt::format_args arguments) {
  fmt::vformat_to(Inserter{this}, pattern, arguments);
  return *this;
}

void TextSink::grow(std::size_t count) {
  const std::size_t used = size();
  const std::size_t capacity = std::max(used + count, 2 * static_cast<std::size_t>(end_ - begin_));
  char* bigger = static_cast<char*>(std::realloc(begin_, capacity));
  if (bigger == nullptr) throw std::bad_alloc();
  begin_ = bigger;
  cursor_ = bigger + used;
  end_ = bigger + capacity;
}

TextSink& TextSink::dec(std::uint64_t value) {
  char* cursor = reserve(kMaxDecimalDigits);
  if (value < 100) {
    cursor_ = write_byte_decimal(cursor, static_cast<unsigned>(value));
    return *this;
  }
  char digits[kMaxDecimalDigits];
  char* first = decimal_before(digits + kMaxDecimalDigits, value);
  const auto count = static_cast<std::size_t>(digits + kMaxDecimalDigits - first);
  std::memcpy(cursor, first, count);
  cursor_ = cursor + count;
  return *this;
}

TextSink& TextSink::signed_dec(std::int64_t value) {
  if (value >= 0) return dec(static_cast<std::uint64_t>(value));
  put('-');
  return dec(std::uint64_t{0} - static_cast<std::uint64_t>(value));
}

TextSink& TextSink::dec_padded(std::uint64_t value, unsigned width, char pad) {
  char digits[kMaxDecimalDigits];
  char* first = decimal_before(digits + kMaxDecimalDigits, value);
  const auto count = static_cast<std::size_t>(digits + kMaxDecimalDigits - first);
  if (count < width) fill(pad, width - count);
  return put(std::string_view(first, count));
}

TextSink& TextSink::hex(std::uint64_t value, unsigned width) {
  const auto needed = static_cast<unsigned>((std::bit_width(value | 1) + 3) / 4);
  unsigned digits = std::max(needed, width);
  char* cursor = reserve(digits);
  while (digits > 0) {
    --digits;
    *cursor++ = digits >= 16 ? '0' : kHexDigits[value >> (4 * digits) & 15];
  }
  cursor_ = cursor;
  return *this;
}

TextSink& TextSink::ipv4(const std::uint8_t* address) {
  cursor_ = write_ipv4(reserve(15), address);
  return *this;
}

TextSink& TextSink::ipv6(const std::uint8_t* address) {
  unsigned groups[8];
  for (int i = 0; i < 8; ++i) groups[i] = unsigned{address[2 * i]} << 8 | address[2 * i + 1];
  const ZeroRun run = longest_zero_run(groups);
  char* cursor = reserve(kMaxIpv6Text);
  for (int i = 0; i < 8; ++i) {
    if (i == run.start) {
      *cursor++ = ':';
      if (run.start + run.length == 8) *cursor++ = ':';
      i += run.length - 1;
      continue;
    }
    if (i > 0) *cursor++ = ':';
    // IPv4-compatible and IPv4-mapped addresses end in dotted decimal (RFC 5952 section 5).
    if (i == 6 && run.start == 0 && (run.length == 6 || (run.length == 5 && groups[5] == 0xffff))) {
      cursor = write_ipv4(cursor, address + 12);
      break;
    }
    cursor = write_group(cursor, groups[i]);
  }
  cursor_ = cursor;
  return *this;
}

TextSink& TextSink::mac(const std::uint8_t* address, std::size_t count) {
  char* cursor = reserve(3 * count);
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) *cursor++ = ':';
    *cursor++ = kHexDigits[address[i] >> 4];
    *cursor++ = kHexDigits[address[i] & 15];
  }
  cursor_ = cursor;
  return *this;
}

}  // namespace capstan::text
