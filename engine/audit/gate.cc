#include "engine/audit/gate.h"

#include <algorithm>
#include <array>

#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

constexpr auto kListed = std::to_array<std::string_view>({
    // SASL: IANA's registry, and what servers offer beside it.
    "PLAIN",
    "LOGIN",
    "CRAM-MD5",
    "CRAM-SHA1",
    "CRAM-SHA256",
    "DIGEST-MD5",
    "ANONYMOUS",
    "EXTERNAL",
    "NTLM",
    "MSN",
    "GSSAPI",
    "GSS-SPNEGO",
    "GS2-KRB5",
    "GS2-KRB5-PLUS",
    "GS2-IAKERB",
    "GS2-IAKERB-PLUS",
    "KERBEROS_V4",
    "KERBEROS_V5",
    "SPNEGO",
    "SPNEGO-PLUS",
    "OTP",
    "SKEY",
    "SECURID",
    "SRP",
    "SAML20",
    "SAML20EC",
    "OPENID20",
    "OAUTH10A",
    "OAUTHBEARER",
    "XOAUTH",
    "XOAUTH2",
    "X-OAUTH2",
    "XCLIENT",
    "SCRAM-SHA-1",
    "SCRAM-SHA-1-PLUS",
    "SCRAM-SHA-224",
    "SCRAM-SHA-224-PLUS",
    "SCRAM-SHA-256",
    "SCRAM-SHA-256-PLUS",
    "SCRAM-SHA-384",
    "SCRAM-SHA-384-PLUS",
    "SCRAM-SHA-512",
    "SCRAM-SHA-512-PLUS",
    "SCRAM-SHA3-512",
    "SCRAM-SHA3-512-PLUS",
    "SCRAM-MD5",
    "EAP-AES128",
    "EAP-AES128-PLUS",
    "ECDH-X25519-CHALLENGE",
    "ECDSA-NIST256P-CHALLENGE",
    "NMAS-SAMBA-AUTH",
    "NMAS_AUTHEN",
    "NMAS_LOGIN",
    "PASSDSS-3DES-1",
    "SXOVER-PLUS",
    "9798-M-DSA-SHA1",
    "9798-M-ECDSA-SHA1",
    "9798-M-RSA-SHA1-ENC",
    "9798-U-DSA-SHA1",
    "9798-U-ECDSA-SHA1",
    "9798-U-RSA-SHA1-ENC",
    "AMQPLAIN",
    "RABBIT-CR-DEMO",
    "MONGODB-CR",
    "MONGODB-X509",
    "MONGODB-AWS",
    "MONGODB-OIDC",
    "AWS_MSK_IAM",
    "X-GOOGLE-TOKEN",
    "X-FACEBOOK-PLATFORM",
    "WEBEX-TOKEN",
    "HT-SHA-256-NONE",
    "HT-SHA-256-ENDP",
    "HT-SHA-256-EXPR",
    // HTTP, SIP and RTSP.
    "Basic",
    "Digest",
    "Bearer",
    "Negotiate",
    "Kerberos",
    "Token",
    "OAuth",
    "GoogleLogin",
    "ApiKey",
    "Api-Key",
    "Key",
    "JWT",
    "DPoP",
    "GNAP",
    "HOBA",
    "Mutual",
    "PrivateToken",
    "Concealed",
    "vapid",
    "WSSE",
    "Splunk",
    "SSWS",
    "MAC",
    "Hawk",
    "SharedKey",
    "SharedKeyLite",
    "GenieKey",
    "Zoho-oauthtoken",
    "PVEAPIToken",
    "MediaBrowser",
    "AWS",
    "AWS4-HMAC-SHA256",
    "AWS4-ECDSA-P256-SHA256",
    "GOOG4-HMAC-SHA256",
    "GOOG4-RSA-SHA256",
    // MySQL and MariaDB.
    "mysql_native_password",
    "mysql_old_password",
    "mysql_clear_password",
    "sha256_password",
    "caching_sha2_password",
    "client_ed25519",
    "auth_gssapi_client",
    "dialog",
    "parsec",
    "authentication_ldap_sasl_client",
    "authentication_kerberos_client",
    "authentication_fido_client",
    "authentication_webauthn_client",
    "authentication_oci_client",
    "authentication_windows_client",
    "authentication_openid_connect_client",
});

// The word in the list's spelling; empty: it is not there.
std::string_view listed(std::string_view word) noexcept {
  const auto* const known =
      std::find_if(kListed.begin(), kListed.end(),
                   [word](std::string_view one) { return equals_nocase(one, word); });
  return known != kListed.end() ? *known : std::string_view{};
}

constexpr std::size_t kLongestPlainName = 64;
constexpr std::size_t kLongestName = 160;

bool has_any(std::string_view text, std::string_view of) noexcept {
  return text.find_first_of(of) != std::string_view::npos;
}

// A JSON web token, a key in hexadecimal or base64: long, one word, of letters and digits mixed as
// no name mixes them.
bool looks_like_a_key(std::string_view text) noexcept {
  constexpr std::size_t kShortestKey = 20;
  if (text.size() < kShortestKey || has_any(text, "@\\ ")) return false;
  std::size_t digits = 0;
  std::size_t capitals = 0;
  std::size_t small = 0;
  for (const char c : text) {
    if (is_digit(c)) ++digits;
    if (c >= 'A' && c <= 'Z') ++capitals;
    if (c >= 'a' && c <= 'z') ++small;
  }
  const bool mixed =
      digits >= 3 && (capitals >= 3 || digits * 4 >= text.size()) && capitals + small > 0;
  const bool separated = has_any(text, ".-");
  return mixed && !separated ? true : text.starts_with("eyJ") || (mixed && text.size() >= 32);
}

}  // namespace

Mechanism Mechanism::from_wire(std::string_view word) noexcept {
  Mechanism found("unlisted");
  if (const std::string_view known = listed(word); !known.empty()) found.text_ = known;
  return found;
}

bool Mechanism::is_listed(std::string_view word) noexcept { return !listed(word).empty(); }

GatedUser gate_user(std::string_view text) noexcept {
  const std::size_t whole = text.size();
  std::string_view name = trim(text);
  bool distinguished = false;
  std::size_t end = name.size();  // of any name
  std::size_t blank = name.size();
  std::size_t domain = name.size();  // the mark between a name and where it is valid
  for (std::size_t i = 0; i < name.size(); ++i) {
    switch (name[i]) {
      case '=':
        distinguished = true;
        break;
      case '\0':
      case '\r':
      case '\n':
      case ':':
        end = std::min(end, i);
        break;
      case ' ':
      case '\t':
        blank = std::min(blank, i);
        break;
      case '@':
      case '\\':
        domain = std::min(domain, i);
        break;
      default:
        break;
    }
  }
  name = name.substr(0, distinguished ? end : std::min(end, blank));
  const bool may_be_long = distinguished || domain < name.size();
  if (name.size() > (may_be_long ? kLongestName : kLongestPlainName) || looks_like_a_key(name)) {
    name = {};
  }
  return {name, name.empty() ? whole : 0};
}

}  // namespace capstan::audit
