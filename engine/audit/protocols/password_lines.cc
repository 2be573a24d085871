// Dialogues that log in with a command and a password on a line: FreeSWITCH's event socket
// (developer.signalwire.com, mod_event_socket), Network UPS Tools (RFC 9271 section 4.2), Music
// Player Daemon (mpd.readthedocs.io/en/stable/protocol.html), TeamSpeak's ServerQuery and the Tor
// control protocol (control-spec.txt section 3.5).
#include <string>

#include "engine/audit/protocols/line_recogniser.h"
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

// The client's lines alone are read; the server's only where a dialogue asks for them.
class PasswordLines : public LineRecogniser {
 protected:
  virtual void on_command(std::string_view word, std::string_view rest, Context& context) = 0;
  virtual void on_answer(std::string_view line, Context& context) {
    static_cast<void>(line);
    context.finish_side(Side::kServer);
  }
  static void plain(std::string_view user, Mechanism mechanism, std::string_view secret,
                    Context& context) {
    if (secret.empty()) return;
    context.add_credential(user, mechanism, SecretKind::kPlain, as_bytes(secret), as_bytes(secret));
  }

 private:
  void on_line(Side side, Bytes line, Context& context) final {
    context.facts.clear_bytes[index_of(side)] = true;
    std::string_view text = trim(as_text(line));
    if (side == Side::kServer) {
      on_answer(text, context);
      return;
    }
    if (text.empty()) return;
    const std::string_view word = take_word(text);
    on_command(word, text, context);
  }
};

// auth PASSWORD, or userauth name[@domain]:PASSWORD.
class EventSocket final : public PasswordLines {
  void on_command(std::string_view word, std::string_view rest, Context& context) override {
    if (equals_nocase(word, "auth")) {
      plain({}, "auth", trim(rest), context);
    } else if (equals_nocase(word, "userauth")) {
      const std::size_t colon = rest.find(':');
      if (colon == std::string_view::npos) {
        plain({}, "userauth", trim(rest), context);
      } else {
        plain(rest.substr(0, colon), "userauth", trim(rest.substr(colon + 1)), context);
      }
    } else if (equals_nocase(word, "connect")) {
      context.facts.login_without_secret = true;  // outbound: the server calls and trusts
    }
  }
};

// USERNAME and PASSWORD, perhaps quoted; STARTTLS.
class Nut final : public PasswordLines {
  static std::string_view unquote(std::string_view text) noexcept {
    text = trim(text);
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
      return text.substr(1, text.size() - 2);
    }
    return text;
  }
  void on_command(std::string_view word, std::string_view rest, Context& context) override {
    if (equals_nocase(word, "USERNAME")) context.set_user(unquote(rest));
    if (equals_nocase(word, "PASSWORD")) {
      plain(context.facts.user, "PASSWORD", unquote(rest), context);
    }
    if (equals_nocase(word, "STARTTLS")) context.upgrade_requested();
  }
  void on_answer(std::string_view line, Context& context) override {
    if (context.upgrade_pending() && starts_nocase(line, "ERR")) context.upgrade_refused();
  }
};

class Mpd final : public PasswordLines {
  void on_command(std::string_view word, std::string_view rest, Context& context) override {
    if (word != "password") return;
    rest = trim(rest);
    if (rest.size() >= 2 && rest.front() == '"' && rest.back() == '"') {
      rest = rest.substr(1, rest.size() - 2);
    }
    plain({}, "password", rest, context);
  }
};

// login NAME PASSWORD, or login client_login_name=NAME client_login_password=PASSWORD.
class Teamspeak final : public PasswordLines {
  void on_command(std::string_view word, std::string_view rest, Context& context) override {
    if (word != "login") return;
    std::string_view user;
    std::string_view password;
    while (!rest.empty()) {
      std::string_view value = take_word(rest);
      if (value.starts_with("client_login_name=")) {
        user = value.substr(18);
      } else if (value.starts_with("client_login_password=")) {
        password = value.substr(22);
      } else if (user.empty()) {
        user = value;
      } else if (password.empty()) {
        password = value;
      }
    }
    if (password.empty()) {
      plain({}, "login", user, context);  // one word alone: take it for the secret
    } else {
      plain(user, "login", password, context);
    }
  }
};

// AUTHENTICATE: a quoted string, or hexadecimal digits: of the password, or of a cookie's 32 bytes
// or a SAFECOOKIE's answer.
class TorControl final : public PasswordLines {
  void on_command(std::string_view word, std::string_view rest, Context& context) override {
    if (equals_nocase(word, "AUTHCHALLENGE")) {
      safe_cookie_ = true;
      return;
    }
    if (!equals_nocase(word, "AUTHENTICATE")) return;
    rest = trim(rest);
    if (rest.empty()) {
      context.facts.login_without_secret = true;
      return;
    }
    if (rest.front() == '"') {
      rest.remove_prefix(1);
      plain({}, "AUTHENTICATE", rest.substr(0, rest.rfind('"')), context);
      return;
    }
    constexpr std::size_t kCookieDigits = 64;
    const Bytes secret = as_bytes(rest);
    if (safe_cookie_) {
      context.add_credential({}, "SAFECOOKIE", SecretKind::kHash, secret, secret);
    } else if (rest.size() == kCookieDigits) {
      context.add_credential({}, "COOKIE", SecretKind::kToken, secret, secret);
    } else {
      context.add_credential({}, "AUTHENTICATE", SecretKind::kPlain, secret,
                             secret.first(secret.size() / 2));
    }
  }
  bool safe_cookie_ = false;
};

}  // namespace

std::unique_ptr<Recogniser> make_event_socket() { return std::make_unique<EventSocket>(); }
std::unique_ptr<Recogniser> make_nut() { return std::make_unique<Nut>(); }
std::unique_ptr<Recogniser> make_mpd() { return std::make_unique<Mpd>(); }
std::unique_ptr<Recogniser> make_teamspeak() { return std::make_unique<Teamspeak>(); }
std::unique_ptr<Recogniser> make_tor_control() { return std::make_unique<TorControl>(); }

}  // namespace capstan::audit
