#include "engine/audit/protocols/http_message.h"

#include <algorithm>

#include "engine/audit/protocols/http_auth.h"
#include "engine/audit/protocols/sasl.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

// Fields with "key", "token" or "auth" in their names that no one logs in with.
bool is_harmless_name(std::string_view name) noexcept {
  return starts_nocase(name, "Sec-") || starts_nocase(name, "Access-Control-") ||
         contains_nocase(name, "Idempotency") || contains_nocase(name, "Surrogate") ||
         equals_nocase(name, "WWW-Authenticate") || equals_nocase(name, "Proxy-Authenticate") ||
         (starts_nocase(name, "X-Amz-") && !equals_nocase(name, "X-Amz-Security-Token")) ||
         contains_nocase(name, "Authenticate-");
}

// Fields that are known to carry a key, whatever their names say. ("X-...-Key" of others may be a
// key of anything: a cache's, a message's.)
bool is_named_key(std::string_view name) noexcept {
  return equals_nocase(name, "X-ClickHouse-Key") || equals_nocase(name, "X-JFrog-Art-Api") ||
         equals_nocase(name, "X-Parse-Master-Key") || equals_nocase(name, "X-Honeycomb-Team") ||
         equals_nocase(name, "X-Insert-Key") || equals_nocase(name, "X-Query-Key") ||
         equals_nocase(name, "X-License-Key") || equals_nocase(name, "X-Registry-Auth") ||
         equals_nocase(name, "X-Registry-Config");
}

// RFC 3986 section 3.2.1: user ":" password "@" behind "//". A user alone is no secret.
std::string_view userinfo_of(std::string_view target) noexcept {
  const std::size_t slashes = target.find("://");
  if (slashes == std::string_view::npos || slashes > 16) return {};
  const std::string_view rest = target.substr(slashes + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?# "));
  const std::size_t at = authority.rfind('@');
  return at == std::string_view::npos ? std::string_view{} : authority.substr(0, at);
}

void read_part(std::string_view part, FormReader& form) { form.push(as_bytes(part)); }

}  // namespace

void HttpMessage::target(std::string_view target, Context& context) {
  // Each of these parts fields from each other, or a password from its host.
  if (target.find_first_of("?;#@&") != std::string_view::npos) {
    context.mark_secret(as_bytes(target));
  }
  if (const std::string_view userinfo = userinfo_of(target); !userinfo.empty()) {
    const std::size_t colon = userinfo.find(':');
    if (colon != std::string_view::npos && colon + 1 < userinfo.size()) {
      const std::string_view secret = userinfo.substr(colon + 1);
      const std::string_view user = userinfo.substr(0, colon);
      if (is_placeholder_password(user, secret)) {
        context.add_credential({}, "userinfo", SecretKind::kToken, as_bytes(user), as_bytes(user));
      } else {
        context.add_credential(user, "userinfo", SecretKind::kPlain, as_bytes(secret),
                               as_bytes(secret));
      }
    }
  }
  // Path parameters (section 3.3), the query and the fragment (sections 3.4 and 3.5).
  std::size_t from = target.find_first_of(";?#");
  if (from == std::string_view::npos) {
    // Cameras take "/user=bob&password=x&channel=1" for a path.
    const std::size_t slash = target.rfind('/', target.find('='));
    if (slash == std::string_view::npos || target.find('&') == std::string_view::npos) return;
    from = slash;
  }
  FormReader form(FormKind::kQuery);
  std::string_view rest = target.substr(from + 1);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find_first_of(";?#/"), rest.size());
    // A slash in a query is a part of its value; in a path it ends the parameters of a segment.
    read_part(rest.substr(0, end), form);
    if (end == rest.size()) break;
    read_part(rest[end] == '/' ? "/" : "&", form);
    rest.remove_prefix(end + 1);
  }
  form.finish(context);
}

bool HttpMessage::is_telling(std::string_view name, bool request) noexcept {
  if (name.empty()) return false;
  switch (lower(name.front())) {
    case 'a':
      if (equals_nocase(name, "Authorization")) return true;
      break;
    case 'c':
      if (starts_nocase(name, "Content-") || equals_nocase(name, "Cookie")) return true;
      break;
    case 'l':
      if (equals_nocase(name, "Location")) return true;
      break;
    case 'p':
      if (equals_nocase(name, "Proxy-Authorization")) return true;
      break;
    case 's':
      if (equals_nocase(name, "Set-Cookie") || equals_nocase(name, "Sec-WebSocket-Protocol"))
        return true;
      break;
    default:
      break;
  }
  if (!request || is_harmless_name(name)) return false;
  return contains_nocase(name, "key") || contains_nocase(name, "token") ||
         contains_nocase(name, "pass") || contains_nocase(name, "pwd") ||
         contains_nocase(name, "secret") || contains_nocase(name, "wsse") ||
         contains_nocase(name, "x-auth") || contains_nocase(name, "x-user") || is_named_key(name);
}

