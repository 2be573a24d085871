// UTF-8 (RFC 3629 section 4).
#pragma once

#include <cstddef>
#include <string_view>

namespace capstan::tools {

// Length in bytes of the character at `at`, 1 to 4. 0 if no character begins there: a stray or
// missing byte, a longer form than necessary, a surrogate, a value beyond U+10FFFF, or the end of
// the text.
std::size_t utf8_length(std::string_view text, std::size_t at) noexcept;

bool is_utf8(std::string_view text) noexcept;

}  // namespace capstan::tools
