#include "tools/common/append_format.h"

#include <iterator>

namespace capstan::tools {

void append_formatted(std::string& text, fmt::string_view pattern, fmt::format_args args) {
  fmt::vformat_to(std::back_inserter(text), pattern, args);
}

}  // namespace capstan::tools
