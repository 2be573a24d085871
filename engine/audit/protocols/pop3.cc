// POP3: RFC 1939 (USER, PASS, APOP), RFC 5034 (AUTH), RFC 2595 section 4 (STLS), RFC 2449 (CAPA).
#include "engine/audit/protocols/line_recogniser.h"
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/protocols/sasl.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

class Pop3 final : public LineRecogniser {
 private:
  void on_line(Side side, Bytes line, Context& context) override {
    context.facts.clear_bytes[index_of(side)] = true;
    if (side == Side::kClient) {
      client(line, context);
    } else {
      server(as_text(line), context);
    }
  }

  void client(Bytes line, Context& context) {
    std::string_view text = as_text(line);
    if (sasl_.active() && !is_command(text)) {
      sasl_.client_base64(text, context);
      return;
    }
    sasl_.end();
    text = trim_left(text);
    const std::string_view word = take_word(text);
    if (equals_nocase(word, "USER")) {
      context.set_user(trim(text));
      context.set_mechanism("USER/PASS");
    } else if (equals_nocase(word, "PASS")) {
      // RFC 1939 section 7: the argument is all of the rest, spaces too.
      context.add_credential(context.facts.user, "USER/PASS", SecretKind::kPlain, as_bytes(text),
                             as_bytes(text));
    } else if (equals_nocase(word, "APOP")) {
      const std::string_view name = take_word(text);
      const std::string_view digest = trim(text);
      if (!digest.empty()) {
        context.add_credential(name, "APOP", SecretKind::kHash, as_bytes(digest), as_bytes(digest));
      }
    } else if (equals_nocase(word, "AUTH")) {
      const std::string_view mechanism = take_word(text);
      if (mechanism.empty()) return;  // asks for the list
      sasl_.begin(mechanism, context);
      if (!trim(text).empty()) sasl_.client_base64(text, context);
    } else if (equals_nocase(word, "STLS")) {
      context.upgrade_requested();
    } else {
      return;
    }
    ++answers_due_;
  }

  void server(std::string_view text, Context& context) {
    if (text.starts_with("+ ")) {
      if (sasl_.active()) {
        sasl_.server_base64(text.substr(2));
      } else if (sasl_.begin_by_challenge(text.substr(2), context)) {
        ++answers_due_;  // met behind its AUTH
      }
      return;
    }
    // The capability of RFC 2595 section 4, alone on its line in the answer to CAPA.
    if (equals_nocase(trim(text), "STLS")) context.upgrade_offered();
    if (equals_nocase(trim(text), "UIDL") || equals_nocase(trim(text), "TOP")) {
      context.facts.capabilities_seen = true;
    }
    const bool refused = starts_nocase(text, "-ERR");
    if (!refused && !starts_nocase(text, "+OK")) return;
    if (answers_due_ > 0) --answers_due_;
    if (answers_due_ == 0) sasl_.end();
    if (refused && context.upgrade_pending()) context.upgrade_refused();
  }

  // A client that gives up on a refused AUTH goes on with a command: no base64 has these words.
  static bool is_command(std::string_view text) noexcept {
    for (const std::string_view word :
         {"USER ", "PASS ", "QUIT", "CAPA", "STLS", "AUTH ", "APOP "}) {
      if (starts_nocase(text, word)) return true;
    }
    return false;
  }

  SaslExchange sasl_;
  int answers_due_ = 0;
};

}  // namespace

std::unique_ptr<Recogniser> make_pop3() { return std::make_unique<Pop3>(); }

}  // namespace capstan::audit
