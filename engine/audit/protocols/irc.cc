// IRC: RFC 1459 and 2812 (PASS, NICK, USER, OPER), IRCv3 sasl (AUTHENTICATE) and tls (STARTTLS),
// and the services' own login words (NickServ IDENTIFY).
#include "engine/audit/protocols/line_recogniser.h"
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/protocols/sasl.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

class Irc final : public LineRecogniser {
 private:
  void on_line(Side side, Bytes line, Context& context) override {
    context.facts.clear_bytes[index_of(side)] = true;
    std::string_view text = trim_left(as_text(line));
    // IRCv3 message tags, then the prefix (RFC 2812 section 2.3.1).
    if (text.starts_with('@')) take_word(text);
    if (text.starts_with(':')) take_word(text);
    text = trim_left(text);
    const std::string_view word = take_word(text);
    if (side == Side::kClient) {
      client(word, text, context);
    } else {
      server(word, text, context);
    }
  }

  static std::string_view argument(std::string_view text) noexcept {
    text = trim(text);
    if (text.starts_with(':')) text.remove_prefix(1);
    return text;
  }

  void client(std::string_view word, std::string_view text, Context& context) {
    if (equals_nocase(word, "PASS")) {
      const std::string_view secret = argument(text);
      if (secret.empty()) return;
      context.add_credential(context.facts.user, "PASS", SecretKind::kPlain, as_bytes(secret),
                             as_bytes(secret));
      pass_seen_ = true;
    } else if (equals_nocase(word, "NICK")) {
      name(argument(text), context);
    } else if (equals_nocase(word, "OPER")) {
      const std::string_view user = take_word(text);
      const std::string_view secret = argument(text);
      if (!secret.empty()) {
        context.add_credential(user, "OPER", SecretKind::kPlain, as_bytes(secret),
                               as_bytes(secret));
      }
    } else if (equals_nocase(word, "AUTHENTICATE")) {
      authenticate(argument(text), context);
    } else if (equals_nocase(word, "STARTTLS")) {
      context.upgrade_requested();
    } else if (equals_nocase(word, "PRIVMSG") || equals_nocase(word, "SQUERY")) {
      const std::string_view target = take_word(text);
      if (starts_nocase(target, "NickServ") || starts_nocase(target, "Q@") ||
          starts_nocase(target, "AuthServ") || starts_nocase(target, "X@")) {
        services(argument(text), context);
      }
    } else if (equals_nocase(word, "NICKSERV") || equals_nocase(word, "NS")) {
      services(argument(text), context);
    }
  }

  // The user of a PASS is the name that follows it (RFC 2812 section 3.1.1 wants PASS first).
  void name(std::string_view nick, Context& context) {
    context.set_user(nick);
    if (pass_seen_ && !context.facts.credentials.empty() &&
        context.facts.credentials.back().mechanism == "PASS" &&
        context.facts.credentials.back().user.empty()) {
      context.facts.credentials.back().user = context.facts.user;
    }
  }

  void services(std::string_view text, Context& context) {
    const std::string_view word = take_word(text);
    if (!equals_nocase(word, "IDENTIFY") && !equals_nocase(word, "AUTH") &&
        !equals_nocase(word, "LOGIN") && !equals_nocase(word, "ID")) {
      return;
    }
    std::string_view user = context.facts.user;
    std::string_view secret = trim(text);
    const std::size_t space = secret.find(' ');
    if (space != std::string_view::npos) {
      user = secret.substr(0, space);
      secret = trim_left(secret.substr(space));
    }
    if (secret.empty()) return;
    const std::string copy(user);
    context.add_credential(copy, "NickServ", SecretKind::kPlain, as_bytes(secret),
                           as_bytes(secret));
  }

  // IRCv3 sasl-3.1: the mechanism, then base64 in pieces of 400 characters; "+" is an empty piece.
  void authenticate(std::string_view text, Context& context) {
    if (!sasl_.active()) {
      // Met behind the line that named the mechanism: what comes is the message itself.
      if (!sasl_.begin_by_message(text, context)) sasl_.begin(text, context);
    } else if (text == "*") {
      sasl_.end();
    } else {
      sasl_.client_base64(text == "+" ? std::string_view{} : text, context);
    }
  }

  void server(std::string_view word, std::string_view text, Context& context) {
    if (equals_nocase(word, "CAP") && contains_nocase(text, "tls")) context.upgrade_offered();
    const int code = reply_code(word);
    if (code == 691 && context.upgrade_pending()) context.upgrade_refused();
    // 421 unknown command, 451 not registered: to STARTTLS both are a no.
    if ((code == 421 || code == 451) && context.upgrade_pending()) context.upgrade_refused();
    if (code >= 902 && code <= 908) sasl_.end();
    if (code == 903) sasl_.end();
  }

  SaslExchange sasl_;
  bool pass_seen_ = false;
};

}  // namespace

std::unique_ptr<Recogniser> make_irc() { return std::make_unique<Irc>(); }

}  // namespace capstan::audit
