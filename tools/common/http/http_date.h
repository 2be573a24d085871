// The Date of an HTTP answer.
#pragma once

#include <cstdint>
#include <string_view>

namespace capstan::tools {

// "Sat, 28 Nov 2026 19:00:00 GMT" in seconds since 1970; 0: it is none (RFC 9110 section 5.6.7).
std::int64_t http_date(std::string_view text) noexcept;

}  // namespace capstan::tools
