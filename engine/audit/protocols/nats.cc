// NATS (docs.nats.io/reference/reference-protocols/nats-protocol): INFO of the server, CONNECT of
// the client, each with a JSON object.
#include "engine/audit/protocols/json_text.h"
#include "engine/audit/protocols/line_recogniser.h"
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

class Nats final : public LineRecogniser {
 private:
  // The server says that TLS is required or possible; the client then begins it, or does not.
  bool tls_may_begin(const Context& context) const override {
    return context.facts.upgrade >= Upgrade::kOffered;
  }

  void on_line(Side side, Bytes line, Context& context) override {
    context.facts.clear_bytes[index_of(side)] = true;
    const std::string_view text = as_text(line);
    if (side == Side::kServer) {
      if (!starts_nocase(text, "INFO")) return;
      context.facts.capabilities_seen = true;
      if (json_value(text, "tls_required") == "true" ||
          json_value(text, "tls_available") == "true") {
        context.upgrade_offered();
      }
      return;
    }
    if (!starts_nocase(text, "CONNECT")) {
      // Work: the login is over, or none was asked for.
      if (!starts_nocase(text, "PING") && !starts_nocase(text, "PONG")) context.finish();
      return;
    }
    login(text, context);
  }

  static void login(std::string_view text, Context& context) {
    const std::string_view user = json_value(text, "user");
    const std::string_view password = json_value(text, "pass");
    const std::string_view token = json_value(text, "auth_token");
    const std::string_view signature = json_value(text, "sig");
    const std::string_view jwt = json_value(text, "jwt");
    if (!jwt.empty()) context.mark_secret(as_bytes(jwt));
    if (!user.empty()) context.set_user(user);
    if (!password.empty()) {
      context.add_credential(user, "CONNECT", SecretKind::kPlain, as_bytes(password),
                             as_bytes(password));
    }
    if (!token.empty()) {
      context.add_credential({}, "auth_token", SecretKind::kToken, as_bytes(token),
                             as_bytes(token));
    }
    if (!signature.empty()) {
      // Ed25519 over the server's nonce: nothing in it can be used again or searched for.
      context.mark_secret(as_bytes(signature));
      context.facts.opaque_login = true;
    }
    if (password.empty() && token.empty() && signature.empty()) {
      context.facts.login_without_secret = true;
    }
  }
};

}  // namespace

std::unique_ptr<Recogniser> make_nats() { return std::make_unique<Nats>(); }

}  // namespace capstan::audit
