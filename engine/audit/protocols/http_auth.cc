#include "engine/audit/protocols/http_auth.h"

#include <algorithm>
#include <string>

#include "engine/audit/base64.h"
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
  context.add_credential(text.substr(0, colon), "Basic", SecretKind::kPlain, as_bytes(value),
                         decoded.bytes().subspan(colon + 1));
}

// RFC 4559, [MS-NTHT]: a token of NTLM or SPNEGO.
void read_negotiate(std::string_view scheme, std::string_view value, Context& context) {
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

bool is_password_name(std::string_view name) noexcept {
  if (contains_nocase(name, "passw") || contains_nocase(name, "pwd") ||
      contains_nocase(name, "passphrase") || contains_nocase(name, "passcode") ||
      equals_nocase(name, "pw") || equals_nocase(name, "psw") || equals_nocase(name, "mdp") ||
      contains_nocase(name, "contrasena")) {
    return true;
  }
  if (name.size() < 4 || !equals_nocase(name.substr(name.size() - 4), "pass")) return false;
  return !equals_nocase(name, "compass") && !equals_nocase(name, "bypass");
}

bool is_user_name(std::string_view name) noexcept {
  for (const std::string_view known :
       {"user", "login", "email", "mail", "account", "uid", "uname"}) {
    if (contains_nocase(name, known)) return true;
  }
  return equals_nocase(name, "log") || equals_nocase(name, "id") || equals_nocase(name, "name") ||
         equals_nocase(name, "u");
}

// %XX and '+' undone, into `out`; stops when that is full.
template <std::size_t kCapacity>
void percent_decode(std::string_view text, SecretBuffer<kCapacity>& out) noexcept {
  const auto hex = [](char c) {
    return is_digit(c) ? c - '0' : (lower(c) >= 'a' && lower(c) <= 'f' ? lower(c) - 'a' + 10 : -1);
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
      if (!out.push(static_cast<std::uint8_t>(hex(text[i + 1]) * 16 + hex(text[i + 2])))) return;
      i += 2;
    } else if (!out.push(static_cast<std::uint8_t>(text[i] == '+' ? ' ' : text[i]))) {
      return;
    }
  }
}

struct Login {
  std::string user;
  bool has_user = false;
  std::string_view password;
};

void report(const Login& login, std::string_view mechanism, Context& context) {
  SecretBuffer<1024> secret;
  percent_decode(login.password, secret);
  context.add_credential(login.user, mechanism, SecretKind::kPlain, as_bytes(login.password),
                         secret.bytes());
}

// `in_query`: a short parameter like "id" may be anything there.
Login read_pairs(std::string_view text, bool in_query) {
  Login login;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("&;\r\n"), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = pair.substr(0, equals);
    const std::string_view value = pair.substr(equals + 1);
    if (value.empty() || name.size() > 64) continue;
    if (login.password.empty() && is_password_name(name)) {
      login.password = value;
    } else if (!login.has_user && is_user_name(name) && !(in_query && name.size() < 3)) {
      SecretBuffer<256> user;
      percent_decode(value, user);
      login.user.assign(as_text(user.bytes()));
      login.has_user = true;
    }
  }
  return login;
}

// RFC 7578 section 4.2: Content-Disposition: form-data; name="..."; an empty line; the value.
Login read_multipart(std::string_view text) {
  Login login;
  std::size_t at = 0;
  while ((at = text.find("name=\"", at)) != std::string_view::npos) {
    at += 6;
    const std::size_t name_end = text.find('"', at);
    if (name_end == std::string_view::npos) break;
    const std::string_view name = text.substr(at, std::min<std::size_t>(name_end - at, 64));
    const std::size_t blank = text.find("\r\n\r\n", name_end);
    if (blank == std::string_view::npos) break;
    const std::size_t value_end = std::min(text.find("\r\n--", blank + 4), text.size());
    const std::string_view value = text.substr(blank + 4, value_end - blank - 4);
    at = value_end;
    if (value.empty()) continue;
    if (login.password.empty() && is_password_name(name)) {
      login.password = value;
    } else if (!login.has_user && is_user_name(name)) {
      login.user.assign(value.substr(0, 160));
      login.has_user = true;
    }
  }
  return login;
}

