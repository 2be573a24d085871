// IMAP: RFC 9051 and RFC 3501 (LOGIN, AUTHENTICATE, STARTTLS, literals), RFC 7888
// (non-synchronizing literals), RFC 4959 (initial response).
#include <algorithm>

#include "engine/audit/protocols/line_recogniser.h"
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/protocols/sasl.h"
#include "engine/audit/secret_buffer.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

// The literal that ends a line (RFC 9051 section 9, "literal"): {12}, {12+} or ~{12}.
bool literal_size(std::string_view line, std::uint64_t& size) noexcept {
  if (!line.ends_with('}')) return false;
  const std::size_t open = line.rfind('{');
  if (open == std::string_view::npos) return false;
  std::string_view digits = line.substr(open + 1, line.size() - open - 2);
  if (digits.ends_with('+') || digits.ends_with('-')) digits.remove_suffix(1);
  if (digits.empty() || digits.size() > 12) return false;
  size = 0;
  for (const char c : digits) {
    if (!is_digit(c)) return false;
    size = size * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return true;
}

class Imap final : public LineRecogniser {
 private:
  enum class Command : std::uint8_t { kOther, kLogin };
  static constexpr std::size_t kMaxTag = 32;
  static constexpr std::size_t kMaxLiteral = 4096;  // of a name or a password

  void on_line(Side side, Bytes line, Context& context) override {
    context.facts.clear_bytes[index_of(side)] = true;
    if (side == Side::kServer) {
      server(as_text(line), context);
    } else if (continuing_) {
      arguments(as_text(line), context);
    } else if (sasl_.active() && !is_command(as_text(line))) {
      sasl_.client_base64(as_text(line), context);
    } else {
      command(as_text(line), context);
    }
  }

  void command(std::string_view text, Context& context) {
    sasl_.end();
    const std::string_view tag = take_word(text);
    text = trim_left(text);
    const std::string_view word = take_word(text);
    command_ = Command::kOther;
    arguments_seen_ = 0;
    if (equals_nocase(word, "LOGIN")) {
      command_ = Command::kLogin;
      context.set_mechanism("LOGIN");
    } else if (equals_nocase(word, "AUTHENTICATE")) {
      text = trim_left(text);
      const std::string_view mechanism = take_word(text);
      if (!mechanism.empty()) {
        sasl_.begin(mechanism, context);
        remember(tag);
        if (!trim(text).empty()) sasl_.client_base64(text, context);
      }
      return;
    } else if (equals_nocase(word, "STARTTLS")) {
      context.upgrade_requested();
      remember(tag);
      return;
    }
    arguments(text, context);
  }

  // The arguments of a command, up to its end or to a literal.
  void arguments(std::string_view text, Context& context) {
    continuing_ = false;
    std::uint64_t size = 0;
    const bool literal = literal_size(text, size);
    if (literal) text = text.substr(0, text.rfind('{'));
    if (command_ == Command::kLogin) {
      while (!(text = trim_left(text)).empty() && text != "~") {
        std::size_t length = 0;
        const std::string_view whole = argument(text, length);
        text = text.substr(length);
        SecretBuffer<2048> value;
        unescape(unquoted(whole), whole.front() == '"', value);
        login_argument(as_bytes(whole), value.bytes(), context);
      }
    }
    if (literal) {
      literal_ = size;
      continuing_ = true;
    }
  }

  // An atom or a quoted string at the front of `text` (RFC 9051 section 9, "astring").
  static std::string_view argument(std::string_view text, std::size_t& length) noexcept {
    if (text.front() != '"') {
      length = std::min(text.find_first_of(" \t"), text.size());
      return text.substr(0, length);
    }
    length = 1;
    while (length < text.size() && text[length] != '"') length += text[length] == '\\' ? 2U : 1U;
    length = std::min(length + 1, text.size());
    return text.substr(0, length);
  }
  static std::string_view unquoted(std::string_view text) noexcept {
    if (text.size() < 2 || text.front() != '"' || text.back() != '"') return text;
    return text.substr(1, text.size() - 2);
  }

  // quoted-specials stand behind a backslash (RFC 9051 section 9, "quoted").
  template <std::size_t kCapacity>
  static void unescape(std::string_view text, bool quoted, SecretBuffer<kCapacity>& out) noexcept {
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (quoted && text[i] == '\\' && i + 1 < text.size()) ++i;
      if (!out.push(static_cast<std::uint8_t>(text[i]))) return;
    }
  }

  void login_argument(Bytes where, Bytes value, Context& context) {
    ++arguments_seen_;
    if (arguments_seen_ == 1) {
      context.set_user(as_text(value));
    } else if (arguments_seen_ == 2) {
      context.add_credential(context.facts.user, "LOGIN", SecretKind::kPlain, where, value);
    }
  }

  std::uint64_t raw_pending(Side side) const override {
    return side == Side::kClient ? literal_ : 0;
  }
  std::size_t on_raw(Side, Bytes bytes, bool full, Context& context) override {
    if (command_ != Command::kLogin || literal_ > kMaxLiteral) {
      context.skip(literal_ - bytes.size());
      context.refresh_budget();
      literal_ = 0;
      return bytes.size();
    }
    if (bytes.size() < literal_ && !full) return 0;
    literal_ = 0;
    login_argument(bytes, bytes, context);
    return bytes.size();
  }

  void server(std::string_view text, Context& context) {
    if (text.starts_with("+")) {
      if (sasl_.active()) {
        sasl_.server_base64(trim(text.substr(1)));
      } else if (!continuing_) {
        sasl_.begin_by_challenge(trim(text.substr(1)), context);  // met behind its AUTHENTICATE
      }
      return;
    }
    if (contains_nocase(text.substr(0, 64), "CAPABILITY")) {
      context.facts.capabilities_seen = true;
      if (contains_nocase(text, "STARTTLS")) context.upgrade_offered();
    }
    std::string_view rest = text;
    const std::string_view tag = take_word(rest);
    if (tag == "*") return;
    const bool refused = starts_nocase(rest, "NO") || starts_nocase(rest, "BAD");
    // A refused literal is not sent (RFC 9051 section 4.3).
    if (refused && continuing_) {
      continuing_ = false;
      literal_ = 0;
    }
    if (tag != std::string_view(tag_.data(), tag_size_)) return;
    sasl_.end();
    if (refused && context.upgrade_pending()) context.upgrade_refused();
  }

  void remember(std::string_view tag) noexcept {
    tag_size_ = std::min(tag.size(), kMaxTag);
    std::copy_n(tag.begin(), tag_size_, tag_.begin());
  }

  // base64 holds no space: a line with a tag and one of these words is a command.
  static bool is_command(std::string_view text) noexcept {
    const std::string_view tag = take_word(text);
    if (tag.empty() || text.empty()) return false;
    const std::string_view word = take_word(text);
    for (const std::string_view known :
         {"LOGIN", "AUTHENTICATE", "LOGOUT", "CAPABILITY", "STARTTLS", "NOOP", "ID", "SELECT"}) {
      if (equals_nocase(word, known)) return true;
    }
    return false;
  }

  SaslExchange sasl_;
  std::uint64_t literal_ = 0;
  std::array<char, kMaxTag> tag_{};
  std::size_t tag_size_ = 0;
  std::uint32_t arguments_seen_ = 0;
  Command command_ = Command::kOther;
  bool continuing_ = false;  // the line goes on behind a literal
};

}  // namespace

std::unique_ptr<Recogniser> make_imap() { return std::make_unique<Imap>(); }

}  // namespace capstan::audit
