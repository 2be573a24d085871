#include "tools/clickhouse/server_error.h"

#include <charconv>

#include "tools/common/units.h"

namespace capstan::fleet {

namespace {

constexpr std::size_t kMostTextBytes = 400;

}  // namespace

int exception_code(std::string_view body) noexcept {
  constexpr std::string_view kMark = "Code: ";
  if (!body.starts_with(kMark)) return 0;
  int code = 0;
  std::from_chars(body.data() + kMark.size(), body.data() + body.size(), code);
  return code;
}

std::string exception_text(std::string_view body) {
  for (const std::string_view mark : {"DB::Exception: ", "displayText() = "}) {
    const std::size_t at = body.find(mark);
    if (at != body.npos) {
      body = body.substr(at + mark.size());
      break;
    }
  }
  for (const std::string_view mark : {", e.what()", ". Stack trace", " (version ", "\n"}) {
    body = body.substr(0, body.find(mark));
  }
  return tools::visible_text(body.substr(0, kMostTextBytes));
}

}  // namespace capstan::fleet
