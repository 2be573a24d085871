// SaslExchange: a SASL login (RFC 4422) inside any protocol that carries one.
//
// The protocol's recogniser removes its own framing and passes in the decoded messages. Mechanisms
// are read here, in one place for SMTP, IMAP, POP3, NNTP, IRC, XMPP, LDAP and PostgreSQL.
#pragma once

#include <array>
#include <string_view>

#include "engine/audit/recogniser.h"

namespace capstan::audit {

class SaslExchange {
 public:
  bool active() const noexcept { return method_ != Method::kNone; }
  // Begins an exchange with the mechanism that the client named.
  void begin(std::string_view mechanism, Context& context);
  void end() noexcept { method_ = Method::kNone; }

  // A decoded message of the client. `where` is the range of its bytes in the stream.
  void client_message(Bytes message, Bytes where, Context& context);
  // The same in base64 (RFC 4954 section 4, RFC 9051 section 6.2.2, RFC 5034 section 4); "=" is an
  // empty message, "*" cancels. Text that cannot be decoded still counts as the secret expected
  // here.
  void client_base64(std::string_view text, Context& context);
  // A challenge of the server, decoded from base64 if possible: shows which of its two prompts
  // LOGIN has sent.
  void server_base64(std::string_view text) noexcept;
  // The same when no exchange is known to have begun, because the capture began after the AUTH
  // command. Begins the exchange that the challenge belongs to; false when it cannot be identified.
  bool begin_by_challenge(std::string_view text, Context& context);
  // The same for a message of the client in a place where a mechanism is expected: recognises PLAIN
  // by its form.
  bool begin_by_message(std::string_view text, Context& context);

 private:
  enum class Method : std::uint8_t {
    kNone,
    kPlain,
    kLogin,
    kCramMd5,
    kDigestMd5,
    kScram,
    kOauth,
    kNtlm,
    kGss,            // GSSAPI, GS2-*, GSS-SPNEGO: with Kerberos or NTLM inside
    kWithoutSecret,  // ANONYMOUS, EXTERNAL
    kOpaque,         // SRP and other mechanisms that cannot be read
  };

  void plain(Bytes message, Bytes where, Context& context);
  void login(Bytes message, Bytes where, Context& context);
  void cram(Bytes message, Bytes where, Context& context);
  void digest(Bytes message, Bytes where, Context& context);
  void scram(Bytes message, Bytes where, Context& context);
  void oauth(Bytes message, Bytes where, Context& context);
  void gss(Bytes message, Bytes where, Context& context);

  Method method_ = Method::kNone;
  // LOGIN: the name has been sent, or the server asks for the password.
  bool password_next_ = false;
  bool prompt_unknown_ = false;  // LOGIN: the server's prompt is not known
  bool done_ = false;            // the secret of this exchange has been seen
  Mechanism name_;
};

// The value of `key` in a comma-separated list of key=value and key="value" (RFC 2831 section 7.1,
// RFC 7616 section 3.4). Empty when it is not there. Quotes are removed, escapes are not decoded.
std::string_view directive(std::string_view list, std::string_view key) noexcept;

}  // namespace capstan::audit
