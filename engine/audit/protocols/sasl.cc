#include "engine/audit/protocols/sasl.h"

#include <algorithm>

#include "engine/audit/base64.h"
#include "engine/audit/login_words.h"
#include "engine/audit/protocols/ntlm.h"
#include "engine/audit/secret_buffer.h"
#include "engine/audit/text.h"

namespace capstan::audit {

std::string_view directive(std::string_view list, std::string_view key) noexcept {
  while (!list.empty()) {
    while (!list.empty() && (list.front() == ',' || is_space(list.front()) ||
                             list.front() == '\r' || list.front() == '\n')) {
      list.remove_prefix(1);
    }
    const std::size_t equals = list.find_first_of("=,");
    if (equals == std::string_view::npos) return {};
    if (list[equals] == ',') {
      list.remove_prefix(equals);
      continue;
    }
    const std::string_view name = trim(list.substr(0, equals));
    list = trim_left(list.substr(equals + 1));
    std::size_t end = 0;
    std::string_view value;
    if (!list.empty() && list.front() == '"') {
      end = 1;
      while (end < list.size() && list[end] != '"') end += list[end] == '\\' ? 2U : 1U;
      end = std::min(end, list.size());
      value = list.substr(1, end - 1);
    } else {
      end = std::min(list.find(','), list.size());
      value = trim(list.substr(0, end));
    }
    if (equals_nocase(name, key)) return value;
    list.remove_prefix(
        std::min(end + (end < list.size() && list[end] == '"' ? 1 : 0), list.size()));
  }
  return {};
}

void SaslExchange::begin(std::string_view mechanism, Context& context) {
  password_next_ = false;
  done_ = false;
  prompt_unknown_ = false;
  name_ = Mechanism::from_wire(mechanism);
  context.set_mechanism(name_);
  const std::string_view upper = name_.text();
  if (upper == "PLAIN") {
    method_ = Method::kPlain;
  } else if (upper == "LOGIN") {
    method_ = Method::kLogin;
  } else if (upper.starts_with("CRAM-")) {
    method_ = Method::kCramMd5;
  } else if (upper == "DIGEST-MD5") {
    method_ = Method::kDigestMd5;
  } else if (upper.starts_with("SCRAM-")) {
    method_ = Method::kScram;
  } else if (upper == "XOAUTH2" || upper == "OAUTHBEARER" || upper == "OAUTH10A" ||
             upper == "X-OAUTH2" || upper == "XOAUTH") {
    method_ = Method::kOauth;
  } else if (upper == "NTLM" || upper == "MSN") {
    method_ = Method::kNtlm;
  } else if (upper == "GSSAPI" || upper == "GSS-SPNEGO" || upper.starts_with("GS2-") ||
             upper == "KERBEROS_V4") {
    method_ = Method::kGss;
  } else if (upper == "ANONYMOUS" || upper == "EXTERNAL") {
    method_ = Method::kWithoutSecret;
  } else {
    method_ = Method::kOpaque;
  }
}

void SaslExchange::client_message(Bytes message, Bytes where, Context& context) {
  if (done_) {
    // The rest of the exchange (an acknowledgement, an empty line) may hold key material.
    context.mark_secret(where);
    return;
  }
  switch (method_) {
    case Method::kNone:
      break;
    case Method::kPlain:
      plain(message, where, context);
      break;
    case Method::kLogin:
      login(message, where, context);
      break;
    case Method::kCramMd5:
      cram(message, where, context);
      break;
    case Method::kDigestMd5:
      digest(message, where, context);
      break;
    case Method::kScram:
      scram(message, where, context);
      break;
    case Method::kOauth:
      oauth(message, where, context);
      break;
    case Method::kNtlm:
    case Method::kGss:
      gss(message, where, context);
      break;
    case Method::kWithoutSecret:
      break;
    case Method::kOpaque:
      if (!message.empty()) {
        context.mark_secret(where);
        context.facts.opaque_login = true;
      }
      break;
  }
}

void SaslExchange::client_base64(std::string_view text, Context& context) {
  text = trim(text);
  if (text == "*") {
    end();
    return;
  }
  const Bytes where = as_bytes(text);
  if (text.empty() || text == "=") {
    if (method_ == Method::kLogin) login({}, where, context);
    return;
  }
  SecretBuffer<12288> decoded;
  if (const auto size = base64_decode(text, decoded.space())) {
    decoded.set_size(*size);
    client_message(decoded.bytes(), where, context);
    return;
  }
  // Not base64: a broken client that sends its secret as it is, or a message beyond our bound.
  client_message(where, where, context);
}

void SaslExchange::server_base64(std::string_view text) noexcept {
  if (method_ != Method::kLogin) return;
  std::array<std::uint8_t, 96> prompt;
  const auto size = base64_decode(trim(text), prompt);
  if (!size) return;
  switch (prompt_kind(as_text({prompt.data(), *size}))) {
    case FieldKind::kPassword:
      password_next_ = true;
      break;
    case FieldKind::kUser:
      password_next_ = false;
      prompt_unknown_ = false;
      break;
    default:
      // The draft's order holds, but what comes first need not be the name.
      prompt_unknown_ = !password_next_;
      break;
  }
}

bool SaslExchange::begin_by_challenge(std::string_view text, Context& context) {
  SecretBuffer<1024> challenge;
  const auto size = base64_decode(trim(text), challenge.space());
  if (!size || *size == 0) return false;
  challenge.set_size(*size);
  const std::string_view words = as_text(challenge.bytes());
  const FieldKind kind = prompt_kind(words);
  if (kind == FieldKind::kPassword || kind == FieldKind::kUser) {
    begin("LOGIN", context);
    password_next_ = kind == FieldKind::kPassword;
    return true;
  }
  if (words.starts_with('<') && words.ends_with('>')) {  // RFC 2195 section 2: a message id
    begin("CRAM-MD5", context);
    return true;
  }
  if (!directive(words, "nonce").empty() && !directive(words, "qop").empty()) {
    begin("DIGEST-MD5", context);
    return true;
  }
  return false;
}

bool SaslExchange::begin_by_message(std::string_view text, Context& context) {
  text = trim(text);
  SecretBuffer<2048> decoded;
  const auto size = base64_decode(text, decoded.space());
  if (!size) return false;
  decoded.set_size(*size);
  const std::string_view message = as_text(decoded.bytes());
  if (std::count(message.begin(), message.end(), '\0') != 2) return false;
  begin("PLAIN", context);
  client_message(decoded.bytes(), as_bytes(text), context);
  return true;
}

// RFC 4616 section 2: authzid NUL authcid NUL passwd.
void SaslExchange::plain(Bytes message, Bytes where, Context& context) {
  done_ = true;
  const std::string_view text = as_text(message);
  const std::size_t first = text.find('\0');
  const std::size_t second = first == std::string_view::npos ? first : text.find('\0', first + 1);
  if (second == std::string_view::npos) {
    // Not as the RFC says: all of it is taken for the secret, so that none of it is shown.
    context.add_credential(context.facts.user, name_, SecretKind::kPlain, where, message);
    return;
  }
  std::string_view user = text.substr(first + 1, second - first - 1);
  if (user.empty()) user = text.substr(0, first);
  context.add_credential(user, name_, SecretKind::kPlain, where, message.subspan(second + 1));
}

// draft-murchison-sasl-login section 2: the name, then the password.
void SaslExchange::login(Bytes message, Bytes where, Context& context) {
  if (!password_next_) {
    if (prompt_unknown_) {
      context.hide_user(message.size());
    } else {
      context.set_user(as_text(message));
    }
    password_next_ = true;
    return;
  }
  done_ = true;
  context.add_credential(context.facts.user, name_, SecretKind::kPlain, where, message);
}

// RFC 2195 section 2: the name, a space, the digest in hexadecimal.
void SaslExchange::cram(Bytes message, Bytes where, Context& context) {
  if (message.empty()) return;
  done_ = true;
  const std::string_view text = as_text(message);
  const std::size_t space = text.rfind(' ');
  const std::string_view user = space == std::string_view::npos ? "" : text.substr(0, space);
  const std::size_t from = space == std::string_view::npos ? 0 : space + 1;
  context.add_credential(user, name_, SecretKind::kHash, where, message.subspan(from));
}

// RFC 2831 section 2.1.2: the response is one of the directives.
void SaslExchange::digest(Bytes message, Bytes where, Context& context) {
  const std::string_view text = as_text(message);
  const std::string_view response = directive(text, "response");
  if (response.empty()) return;
  done_ = true;
  context.add_credential(directive(text, "username"), name_, SecretKind::kHash, where,
                         as_bytes(response));
}

// RFC 5802 section 7: client-first names the user, client-final carries the proof.
void SaslExchange::scram(Bytes message, Bytes where, Context& context) {
  const std::string_view text = as_text(message);
  const std::string_view proof = text.starts_with("c=") ? directive(text, "p") : std::string_view{};
  if (!proof.empty()) {
    done_ = true;
    context.add_credential(context.facts.user, name_, SecretKind::kHash, where, as_bytes(proof));
    return;
  }
  // gs2-header: "n,," or "y,," or "p=...,[a=authzid],"; then n=user,r=nonce.
  const std::string_view user = directive(text, "n");
  if (!user.empty()) context.set_user(user);
}

// RFC 7628 section 3.1 and Google's XOAUTH2: fields between 0x01; the token behind "Bearer".
void SaslExchange::oauth(Bytes message, Bytes where, Context& context) {
  if (message.size() <= 1) return;  // the 0x01 that ends a failed exchange
  done_ = true;
  const std::string_view text = as_text(message);
  std::string_view user;
  if (const std::size_t at = text.find("user="); at != std::string_view::npos) {
    user = text.substr(at + 5, text.find_first_of("\x01,", at) - at - 5);
  } else if (const std::size_t name_at = text.find("a="); name_at != std::string_view::npos) {
    user = text.substr(name_at + 2, text.find_first_of("\x01,", name_at) - name_at - 2);
  }
  Bytes token = message;
  if (const std::size_t at = find_nocase(text, "bearer "); at != std::string_view::npos) {
    const std::size_t end = std::min(text.find('\x01', at), text.size());
    token = message.subspan(at + 7, end - at - 7);
  }
  context.add_credential(user, name_, SecretKind::kToken, where, token);
}

// RFC 4752, RFC 4178: tokens. NTLM inside is a crackable response, Kerberos shows none.
void SaslExchange::gss(Bytes message, Bytes where, Context& context) {
  if (const auto ntlm = find_ntlm_authenticate(message)) {
    done_ = true;
    context.add_credential(ntlm->user, name_, SecretKind::kHash, where,
                           message.first(std::min(ntlm->response_bytes, message.size())));
    return;
  }
  if (message.empty()) return;
  context.mark_secret(where);
  if (!contains_ntlmssp(message)) context.facts.opaque_login = true;
}

}  // namespace capstan::audit
