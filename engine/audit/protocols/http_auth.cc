#include "engine/audit/protocols/http_auth.h"

#include <algorithm>
#include <string>

#include "engine/audit/base64.h"
#include "engine/audit/login_words.h"
#include "engine/audit/protocols/ntlm.h"
#include "engine/audit/protocols/sasl.h"
#include "engine/audit/secret_buffer.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

// RFC 7617 section 2: user-id ":" password in base64.
void read_basic(std::string_view value, Context& context) {
  SecretBuffer<4096> decoded;
  const auto size = base64_decode(value, decoded.space());
  if (!size) {
    context.add_credential({}, "Basic", SecretKind::kPlain, as_bytes(value), as_bytes(value));
    return;
  }
  decoded.set_size(*size);
  const std::string_view text = as_text(decoded.bytes());
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    context.add_credential({}, "Basic", SecretKind::kPlain, as_bytes(value), decoded.bytes());
    return;
  }
  const Bytes password = decoded.bytes().subspan(colon + 1);
  if (password.empty() || is_placeholder_password(text.substr(0, colon), as_text(password))) {
    // A key in the place of the name, as many interfaces want it.
    if (colon != 0) {
      context.add_credential({}, "Basic", SecretKind::kToken, as_bytes(value),
                             decoded.bytes().first(colon));
    }
    return;
  }
  context.add_credential(text.substr(0, colon), "Basic", SecretKind::kPlain, as_bytes(value),
                         password);
}

// RFC 4559, [MS-NTHT]: a token of NTLM or SPNEGO.
void read_negotiate(Mechanism scheme, std::string_view value, Context& context) {
  SecretBuffer<12288> decoded;
  const auto size = base64_decode(value, decoded.space());
  context.set_mechanism(scheme);
  if (!size) return;
  decoded.set_size(*size);
  if (const auto ntlm = find_ntlm_authenticate(decoded.bytes())) {
    context.add_credential(ntlm->user, "NTLM", SecretKind::kHash, as_bytes(value),
                           decoded.bytes().first(std::min(ntlm->response_bytes, *size)));
  } else if (!contains_ntlmssp(decoded.bytes())) {
    context.mark_secret(as_bytes(value));
    context.facts.opaque_login = true;
  }
}

// The directives of a Digest (RFC 7616 section 3.4).
void read_digest(std::string_view directives, Context& context) {
  const std::string_view user = directive(directives, "username");
  if (!user.empty()) context.set_user(user);
  const std::string_view response = directive(directives, "response");
  if (response.empty()) return;
  const std::string name = context.facts.user;
  context.add_credential(name, "Digest", SecretKind::kHash, as_bytes(response), as_bytes(response));
}

// RFC 7804 section 5: SCRAM's messages in base64, as the directive "data".
void read_scram(Mechanism scheme, std::string_view value, Context& context) {
  context.set_mechanism(scheme);
  SecretBuffer<2048> decoded;
  const auto size = base64_decode(directive(value, "data"), decoded.space());
  if (!size) {
    context.facts.opaque_login = true;
    return;
  }
  decoded.set_size(*size);
  const std::string_view message = as_text(decoded.bytes());
  if (const std::string_view name = directive(message, "n"); !name.empty()) context.set_user(name);
  if (const std::string_view proof = directive(message, "p"); !proof.empty()) {
    context.add_credential(context.facts.user, scheme, SecretKind::kHash, {}, as_bytes(proof));
  }
}

bool is_one_of(std::string_view scheme, std::initializer_list<std::string_view> names) noexcept {
  return std::any_of(names.begin(), names.end(),
                     [scheme](std::string_view name) { return equals_nocase(scheme, name); });
}

// Proofs of a key that is not sent: signatures, and exchanges that show nothing crackable.
bool is_signature(std::string_view scheme) noexcept {
  return starts_nocase(scheme, "AWS") || starts_nocase(scheme, "GOOG4-") ||
         starts_nocase(scheme, "SharedKey") ||
         is_one_of(scheme, {"Hawk", "HOBA", "Mutual", "Signature", "DPoP", "MAC", "vapid",
                            "Concealed", "HMAC-SHA256", "EdgeGrid", "EG1-HMAC-SHA256"});
}

}  // namespace

bool is_placeholder_password(std::string_view user, std::string_view password) noexcept {
  if (is_one_of(password, {"x-oauth-basic", "api_token"})) return true;
  constexpr std::size_t kShortestToken = 16;
  return is_one_of(password, {"x", "token", "unused"}) && looks_like_token(user, kShortestToken);
}

void read_authorization(std::string_view value, Context& context) {
  value = trim(value);
  const std::string_view whole = value;
  const std::string_view scheme = take_word(value);
  value = trim(value);
  if (equals_nocase(scheme, "Basic")) {
    if (!value.empty()) read_basic(value, context);
  } else if (equals_nocase(scheme, "Digest")) {
    read_digest(value, context);
  } else if (is_one_of(scheme, {"NTLM", "Negotiate", "Kerberos"})) {
    read_negotiate(Mechanism::from_wire(scheme), value, context);
  } else if (starts_nocase(scheme, "SCRAM-")) {
    read_scram(Mechanism::from_wire(scheme), value, context);
  } else if (is_signature(scheme)) {
    context.mark_secret(as_bytes(value));
    context.set_mechanism(Mechanism::from_wire(scheme));
    context.facts.opaque_login = true;
  } else if (equals_nocase(scheme, "OAuth") && contains_nocase(value, "oauth_signature")) {
    context.mark_secret(as_bytes(value));
    context.set_mechanism("OAuth");  // RFC 5849: a signature
    context.facts.opaque_login = true;
  } else if (!value.empty()) {
    // A scheme and what it carries: whoever has it can send it again.
    context.add_credential({}, Mechanism::from_wire(scheme), SecretKind::kToken, as_bytes(value),
                           as_bytes(value));
  } else if (looks_like_token(whole, 8)) {
    // A bare token, as some interfaces want it.
    context.add_credential({}, "bare token", SecretKind::kToken, as_bytes(whole), as_bytes(whole));
  } else if (!whole.empty()) {
    context.mark_secret(as_bytes(whole));
    context.facts.opaque_login = true;
  }
}

}  // namespace capstan::audit
