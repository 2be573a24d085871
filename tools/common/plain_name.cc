#include "tools/common/plain_name.h"

#include <algorithm>
#include <iterator>

#include "tools/common/units.h"
#include "tools/common/utf8.h"

namespace capstan::tools {

namespace {

// Default_Ignorable_Code_Point and Bidi_Control of Unicode 15 (DerivedCoreProperties.txt,
// PropList.txt), and the blanks beside U+0020: first and last.
constexpr char32_t kUnseen[][2] = {
    {0x00a0, 0x00a0}, {0x00ad, 0x00ad}, {0x034f, 0x034f},   {0x061c, 0x061c},   {0x115f, 0x1160},
    {0x1680, 0x1680}, {0x17b4, 0x17b5}, {0x180b, 0x180f},   {0x2000, 0x200f},   {0x2028, 0x202f},
    {0x205f, 0x206f}, {0x3000, 0x3000}, {0x3164, 0x3164},   {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},
    {0xffa0, 0xffa0}, {0xfff0, 0xfffb}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff}};

// Of `length` bytes that utf8_length() has looked at.
char32_t character_of(std::string_view bytes) {
  const auto first = static_cast<unsigned char>(bytes[0]);
  if (bytes.size() == 1) return first;
  char32_t value = first & (0x7fU >> bytes.size());
  for (const char byte : bytes.substr(1)) {
    value = value << 6 | (static_cast<unsigned char>(byte) & 0x3fU);
  }
  return value;
}

}  // namespace

bool is_plain_name(std::string_view text, std::size_t most_bytes) {
  if (text.empty() || text.size() > most_bytes || !is_utf8(text)) return false;
  if (text.front() == ' ' || text.back() == ' ' || visible_text(text) != text) return false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text, at);
    const char32_t one = character_of(text.substr(at, length));
    const bool is_unseen =
        std::any_of(std::begin(kUnseen), std::end(kUnseen),
                    [one](const auto& range) { return one >= range[0] && one <= range[1]; });
    if (is_unseen) return false;
    at += length;
  }
  return true;
}

}  // namespace capstan::tools
