// NTLMSSP messages ([MS-NLMP] section 2.2.1), wherever a protocol carries them.
#pragma once

#include <optional>
#include <string>

#include "engine/audit/facts.h"

namespace capstan::audit {

struct NtlmAuthenticate {
  std::string user;                // DOMAIN\user when a domain is given
  std::size_t response_bytes = 0;  // the NT response, else the LM response
};

// Finds an NTLMSSP AUTHENTICATE_MESSAGE (type 3) anywhere in `bytes` (raw, in SPNEGO or in SMB).
// Nothing when there is none, or when it is anonymous: no user and no response.
std::optional<NtlmAuthenticate> find_ntlm_authenticate(Bytes bytes);

// True when any NTLMSSP message is there.
bool contains_ntlmssp(Bytes bytes) noexcept;

}  // namespace capstan::audit