void HttpMessage::field(std::string_view name, std::string_view value, bool request,
                        Context& context) {
  if (value.empty()) return;
  if (equals_nocase(name, "Authorization") || equals_nocase(name, "Proxy-Authorization")) {
    read_authorization(value, context);
  } else if (equals_nocase(name, "Cookie") || equals_nocase(name, "Set-Cookie")) {
    context.facts.reasons |= reason::kCookieInClear;
  } else if (equals_nocase(name, "Content-Type")) {
    content_type(value);
  } else if (equals_nocase(name, "Content-Encoding")) {
    coding_ = content_coding(value);
  } else if (equals_nocase(name, "Location")) {
    // RFC 6749 section 4.2.2: the answer to a login by redirection holds the token.
    if (!request) target(value, context);
  } else if (equals_nocase(name, "Sec-WebSocket-Protocol")) {
    // The Kubernetes API's way to carry a bearer token through a browser.
    constexpr std::string_view kBearer = "bearer.authorization.";
    if (const std::size_t at = find_nocase(value, kBearer); at != std::string_view::npos) {
      const std::string_view token = value.substr(at + kBearer.size());
      context.add_credential({}, "Bearer", SecretKind::kToken, as_bytes(token), as_bytes(token));
    }
  } else if (equals_nocase(name, "X-WSSE")) {
    wsse(value, context);
  } else if (is_telling(name, request)) {
    const FieldKind kind = is_named_key(name) ? FieldKind::kToken : field_kind(name);
    switch (kind) {
      case FieldKind::kPassword:
      case FieldKind::kToken: {
        const bool password = kind == FieldKind::kPassword;
        context.add_credential(context.facts.user, "header field",
                               password ? SecretKind::kPlain : SecretKind::kToken, as_bytes(value),
                               as_bytes(value));
        break;
      }
      case FieldKind::kUser:
        context.set_user(value);
        break;
      case FieldKind::kNone:
        break;
    }
  }
}

// UsernameToken Username="bob", PasswordDigest="...", Nonce="...", Created="...".
void HttpMessage::wsse(std::string_view value, Context& context) {
  if (const std::size_t space = value.find(' '); space != std::string_view::npos) {
    value = value.substr(space + 1);
  }
  const std::string_view digest = directive(value, "PasswordDigest");
  const std::string_view text = directive(value, "PasswordText");
  const std::string_view secret = digest.empty() ? text : digest;
  if (secret.empty()) return;
  context.add_credential(directive(value, "Username"), "WSSE",
                         digest.empty() ? SecretKind::kPlain : SecretKind::kHash, as_bytes(secret),
                         as_bytes(secret));
}

void HttpMessage::content_type(std::string_view value) {
  body_kind_ = BodyKind::kForm;
  if (contains_nocase(value, "form-data")) {
    form_kind_ = FormKind::kMultipart;
  } else if (contains_nocase(value, "json") || contains_nocase(value, "xml") ||
             contains_nocase(value, "urlencoded") || starts_nocase(value, "text/plain")) {
    // The type is often wrong: the body's first byte tells.
    form_kind_ = FormKind::kUnknown;
  } else if (starts_nocase(value, "application/grpc")) {
    body_kind_ = BodyKind::kUnreadable;
  } else {
    body_kind_ = BodyKind::kOther;
  }
}

bool HttpMessage::body(Bytes bytes, Context& context) {
  if (body_kind_ == BodyKind::kUnreadable || coding_ == ContentCoding::kUnreadable) {
    // What cannot be read is not called harmless.
    beyond_ = true;
    return false;
  }
  if (body_kind_ == BodyKind::kOther) return false;
  if (!form_) {
    form_ = std::make_unique<FormReader>(form_kind_);
    decoder_ = std::make_unique<BodyDecoder>(coding_);
  }
  static_cast<void>(context);
  const auto take = [this](Bytes piece) {
    const std::size_t room = kMaxBody - body_bytes_;
    if (piece.size() > room) beyond_ = true;
    piece = piece.first(std::min(room, piece.size()));
    body_bytes_ += piece.size();
    form_->push(piece);
    return !beyond_;
  };
  if (!decoder_->push(bytes, take)) beyond_ = true;
  return !beyond_;
}

void HttpMessage::finish(Context& context) {
  const bool login = form_ && form_->finish(context);
  if (beyond_ && !login) context.facts.undecidable = true;
  *this = HttpMessage{};
}

}  // namespace capstan::audit
