// Authorization headers of HTTP, SIP and RTSP.
#pragma once

#include <string_view>

#include "engine/audit/recogniser.h"

namespace capstan::audit {

// The value of an Authorization or Proxy-Authorization field (RFC 9110 section 11.6.2, RFC 3261
// section 22): Basic, Digest, Bearer, NTLM, Negotiate and kin.
void read_authorization(std::string_view value, Context& context);

}  // namespace capstan::audit
