// Tells from the name of a field or the words of a prompt what the value next to it is: a user, a
// password or a token. Knows the languages in which people log in.
#pragma once

#include <cstdint>
#include <string_view>

namespace capstan::audit {

enum class FieldKind : std::uint8_t { kNone, kUser, kPassword, kToken };

// For the decoded name of a field in a form, a query, a JSON object, an XML element or a header. A
// name with words for both a user and a secret (user_token, login_pw) counts as a secret's.
FieldKind field_kind(std::string_view name) noexcept;

// For a prompt of a terminal or of SASL LOGIN: "Password:", "Kennwort:", "Nom d'utilisateur :".
// kNone for an unknown prompt: what is typed there may be anything.
FieldKind prompt_kind(std::string_view prompt) noexcept;

// Whether a value can be a token at all: one word of at least 6 bytes, made of the characters of
// RFC 6750's b64token and a few similar ones.
bool may_be_token(std::string_view value) noexcept;

// Whether a value can be a bearer token or an API key: at least `shortest` bytes, one word, with at
// least one digit. Fields whose names have other uses too ("key", "token") count only if this is
// true.
bool looks_like_token(std::string_view value, std::size_t shortest = 16) noexcept;

}  // namespace capstan::audit
