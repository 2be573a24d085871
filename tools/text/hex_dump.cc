#include "tools/text/hex_dump.h"

namespace capstan::text {

namespace {

constexpr char kHexDigits[] = "0123456789abcdef";
constexpr std::size_t kBytesPerLine = 16;
constexpr std::size_t kHexColumns = 40;  // eight groups of " xxxx"

bool is_graphic(std::uint8_t byte) noexcept { return byte > 0x20 && byte < 0x7f; }

char* write_groups(char* cursor, ByteReader line) noexcept {
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (i % 2 == 0) *cursor++ = ' ';
    *cursor++ = kHexDigits[line.data()[i] >> 4];
    *cursor++ = kHexDigits[line.data()[i] & 15];
  }
  return cursor;
}

}  // namespace

void put_hex(TextSink& out, ByteReader bytes, std::string_view indent, bool with_ascii,
             std::size_t offset) {
  for (std::size_t at = 0; at < bytes.size(); at += kBytesPerLine) {
    const ByteReader line = bytes.from(at).first(kBytesPerLine);
    out.put(indent).hex0x(offset + at, 4).put(": ");
    char* const begin = out.reserve(kHexColumns + 2 + kBytesPerLine);
    char* cursor = write_groups(begin, line);
    if (with_ascii) {
      while (cursor < begin + kHexColumns + 2) *cursor++ = ' ';
      for (std::size_t i = 0; i < line.size(); ++i) {
        const std::uint8_t byte = line.data()[i];
        *cursor++ = is_graphic(byte) ? static_cast<char>(byte) : '.';
      }
    }
    out.advance_to(cursor);
  }
}

void put_ascii(TextSink& out, ByteReader bytes) {
  out.put('\n');
  char* cursor = out.reserve(bytes.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::uint8_t byte = bytes.data()[i];
    // A carriage return in front of a line feed is left out: the line feed ends the line.
    if (byte == '\r' && i + 1 < bytes.size() && bytes.data()[i + 1] == '\n') continue;
    const bool kept = is_graphic(byte) || byte == '\t' || byte == ' ' || byte == '\n';
    *cursor++ = kept ? static_cast<char>(byte) : '.';
  }
  out.advance_to(cursor);
}

}  // namespace capstan::text
