// Authorization headers of HTTP, SIP and RTSP.
#pragma once

#include <string_view>

#include "engine/audit/recogniser.h"

namespace capstan::audit {

// The value of an Authorization or Proxy-Authorization field (RFC 9110 section 11.6.2, RFC 3261
// section 22): Basic, Digest, Bearer, NTLM, Negotiate and kin.
void read_authorization(std::string_view value, Context& context);

// Whether what stands where a password would says that the name in front of it is a token (GitHub's
// "x-oauth-basic", Toggl's "api_token", anybody's "x").
bool is_placeholder_password(std::string_view user, std::string_view password) noexcept;

}  // namespace capstan::audit
