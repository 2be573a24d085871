// SaslExchange: a SASL login (RFC 4422) inside any protocol that carries one.
//
// The protocol takes the messages out of its own framing and hands them in decoded; mechanisms are
// read here, once for SMTP, IMAP, POP3, NNTP, IRC, XMPP, LDAP and PostgreSQL.
#pragma once

#include <array>
#include <string_view>

#include "engine/audit/recogniser.h"

namespace capstan::audit {

class SaslExchange {
 public:
  bool active() const noexcept { return method_ != Method::kNone; }
  // Begins an exchange of the mechanism named by the client.
  void begin(std::string_view mechanism, Context& context);
  void end() noexcept { method_ = Method::kNone; }

  // A client message, decoded. `where` are its bytes as they lay in the stream.
  void client_message(Bytes message, Bytes where, Context& context);
  // The same in base64 (RFC 4954 section 4, RFC 9051 section 6.2.2, RFC 5034 section 4); "=" is an
  // empty message, "*" cancels. What does not decode is still taken for the secret it stands for.
  void client_base64(std::string_view text, Context& context);
  // A server challenge, decoded from base64 where it can be: tells which of its two prompts LOGIN
  // has sent.
  void server_base64(std::string_view text) noexcept;
  // The same when no exchange is known to be going on: a session met behind its AUTH. Begins the
  // one that the challenge belongs to; false when it is none of those that can be told.
  bool begin_by_challenge(std::string_view text, Context& context);
  // The same by a client's message where a mechanism should stand: PLAIN's is known by its shape.
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
    kGss,            // GSSAPI, GS2-*, GSS-SPNEGO: Kerberos, or NTLM inside
    kWithoutSecret,  // ANONYMOUS, EXTERNAL
    kOpaque,         // SRP and what else we cannot read
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
  bool prompt_unknown_ = false;  // ... asks in words that are not known
  bool done_ = false;            // the secret of this exchange has been seen
  Mechanism name_;
};

// The value of `key` in a comma-separated list of key=value and key="value" (RFC 2831 section 7.1,
// RFC 7616 section 3.4). Empty when it is not there. Quotes are taken off, escapes are left.
std::string_view directive(std::string_view list, std::string_view key) noexcept;

}  // namespace capstan::audit
