// Base64 (RFC 4648 section 4), as SASL and HTTP use it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace capstan::audit {

// Decodes into `out` and returns the number of bytes; nullopt when a character is not in the
// alphabet (the URL-safe alphabet of section 5 is accepted too) or `out` is too small. Padding may
// be absent.
std::optional<std::size_t> base64_decode(std::string_view text,
                                         std::span<std::uint8_t> out) noexcept;

}  // namespace capstan::audit
