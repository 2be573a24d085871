// QUIC's versions (IANA "QUIC Versions" registry; RFC 9000 section 15).
#pragma once

#include <cstdint>

namespace capstan::audit {

inline constexpr std::uint32_t kQuicV1 = 0x00000001;
inline constexpr std::uint32_t kQuicV2 = 0x6b3343cf;

// Version 2 as in its drafts (draft-ietf-quic-v2-00 to -08): the same labels and packet types as
// the final version, but another salt.
inline constexpr bool is_draft_of_quic_v2(std::uint32_t version) noexcept {
  return (version >> 4) == 0x709a50c || version == 0xff010000 || version == 0xff020000;
}
inline constexpr bool is_quic_v2(std::uint32_t version) noexcept {
  return version == kQuicV2 || is_draft_of_quic_v2(version);
}

// Google's QUIC from before the IETF's: "Q046", "T051".
inline constexpr bool is_google_quic(std::uint32_t version) noexcept {
  return (version >> 16) == 0x5130 || (version >> 16) == 0x5430;
}

inline constexpr bool is_quic_version(std::uint32_t version) noexcept {
  return version == kQuicV1 || version == kQuicV2 || (version >> 8) == 0xff0000 ||
         (version & 0x0f0f0f0f) == 0x0a0a0a0a || is_google_quic(version) ||
         is_draft_of_quic_v2(version) || (version & 0xfffffff0) == 0xfaceb000;  // Facebook's mvfst
}

}  // namespace capstan::audit
