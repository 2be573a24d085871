// Names of sensors: text that looks like what it is.
#pragma once

#include <cstddef>
#include <string_view>

namespace capstan::tools {

// 1 to `most_bytes` bytes of UTF-8, without control characters, without characters that have no
// picture or turn the direction of what follows (zero width, U+202E, a byte order mark: two names
// would look the same), and without blanks at its ends.
bool is_plain_name(std::string_view text, std::size_t most_bytes);

}  // namespace capstan::tools
