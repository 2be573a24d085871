// FTP: RFC 959 (USER, PASS, ACCT), RFC 2228 (AUTH, ADAT), RFC 4217 (AUTH TLS), RFC 2389 (FEAT).
#include "engine/audit/protocols/line_recogniser.h"
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

// RFC 959 section 5.3: the control connection is a Telnet NVT. Commands and options of Telnet may
// stand before a line (a client that aborts a transfer sends IAC IP IAC DM).
std::string_view without_telnet(std::string_view text) noexcept {
  constexpr char kIac = static_cast<char>(255);
  while (text.size() >= 2 && text[0] == kIac) {
    const auto command = static_cast<unsigned char>(text[1]);
    text.remove_prefix(
        std::min<std::size_t>(command >= 251 && command <= 254 ? 3 : 2, text.size()));
  }
  return text;
}

class Ftp final : public LineRecogniser {
 private:
  void on_line(Side side, Bytes line, Context& context) override {
    context.facts.clear_bytes[index_of(side)] = true;
    if (side == Side::kClient) {
      client(trim_left(without_telnet(as_text(line))), context);
    } else {
      server(as_text(line), context);
    }
  }

  void client(std::string_view text, Context& context) {
    const std::string_view word = take_word(text);
    if (equals_nocase(word, "USER")) {
      context.set_user(trim(text));
      context.set_mechanism("USER/PASS");
    } else if (equals_nocase(word, "PASS")) {
      context.add_credential(context.facts.user, "USER/PASS", SecretKind::kPlain, as_bytes(text),
                             as_bytes(text));
    } else if (equals_nocase(word, "ACCT")) {
      context.mark_secret(as_bytes(text));
    } else if (equals_nocase(word, "AUTH")) {
      const std::string_view mechanism = trim(text);
      // RFC 4217 section 4.1: TLS, and the older names of the same.
      if (starts_nocase(mechanism, "TLS") || starts_nocase(mechanism, "SSL")) {
        context.upgrade_requested();
      } else if (!mechanism.empty()) {
        context.set_mechanism(Mechanism::from_wire(mechanism));
      }
    } else if (equals_nocase(word, "ADAT")) {
      context.mark_secret(as_bytes(text));
      context.facts.opaque_login = true;
    }
  }

  void server(std::string_view text, Context& context) {
    const std::string_view feature = trim(text);
    // A line of FEAT's answer: " AUTH TLS;TLS-C;SSL".
    if (starts_nocase(feature, "AUTH ") &&
        (contains_nocase(feature, "TLS") || contains_nocase(feature, "SSL"))) {
      context.upgrade_offered();
    }
    const int code = reply_code(text);
    if (code == 211) context.facts.capabilities_seen = true;
    if (code == 234 || code == 334) return;  // TLS follows
    if (code >= 400 && context.upgrade_pending()) context.upgrade_refused();
  }
};

}  // namespace

std::unique_ptr<Recogniser> make_ftp() { return std::make_unique<Ftp>(); }

}  // namespace capstan::audit
