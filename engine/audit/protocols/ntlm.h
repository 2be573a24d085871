// NTLMSSP messages ([MS-NLMP] section 2.2.1), in any protocol that carries them.
#pragma once

#include <optional>
#include <string>

#include "engine/audit/facts.h"

namespace capstan::audit {

struct NtlmAuthenticate {
  std::string user;                // DOMAIN\user when there is a domain
  std::size_t response_bytes = 0;  // length of the NT response, or of the LM response without one
};

// Finds an NTLMSSP AUTHENTICATE_MESSAGE (type 3) anywhere in `bytes` (raw, in SPNEGO or in SMB).
// nullopt when there is none, or when it is anonymous, with neither user nor response.
std::optional<NtlmAuthenticate> find_ntlm_authenticate(Bytes bytes);

// True when `bytes` contain any NTLMSSP message.
bool contains_ntlmssp(Bytes bytes) noexcept;

}  // namespace capstan::audit
