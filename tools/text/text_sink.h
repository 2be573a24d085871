// TextSink: the buffer that printers write to. It grows and is kept from packet to packet, so that
// printing allocates nothing after the first packets.
#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

namespace capstan::text {

// The two decimal digits of every number below 100, one after the other.
extern const char kTwoDigits[201];

// Text that grows only at its end. Not thread-safe: one per worker. Every put function returns the
// sink, so that a line can be written as one chain of calls.
class TextSink {
 public:
  explicit TextSink(std::size_t capacity_bytes = 64 * 1024) { grow(capacity_bytes); }
  TextSink(TextSink&& other) noexcept
      : begin_(std::exchange(other.begin_, nullptr)),
        cursor_(std::exchange(other.cursor_, nullptr)),
        end_(std::exchange(other.end_, nullptr)) {}
  TextSink& operator=(TextSink&& other) noexcept {
    std::swap(begin_, other.begin_);
    std::swap(cursor_, other.cursor_);
    std::swap(end_, other.end_);
    return *this;
  }
  TextSink(const TextSink&) = delete;
  TextSink& operator=(const TextSink&) = delete;
  ~TextSink() { std::free(begin_); }

  std::string_view view() const noexcept { return {begin_, size()}; }
  std::size_t size() const noexcept { return static_cast<std::size_t>(cursor_ - begin_); }
  const char* data() const noexcept { return begin_; }
  void clear() noexcept { cursor_ = begin_; }
  // Drops everything after the first `size_bytes` bytes. Requires: size_bytes <= size().
  void rewind(std::size_t size_bytes) noexcept { cursor_ = begin_ + size_bytes; }

  TextSink& put(char c) {
    reserve(1);
    *cursor_++ = c;
    return *this;
  }
  TextSink& put(std::string_view text) {
    if (text.empty()) return *this;  // an empty view's data() may be null, which memcpy forbids
    reserve(text.size());
    std::memcpy(cursor_, text.data(), text.size());
    cursor_ += text.size();
    return *this;
  }
  // Appends `c` `count` times.
  TextSink& fill(char c, std::size_t count) {
    reserve(count);
    std::memset(cursor_, c, count);
    cursor_ += count;
    return *this;
  }

  TextSink& dec(std::uint64_t value);
  TextSink& signed_dec(std::int64_t value);
  // At least `width` digits, with zeros (or `pad`) in front: printf's %0*u (%*u).
  TextSink& dec_padded(std::uint64_t value, unsigned width, char pad = '0');
  // Lower-case hexadecimal without 0x, at least `width` digits: printf's %0*x.
  TextSink& hex(std::uint64_t value, unsigned width = 1);
  // "0x" and hex().
  TextSink& hex0x(std::uint64_t value, unsigned width = 1) { return put("0x").hex(value, width); }
  // "192.0.2.1" from 4 bytes.
  TextSink& ipv4(const std::uint8_t* address);
  // RFC 5952 text, as inet_ntop writes it, from 16 bytes.
  TextSink& ipv6(const std::uint8_t* address);
  // "aa:bb:cc:dd:ee:ff"; `count` bytes with ':' between.
  TextSink& mac(const std::uint8_t* address, std::size_t count = 6);

  // Appends in fmt's notation, for lines that are rare. Note that {:#x} of 0 is "0x0", but "0" in
  // printf.
  template <typename... Args>
  TextSink& format(fmt::format_string<Args...> pattern, Args&&... args) {
    return format_arguments(pattern, fmt::make_format_args(args...));
  }

  // Makes space for `count` more bytes and returns where to write them; advance_to() then sets the
  // new end. For hot loops.
  char* reserve(std::size_t count) {
    if (static_cast<std::size_t>(end_ - cursor_) < count) [[unlikely]]
      grow(count);
    return cursor_;
  }
  void advance_to(char* cursor) noexcept { cursor_ = cursor; }

 private:
  // Output iterator for fmt.
  struct Inserter;

  // What format() comes to. Compiled once: fmt's writing takes seconds.
  TextSink& format_arguments(fmt::string_view pattern, fmt::format_args arguments);
  void grow(std::size_t count);

  char* begin_ = nullptr;
  char* cursor_ = nullptr;
  char* end_ = nullptr;
};

}  // namespace capstan::text
