// Subversion's own protocol (subversion/libsvn_ra_svn/protocol, "Protocol" and "Authentication"):
// lists of words, numbers, strings "5:abcde" and lists. The client answers the server's list of
// mechanisms with ( mechanism [ ( token ) ] ), tokens of Cyrus SASL in base64.
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/protocols/sasl.h"
#include "engine/audit/protocols/signatures.h"
#include "engine/audit/protocols/unit_recogniser.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

bool is_blank(std::uint8_t byte) noexcept { return byte == ' ' || byte == '\n'; }

// The bytes of the item at the front, with the white space behind it; 0: not whole; kLost: none.
std::uint64_t item_size(Bytes bytes, std::uint64_t lost) noexcept {
  std::size_t depth = 0;
  std::size_t at = 0;
  while (at < bytes.size()) {
    const std::uint8_t byte = bytes[at];
    if (is_blank(byte)) {
      ++at;
    } else if (byte == '(') {
      ++depth;
      ++at;
    } else if (byte == ')') {
      if (depth == 0) return lost;
      --depth;
      ++at;
    } else {
      const std::size_t begin = at;
      std::uint64_t number = 0;
      bool digits = true;
      while (at < bytes.size() && !is_blank(bytes[at]) && bytes[at] != ':') {
        digits = digits && is_digit(static_cast<char>(bytes[at]));
        if (bytes[at] < 0x20 || bytes[at] > 0x7e || at - begin > 64) return lost;
        if (digits && number < (1U << 30)) number = number * 10 + (bytes[at] - '0');
        ++at;
      }
      if (at < bytes.size() && bytes[at] == ':') {
        if (!digits) return lost;
        if (number > bytes.size() - at - 1)
          return depth == 0 && number < 65536 ? 0 : number < 65536 ? 0 : lost;
        at += 1 + static_cast<std::size_t>(number);
      }
    }
    if (depth == 0 && at > 0 && (at == bytes.size() || is_blank(bytes[at]))) {
      if (at == bytes.size()) return 0;
      return at + 1;
    }
  }
  return 0;
}

class Svn final : public UnitRecogniser {
 private:
  std::uint64_t unit_size(Side, Bytes bytes, const Context&) const override {
    return item_size(bytes, kLost);
  }

  void on_unit(Side side, Bytes unit, Context& context) override {
    if (side == Side::kClient) {
      client(unit, context);
    } else if (++server_items_ > 6) {
      context.finish_side(side);
    }
  }

  void client(Bytes unit, Context& context) {
    std::string_view text = trim_blank(as_text(unit));
    if (sasl_.active()) {
      // A bare string: the answer to a challenge; CRAM-MD5's is not in base64.
      if (is_digit(text.front())) {
        const Bytes token = string_of(text);
        sasl_.client_message(token, token, context);
      }
      context.finish();
      return;
    }
    if (!text.starts_with('(')) return;
    text = trim_blank(text.substr(1));
    if (is_digit(text.front())) return;  // ( version ( capabilities ) url ... )
    const std::string_view mechanism = text.substr(0, text.find_first_of(" \n"));
    if (mechanism.empty() || mechanism.size() > 20) return;
    if (!std::all_of(mechanism.begin(), mechanism.end(), [](char c) {
          return (c >= 'A' && c <= 'Z') || is_digit(c) || c == '-' || c == '_';
        })) {
      context.finish();  // a command
      return;
    }
    sasl_.begin(mechanism, context);
    const std::size_t open = text.find('(', mechanism.size());
    if (open != std::string_view::npos) {
      const std::string_view inside = trim_blank(text.substr(open + 1));
      if (!inside.empty() && is_digit(inside.front())) {
        sasl_.client_base64(as_text(string_of(inside)), context);
      }
    }
    if (mechanism == "ANONYMOUS" || mechanism == "EXTERNAL") {
      context.facts.login_without_secret = true;
      context.finish();
    }
  }

  static std::string_view trim_blank(std::string_view text) noexcept {
    while (!text.empty() && is_blank(static_cast<std::uint8_t>(text.front())))
      text.remove_prefix(1);
    return text.empty() ? " " : text;
  }
  // "5:abcde" at the front.
  static Bytes string_of(std::string_view text) noexcept {
    std::size_t size = 0;
    std::size_t at = 0;
    while (at < text.size() && is_digit(text[at]) && at < 8) {
      size = size * 10 + static_cast<std::size_t>(text[at++] - '0');
    }
    if (at >= text.size() || text[at] != ':') return {};
    return as_bytes(text.substr(at + 1, size));
  }

  SaslExchange sasl_;
  int server_items_ = 0;
};

}  // namespace

Match svn_server(Bytes bytes) noexcept { return begins_with(bytes, "( success ( "); }
Match svn_client(Bytes bytes) noexcept {
  if (bytes.size() < 6) return begins_with(bytes, "( ") == Match::kNo ? Match::kNo : Match::kMaybe;
  const std::string_view text = as_text(bytes.first(std::min<std::size_t>(bytes.size(), 64)));
  if (text.starts_with("( 2 ( ") || text.starts_with("( 1 ( ")) return Match::kYes;
  for (const std::string_view begin :
       {"( PLAIN ( ", "( CRAM-MD5 ( ", "( ANONYMOUS ( ", "( DIGEST-MD5 ( ", "( EXTERNAL ( "}) {
    if (text.starts_with(begin)) return Match::kYes;
  }
  return Match::kNo;
}

std::unique_ptr<Recogniser> make_svn() { return std::make_unique<Svn>(); }

}  // namespace capstan::audit
