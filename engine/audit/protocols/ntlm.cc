#include "engine/audit/protocols/ntlm.h"

#include <algorithm>

#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

constexpr std::string_view kSignature{"NTLMSSP\0", 8};
constexpr std::size_t kAuthenticateHeadBytes = 64;  // up to and with NegotiateFlags

// A field of the message: length, room, offset (2, 2 and 4 bytes), the offset from its signature.
Bytes field(Bytes message, std::size_t at) noexcept {
  if (message.size() < at + 8) return {};
  const std::size_t length = load_le16(message.data() + at);
  const std::size_t offset = load_le32(message.data() + at + 4);
  if (offset > message.size()) return {};
  return message.subspan(offset, std::min(length, message.size() - offset));
}

// UTF-16LE or OEM text as ASCII, anything else as '?'.
std::string name_of(Bytes raw, bool unicode) {
  std::string name;
  const std::size_t step = unicode ? 2 : 1;
  for (std::size_t i = 0; i + step <= raw.size() && name.size() < 80; i += step) {
    const bool plain = raw[i] >= 0x20 && raw[i] < 0x7f && (!unicode || raw[i + 1] == 0);
    name.push_back(plain ? static_cast<char>(raw[i]) : '?');
  }
  return name;
}

}  // namespace

bool contains_ntlmssp(Bytes bytes) noexcept {
  return as_text(bytes).find(kSignature) != std::string_view::npos;
}

std::optional<NtlmAuthenticate> find_ntlm_authenticate(Bytes bytes) {
  std::size_t from = 0;
  while (true) {
    const std::size_t at = as_text(bytes).find(kSignature, from);
    if (at == std::string_view::npos) return std::nullopt;
    const Bytes message = bytes.subspan(at);
    from = at + kSignature.size();
    if (message.size() < kAuthenticateHeadBytes || load_le32(message.data() + 8) != 3) continue;
    constexpr std::uint32_t kUnicode = 1;
    const bool unicode = (load_le32(message.data() + 60) & kUnicode) != 0;
    NtlmAuthenticate result;
    const std::string domain = name_of(field(message, 28), unicode);
    result.user = name_of(field(message, 36), unicode);
    if (!domain.empty() && !result.user.empty()) result.user = domain + "\\" + result.user;
    const std::size_t nt = load_le16(message.data() + 20);
    const std::size_t lm = load_le16(message.data() + 12);
    result.response_bytes = nt != 0 ? nt : lm;
    // [MS-NLMP] section 3.2.5.1.2: an anonymous client sends no NT response and an LM response of
    // one zero byte.
    if (nt == 0 && lm <= 1) continue;
    return result;
  }
}

}  // namespace capstan::audit
