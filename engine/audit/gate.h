// The gate: decides which text from the network may be shown.
//
// All text of a session that the audit prints, users and mechanisms, passes through here. A
// mechanism is a word from a fixed list, in the list's spelling: nothing that a client wrote is
// ever repeated. A user's name is shown when the recogniser is sure that it is a name and it looks
// like one; of everything else only the length is shown.
#pragma once

#include <cstddef>
#include <string_view>

namespace capstan::audit {

// The name of a login mechanism. Its text is never freed.
class Mechanism {
 public:
  constexpr Mechanism() noexcept = default;
  // From Capstan's own words: a literal cannot come from the network. Implicit, so that a literal
  // can be passed as a Mechanism.
  consteval Mechanism(const char* literal) : text_(literal) {}  // NOLINT
  // For a word from the network: the entry of the list that it matches (RFC 4422 section 3.1 with
  // IANA's registry, RFC 9110 section 11.1, MySQL's plugins), otherwise "unlisted".
  static Mechanism from_wire(std::string_view word) noexcept;
  // Whether a word from the network is in the list.
  static bool is_listed(std::string_view word) noexcept;

  constexpr std::string_view text() const noexcept { return text_; }
  constexpr bool empty() const noexcept { return text_.empty(); }

 private:
  std::string_view text_;
};

struct GatedUser {
  std::string_view shown;  // a part of the given text; empty: nothing may be shown
  std::size_t hidden = 0;  // bytes that are not shown
};
// Which part of a user's name may be shown. A name ends before its first blank (unless it is a
// distinguished name, RFC 4514) and before a colon (people type their password after one), a line
// end or a zero byte. What looks like a token or a key, or is too long for a name, is not shown.
GatedUser gate_user(std::string_view text) noexcept;

}  // namespace capstan::audit
