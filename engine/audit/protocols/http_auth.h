// Authorization headers of HTTP, SIP and RTSP, and what a form or a query shows of a login.
#pragma once

#include <string_view>

#include "engine/audit/recogniser.h"

namespace capstan::audit {

// The value of an Authorization or Proxy-Authorization field (RFC 9110 section 11.6.2, RFC 3261
// section 22): Basic, Digest, Bearer, NTLM, Negotiate and kin.
void read_authorization(std::string_view value, Context& context);

// The directives of a Digest (RFC 7616 section 3.4), or those of a folded line of one.
void read_digest(std::string_view directives, Context& context);

enum class FormKind : std::uint8_t { kUrlEncoded, kMultipart, kJson };

// Fields named like a password, with a value, in a form (WHATWG URL section 5.1, RFC 7578) or a
// JSON object. True when one was found.
bool read_form(Bytes body, FormKind kind, Context& context);

// The query of a request target: a login only when it names both a user and a password.
void read_query(std::string_view target, Context& context);

}  // namespace capstan::audit
