// ManageSieve (RFC 5804 sections 2.1 and 2.2) and ACAP (RFC 2244 section 6.3): AUTHENTICATE with
// quoted strings or literals ({12}, {12+}), STARTTLS. ManageSieve's tokens are in base64; ACAP's
// are as they are, though clients are met that encode them.
#include "engine/audit/protocols/line_recogniser.h"
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/protocols/sasl.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

class SieveLike final : public LineRecogniser {
 public:
  explicit SieveLike(bool acap) noexcept : acap_(acap) {}

 private:
  std::uint64_t raw_pending(Side side) const override {
    return side == Side::kClient ? literal_bytes_ : 0;
  }
  std::size_t on_raw(Side, Bytes bytes, bool full, Context& context) override {
    if (bytes.size() < literal_bytes_ && !full) return 0;
    token(as_text(bytes), context);
    literal_bytes_ -= bytes.size();
    return bytes.size();
  }

  void on_line(Side side, Bytes line, Context& context) override {
    context.facts.clear_bytes[index_of(side)] = true;
    const std::string_view text = trim(as_text(line));
    if (side == Side::kServer) {
      server(text, context);
    } else {
      client(text, context);
    }
  }

  void server(std::string_view text, Context& context) {
    if (find_nocase(text, "STARTTLS") != std::string_view::npos) {
      context.facts.capabilities_seen = true;
      context.upgrade_offered();
    }
    std::string_view rest = text;
    std::string_view word = take_word(rest);
    if (acap_) word = take_word(rest);  // behind the tag
    const bool no =
        equals_nocase(word, "NO") || equals_nocase(word, "BAD") || equals_nocase(word, "BYE");
    if (no && context.upgrade_pending()) context.upgrade_refused();
    if (no || equals_nocase(word, "OK")) sasl_.end();
    // A challenge is a string: LOGIN's prompts tell which of the two is asked for.
    if (sasl_.active() && text.starts_with('"')) sasl_.server_base64(unquote(text));
  }

  void client(std::string_view text, Context& context) {
    if (sasl_.active()) {
      argument(text, context);
      return;
    }
    std::string_view rest = text;
    std::string_view word = take_word(rest);
    if (acap_) word = trim(take_word(rest));
    if (equals_nocase(word, "STARTTLS")) context.upgrade_requested();
    if (!equals_nocase(word, "AUTHENTICATE")) return;
    rest = trim(rest);
    const std::string_view mechanism = rest.starts_with('"')
                                           ? unquote(rest.substr(0, rest.find('"', 1) + 1))
                                           : rest.substr(0, rest.find(' '));
    sasl_.begin(mechanism, context);
    const std::size_t end = rest.starts_with('"') ? rest.find('"', 1) : rest.find(' ');
    if (end != std::string_view::npos) argument(trim(rest.substr(end + 1)), context);
  }

  // A quoted string, or the length of the literal that follows.
  void argument(std::string_view text, Context& context) {
    if (text.empty()) return;
    if (text.front() == '{') {
      std::uint64_t size = 0;
      for (std::size_t i = 1; i < text.size() && is_digit(text[i]) && i < 9; ++i) {
        size = size * 10 + static_cast<std::uint64_t>(text[i] - '0');
      }
      literal_bytes_ = std::min<std::uint64_t>(size, 8192);
      return;
    }
    token(text.front() == '"' ? unquote(text) : text, context);
  }

  void token(std::string_view text, Context& context) {
    if (acap_ && text.find('\0') != std::string_view::npos) {
      sasl_.client_message(as_bytes(text), as_bytes(text), context);
    } else {
      sasl_.client_base64(text, context);
    }
  }

  static std::string_view unquote(std::string_view text) noexcept {
    if (text.starts_with('"')) text.remove_prefix(1);
    if (text.ends_with('"')) text.remove_suffix(1);
    return text;
  }

  SaslExchange sasl_;
  std::uint64_t literal_bytes_ = 0;
  bool acap_;
};

}  // namespace

std::unique_ptr<Recogniser> make_sieve() { return std::make_unique<SieveLike>(false); }
std::unique_ptr<Recogniser> make_acap() { return std::make_unique<SieveLike>(true); }

}  // namespace capstan::audit
