// What the names of fields and the words of prompts say of the value beside them: a user, a
// password, a token, in the languages people log in with.
#pragma once

#include <cstdint>
#include <string_view>

namespace capstan::audit {

enum class FieldKind : std::uint8_t { kNone, kUser, kPassword, kToken };

// The name of a field of a form, a query, a JSON object, an XML element or a header field, decoded.
// A name that speaks of a user and of a secret (user_token, login_pw) is a secret's.
FieldKind field_kind(std::string_view name) noexcept;

// A prompt of a terminal or of SASL LOGIN: "Password:", "Kennwort:", "Nom d'utilisateur :". kNone
// when it is none that is known: what is typed there may be anything.
FieldKind prompt_kind(std::string_view prompt) noexcept;

// Whether a value can be a token at all: one word of the characters of RFC 6750's b64token and kin.
bool may_be_token(std::string_view value) noexcept;

// Whether a value can be a bearer token or an API key: at least `shortest` bytes, one word, not
// only letters. Fields with names that others use too ("key", "token") are believed only then.
bool looks_like_token(std::string_view value, std::size_t shortest = 16) noexcept;

}  // namespace capstan::audit
