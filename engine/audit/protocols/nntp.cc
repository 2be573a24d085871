// NNTP: RFC 3977, RFC 4643 (AUTHINFO), RFC 4642 (STARTTLS).
#include "engine/audit/protocols/line_recogniser.h"
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/protocols/sasl.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

class Nntp final : public LineRecogniser {
 private:
  void on_line(Side side, Bytes line, Context& context) override {
    context.facts.clear_bytes[index_of(side)] = true;
    if (side == Side::kClient) {
      client(as_text(line), context);
    } else {
      server(as_text(line), context);
    }
  }

  void client(std::string_view text, Context& context) {
    if (in_article_) {
      in_article_ = text != ".";
      return;
    }
    if (sasl_.active() && !starts_nocase(text, "AUTHINFO ") && !starts_nocase(text, "QUIT")) {
      sasl_.client_base64(text, context);
      return;
    }
    sasl_.end();
    text = trim_left(text);
    if (simple_next_) {
      simple_next_ = false;
      const std::string_view user = take_word(text);
      context.add_credential(user, "AUTHINFO SIMPLE", SecretKind::kPlain, as_bytes(text),
                             as_bytes(text));
      return;
    }
    const std::string_view word = take_word(text);
    if (equals_nocase(word, "AUTHINFO")) {
      authinfo(trim_left(text), context);
    } else if (equals_nocase(trim(word), "STARTTLS")) {
      context.upgrade_requested();
    }
  }

  // RFC 4643 section 2.3 and 2.4. The argument of PASS may hold spaces.
  void authinfo(std::string_view text, Context& context) {
    const std::string_view kind = take_word(text);
    if (equals_nocase(kind, "USER")) {
      context.set_user(trim(text));
      context.set_mechanism("AUTHINFO USER/PASS");
      context.facts.undecidable = true;  // until the secret comes
    } else if (equals_nocase(kind, "PASS")) {
      context.add_credential(context.facts.user, "AUTHINFO USER/PASS", SecretKind::kPlain,
                             as_bytes(text), as_bytes(text));
    } else if (equals_nocase(kind, "SIMPLE")) {
      // RFC 2980 section 3.1.2: the next line is "user password".
      simple_next_ = true;
    } else if (equals_nocase(kind, "SASL")) {
      text = trim_left(text);
      const std::string_view mechanism = take_word(text);
      if (mechanism.empty()) return;
      sasl_.begin(mechanism, context);
      if (!trim(text).empty()) sasl_.client_base64(text, context);
    } else if (equals_nocase(kind, "GENERIC")) {
      context.mark_secret(as_bytes(text));
      context.set_mechanism("AUTHINFO GENERIC");
      context.facts.opaque_login = true;
    }
  }

  void server(std::string_view text, Context& context) {
    if (equals_nocase(trim(text), "STARTTLS")) context.upgrade_offered();  // a capability
    const int code = reply_code(text);
    if (code == 101) context.facts.capabilities_seen = true;
    const std::string_view rest = text.size() > 4 ? text.substr(4) : std::string_view{};
    if (code == 383) {
      if (sasl_.active()) {
        sasl_.server_base64(rest);
      } else {
        sasl_.begin_by_challenge(rest, context);
      }
    } else if (code == 340 || code == 335) {
      in_article_ = true;  // POST and IHAVE: the client sends an article
    } else if (code == 281 || code == 283 || code >= 400) {
      sasl_.end();
    }
    if (code >= 400 && context.upgrade_pending()) context.upgrade_refused();
  }

  SaslExchange sasl_;
  bool in_article_ = false;
  bool simple_next_ = false;
};

}  // namespace

std::unique_ptr<Recogniser> make_nntp() { return std::make_unique<Nntp>(); }

}  // namespace capstan::audit
