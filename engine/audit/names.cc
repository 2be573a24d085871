// The words of the audit's enumerations, as machine output spells them.
#include "engine/audit/facts.h"

namespace capstan::audit {

std::string_view protocol_name(Protocol protocol) noexcept {
  static constexpr std::array<std::string_view, static_cast<std::size_t>(Protocol::kCount)> kNames =
      {"unknown",     "pop3",      "imap",        "smtp",         "ftp",       "http",
       "telnet",      "rlogin",    "rsh",         "ldap",         "snmp",      "sip",
       "nntp",        "irc",       "xmpp",        "redis",        "mysql",     "pgsql",
       "smb",         "krb5",      "rtsp",        "rfb",          "socks4",    "socks5",
       "mqtt",        "radius",    "rdp",         "tls",          "dtls",      "quic",
       "ssh",         "wireguard", "ipsec",       "openvpn",      "amqp",      "mongodb",
       "tds",         "tns",       "memcached",   "kafka",        "zookeeper", "nats",
       "stomp",       "smpp",      "tacacs+",     "tacacs",       "diameter",  "rsync",
       "x11",         "ipmi",      "cvs",         "svn",          "cassandra", "drda",
       "freeswitch",  "nut",       "mpd",         "teamspeak",    "rcon",      "dict",
       "managesieve", "acap",      "tor-control", "asterisk-ami", "rexec",     "rip",
       "ospf",        "vrrp",      "hsrp",        "ppp",          "eapol"};
  return kNames[static_cast<std::size_t>(protocol)];
}

std::string_view secret_kind_name(SecretKind kind) noexcept {
  switch (kind) {
    case SecretKind::kNone:
      return "none";
    case SecretKind::kPlain:
      return "plain";
    case SecretKind::kHash:
      return "hash";
    case SecretKind::kObfuscated:
      return "obfuscated";
    case SecretKind::kToken:
      return "token";
  }
  return "none";
}

std::string_view upgrade_name(Upgrade upgrade) noexcept {
  switch (upgrade) {
    case Upgrade::kNone:
      return "none";
    case Upgrade::kOffered:
      return "offered";
    case Upgrade::kRequested:
      return "requested";
    case Upgrade::kRefused:
      return "refused";
    case Upgrade::kAccepted:
      return "accepted";
  }
  return "none";
}

std::string_view reason_name(Reasons bit) noexcept {
  switch (bit) {
    case reason::kOldTls:
      return "tls-below-1.2";
    case reason::kWeakCipher:
      return "weak-cipher";
    case reason::kCertificateExpired:
      return "certificate-not-valid-in-time";
    case reason::kSelfSigned:
      return "certificate-self-signed";
    case reason::kChallengeResponse:
      return "challenge-response-over-cleartext";
    case reason::kUpgradeOfferedUnused:
      return "upgrade-offered-not-used";
    case reason::kUpgradeRefused:
      return "upgrade-refused";
    case reason::kUpgradeStripped:
      return "upgrade-stripped";
    case reason::kCookieInClear:
      return "cookie-in-clear";
    case reason::kGap:
      return "gap-in-capture";
    case reason::kOverlapConflict:
      return "overlap-conflict";
    case reason::kMemoryLimit:
      return "memory-limit";
    case reason::kServerAnsweredClear:
      return "server-answered-in-clear";
    case reason::kOpaqueLogin:
      return "opaque-login";
    case reason::kEncryptedOther:
      return "encrypted-not-tls";
    case reason::kInTunnel:
      return "in-tunnel";
    case reason::kMidStream:
      return "mid-stream";
    default:
      return {};
  }
}

}  // namespace capstan::audit
