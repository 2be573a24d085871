// QUIC's versions (IANA "QUIC Versions" registry; RFC 9000 section 15).
#pragma once

#include <cstdint>

namespace capstan::audit {

inline constexpr std::uint32_t kQuicV1 = 0x00000001;
inline constexpr std::uint32_t kQuicV2 = 0x6b3343cf;

// Google's QUIC before the IETF's: "Q046", "T051".
inline constexpr bool is_google_quic(std::uint32_t version) noexcept {
  return (version >> 16) == 0x5130 || (version >> 16) == 0x5430;
}

inline constexpr bool is_quic_version(std::uint32_t version) noexcept {
  return version == kQuicV1 || version == kQuicV2 || (version >> 8) == 0xff0000 ||
         (version & 0x0f0f0f0f) == 0x0a0a0a0a || is_google_quic(version) ||
         (version >> 4) == 0x709a50c ||         // drafts of version 2
         (version & 0xfffffff0) == 0xfaceb000;  // Facebook's mvfst
}

}  // namespace capstan::audit
