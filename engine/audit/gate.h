// The gate: what of the wire may be said aloud.
//
// Everything the audit prints of a session's text, users and mechanisms, passes here. A mechanism
// is a word of a list, in that list's spelling: nothing that a client wrote is ever repeated. A
// user's name is what a recogniser is sure to be one, and what looks like one; of all else the
// length is said.
#pragma once

#include <cstddef>
#include <string_view>

namespace capstan::audit {

// The name of a way to log in. Its text lives for ever.
class Mechanism {
 public:
  constexpr Mechanism() noexcept = default;
  // Our own words: a literal cannot have come from the wire. Implicit, so that they read as words.
  consteval Mechanism(const char* literal) : text_(literal) {}  // NOLINT
  // A word off the wire: that of the list it is found in (RFC 4422 section 3.1 with IANA's
  // registry, RFC 9110 section 11.1, MySQL's plugins), else "unlisted".
  static Mechanism from_wire(std::string_view word) noexcept;
  // Whether a word off the wire is in the list.
  static bool is_listed(std::string_view word) noexcept;

  constexpr std::string_view text() const noexcept { return text_; }
  constexpr bool empty() const noexcept { return text_.empty(); }

 private:
  std::string_view text_;
};

struct GatedUser {
  std::string_view shown;  // within the text given; empty: nothing may be
  std::size_t hidden = 0;  // bytes that are not shown
};
// What of a user's name may be shown. A name ends at its first blank unless it is a distinguished
// name (RFC 4514), and in front of a colon, behind which people type their password; what looks
// like a token or a key, and what is too long for a name, is not shown.
GatedUser gate_user(std::string_view text) noexcept;

}  // namespace capstan::audit