// "name" : "value" pairs at any depth (RFC 8259 section 4). Escapes are left as they are.
Login read_json(std::string_view text) {
  Login login;
  const auto string_at = [&text](std::size_t& at) {
    const std::size_t from = ++at;
    while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2U : 1U;
    at = std::min(at, text.size());
    return text.substr(from, at - from);
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '"') continue;
    const std::string_view name = string_at(at);
    std::size_t colon = at + 1;
    while (colon < text.size() &&
           (is_space(text[colon]) || text[colon] == '\n' || text[colon] == '\r'))
      ++colon;
    if (colon >= text.size() || text[colon] != ':') continue;
    ++colon;
    while (colon < text.size() &&
           (is_space(text[colon]) || text[colon] == '\n' || text[colon] == '\r'))
      ++colon;
    if (colon >= text.size() || text[colon] != '"') continue;
    at = colon;
    const std::string_view value = string_at(at);
    if (value.empty() || name.size() > 64) continue;
    if (login.password.empty() && is_password_name(name)) {
      login.password = value;
    } else if (!login.has_user && is_user_name(name)) {
      login.user.assign(value.substr(0, 160));
      login.has_user = true;
    }
  }
  return login;
}

}  // namespace

void read_digest(std::string_view directives, Context& context) {
  const std::string_view user = directive(directives, "username");
  if (!user.empty()) context.set_user(user);
  const std::string_view response = directive(directives, "response");
  if (response.empty()) return;
  const std::string name = context.facts.user;
  context.add_credential(name, "Digest", SecretKind::kHash, as_bytes(response), as_bytes(response));
}

void read_authorization(std::string_view value, Context& context) {
  value = trim(value);
  const std::string_view scheme = take_word(value);
  value = trim(value);
  if (equals_nocase(scheme, "Basic")) {
    if (!value.empty()) read_basic(value, context);
  } else if (equals_nocase(scheme, "Digest")) {
    read_digest(value, context);
  } else if (equals_nocase(scheme, "NTLM") || equals_nocase(scheme, "Negotiate") ||
             equals_nocase(scheme, "Kerberos")) {
    read_negotiate(scheme, value, context);
  } else if (equals_nocase(scheme, "Bearer") || equals_nocase(scheme, "Token") ||
             equals_nocase(scheme, "OAuth") || equals_nocase(scheme, "GoogleLogin") ||
             equals_nocase(scheme, "ApiKey")) {
    if (!value.empty()) {
      context.add_credential({}, scheme, SecretKind::kToken, as_bytes(value), as_bytes(value));
    }
  } else if (starts_nocase(scheme, "AWS4-HMAC") || equals_nocase(scheme, "SCRAM-SHA-256") ||
             equals_nocase(scheme, "SCRAM-SHA-1") || equals_nocase(scheme, "Hawk")) {
    context.mark_secret(as_bytes(value));
    context.set_mechanism(scheme);
    context.facts.opaque_login = true;
  } else if (!value.empty() || !scheme.empty()) {
    // An unknown scheme, or a bare token without one: hidden, and not called a login.
    context.mark_secret(as_bytes(value.empty() ? scheme : value));
    context.facts.opaque_login = true;
  }
}

bool read_form(Bytes body, FormKind kind, Context& context) {
  const std::string_view text = as_text(body);
  const Login login = kind == FormKind::kUrlEncoded  ? read_pairs(text, false)
                      : kind == FormKind::kMultipart ? read_multipart(text)
                                                     : read_json(text);
  if (login.password.empty()) return false;
  report(login, kind == FormKind::kJson ? "json-post" : "form-post", context);
  return true;
}

void read_query(std::string_view target, Context& context) {
  const std::size_t question = target.find('?');
  if (question == std::string_view::npos) return;
  const Login login = read_pairs(target.substr(question + 1), true);
  if (login.password.empty()) return;
  if (!login.has_user) {
    context.mark_secret(as_bytes(login.password));
    return;
  }
  report(login, "form-get", context);
}

}  // namespace capstan::audit
