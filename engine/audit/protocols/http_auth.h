// Authorization headers of HTTP, SIP and RTSP.
#pragma once

#include <string_view>

#include "engine/audit/recogniser.h"

namespace capstan::audit {

// Reads the value of an Authorization or Proxy-Authorization field (RFC 9110 section 11.6.2, RFC
// 3261 section 22): Basic, Digest, Bearer, NTLM, Negotiate and similar schemes.
void read_authorization(std::string_view value, Context& context);

// Whether the text in the password's place shows that the user name is really a token (GitHub's
// "x-oauth-basic", Toggl's "api_token", or a simple "x" after a name that looks like a token).
bool is_placeholder_password(std::string_view user, std::string_view password) noexcept;

}  // namespace capstan::audit
