#include "tools/audit/advice.h"

namespace capstan::tools {

namespace {

using audit::Protocol;
using audit::Verdict;

// How common servers of the protocol are made to refuse a login in the clear.
const char* refuse_cleartext(Protocol protocol) noexcept {
  switch (protocol) {
    case Protocol::kImap:
    case Protocol::kPop3:
      return "Dovecot: disable_plaintext_auth = yes and ssl = required. Exchange: "
             "Set-ImapSettings/Set-PopSettings -LoginType SecureLogin. Cyrus: allowplaintext: no.";
    case Protocol::kSmtp:
      return "Postfix: smtpd_tls_auth_only = yes, and smtpd_tls_security_level = encrypt on the "
             "submission service. Exim: auth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}. "
             "Exchange: require TLS before Basic authentication on the receive connector.";
    case Protocol::kFtp:
      return "vsftpd: ssl_enable=YES with force_local_logins_ssl=YES. ProFTPD: TLSRequired auth. "
             "Pure-FTPd: --tls=2. Or use SFTP.";
    case Protocol::kHttp:
      return "Serve logins over HTTPS alone, redirect the rest and send "
             "Strict-Transport-Security; mark cookies Secure.";
    case Protocol::kTelnet:
    case Protocol::kRlogin:
    case Protocol::kRsh:
    case Protocol::kRexec:
      return "Replace it with SSH and close the port.";
    case Protocol::kLdap:
      return "OpenLDAP: olcSecurity: simple_bind=128. Active Directory: LDAPServerIntegrity = 2 "
             "and LDAPS or StartTLS for simple binds.";
    case Protocol::kSnmp:
      return "Use SNMPv3 with authPriv; net-snmp: rouser NAME priv and no rocommunity lines.";
    case Protocol::kSip:
      return "Use SIP over TLS (transport=tls) between phones and proxy.";
    case Protocol::kNntp:
      return "Offer NNTP over TLS on 563, and refuse AUTHINFO before STARTTLS.";
    case Protocol::kIrc:
      return "Let clients connect on 6697 (TLS); close 6667 or refuse PASS there.";
    case Protocol::kXmpp:
      return "Prosody: c2s_require_encryption = true. ejabberd: starttls_required: true.";
    case Protocol::kRedis:
      return "redis.conf: tls-port 6379 and port 0.";
    case Protocol::kMysql:
      return "MySQL and MariaDB: require_secure_transport = ON, or REQUIRE SSL on the accounts.";
    case Protocol::kPgsql:
      return "PostgreSQL: hostssl in place of host in pg_hba.conf; sslmode=verify-full in clients.";
    case Protocol::kSmb:
      return "Require SMB encryption and Kerberos; NTLM responses on the wire can be cracked.";
    case Protocol::kRfb:
      return "Carry VNC over SSH or use VeNCrypt with X.509.";
    case Protocol::kSocks4:
    case Protocol::kSocks5:
      return "Carry the proxy's own login over TLS or SSH.";
    case Protocol::kMqtt:
      return "Mosquitto: a listener on 8883 with cafile, certfile and keyfile.";
    case Protocol::kRadius:
      return "Use RadSec (RFC 6614), or IPsec between client and server.";
    case Protocol::kRtsp:
      return "Use RTSPS (RTSP over TLS) or keep cameras on a network of their own.";
    case Protocol::kOspf:
      return "OSPF: HMAC-SHA with a key chain (RFC 5709, RFC 7474), or IPsec for OSPFv3.";
    case Protocol::kRip:
      return "RIP: HMAC-SHA authentication (RFC 4822), and passive interfaces towards hosts.";
    case Protocol::kVrrp:
    case Protocol::kHsrp:
      return "Its password protects nothing (RFC 5798, section 9): keep hosts out of the routers' "
             "network, and filter the protocol at its edge.";
    case Protocol::kPpp:
      return "Use EAP-TLS instead of PAP or CHAP, or carry it inside IPsec.";
    case Protocol::kEapol:
      return "Use EAP-TLS, PEAP or EAP-TTLS instead of EAP-MD5, LEAP or GTC outside of a tunnel.";
    case Protocol::kTacacs:
    case Protocol::kTacacsUdp:
      return "Use TACACS+ over TLS (RFC 9887), or IPsec between client and server.";
    case Protocol::kDiameter:
      return "Use Diameter over TLS or DTLS (RFC 6733, section 13), or IPsec between peers.";
    case Protocol::kIpmi:
      return "Keep management controllers on a network of their own, and switch off cipher suite 0 "
             "and IPMI 1.5.";
    case Protocol::kTds:
      return "SQL Server: Force Encryption = Yes, and Encrypt=strict in clients.";
    case Protocol::kTns:
      return "Oracle: SQLNET.ENCRYPTION_SERVER = REQUIRED, or a TCPS listener.";
    case Protocol::kMongodb:
      return "mongod: net.tls.mode: requireTLS.";
    case Protocol::kCassandra:
      return "cassandra.yaml: client_encryption_options with enabled: true and optional: false.";
    case Protocol::kKafka:
      return "Kafka: listeners with SASL_SSL instead of SASL_PLAINTEXT.";
    case Protocol::kAmqp:
      return "RabbitMQ: listeners.tcp = none and listeners.ssl.default = 5671.";
    case Protocol::kNats:
      return "nats-server: a tls block with verify, which makes clients use it.";
    case Protocol::kRdp:
      return "Require Network Level Authentication and the TLS security layer.";
    case Protocol::kSieve:
      return "Dovecot: disable_plaintext_auth = yes and ssl = required.";
    case Protocol::kRsync:
    case Protocol::kCvs:
    case Protocol::kSvn:
    case Protocol::kX11:
      return "Carry it over SSH, and let its port listen on loopback only.";
    case Protocol::kTorControl:
      return "Let its control port listen on loopback or a Unix socket only.";
    default:
      return "Put TLS in front of this service.";
  }
}

}  // namespace

std::vector<std::string> advice_for(const audit::ServiceKey& key, const audit::Service& service) {
  static_cast<void>(key);
  std::vector<std::string> sentences;
  const auto count = [&service](Verdict verdict) {
    return service.sessions[static_cast<std::size_t>(verdict)];
  };
  if (count(Verdict::kCleartextCredentials) != 0) {
    sentences.emplace_back(refuse_cleartext(service.protocol));
  }
  if (service.stripped != 0) {
    sentences.emplace_back(
        "Its offer of TLS vanished between sessions: look for a firewall or proxy that edits the "
        "dialogue, and make clients require TLS.");
  }
  if (count(Verdict::kRefusedOrStripped) != 0) {
    sentences.emplace_back(
        "Clients asked for TLS and did not get it: install a certificate and switch TLS on.");
  }
  if ((service.reasons & audit::reason::kOldTls) != 0) {
    sentences.emplace_back("Switch off everything below TLS 1.2 (RFC 8996).");
  }
  if ((service.reasons & audit::reason::kWeakCipher) != 0) {
    sentences.emplace_back("Take NULL, export, RC4, DES and 3DES suites out of the cipher list.");
  }
  if ((service.reasons & audit::reason::kCertificateExpired) != 0) {
    sentences.emplace_back("Renew its certificate: it was not valid at the time.");
  }
  if ((service.reasons & audit::reason::kSelfSigned) != 0) {
    sentences.emplace_back(
        "Its certificate is self-signed: clients learn to click warnings away. Use a CA's.");
  }
  const bool cookies = (service.reasons & audit::reason::kCookieInClear) != 0;
  if (cookies && count(Verdict::kCleartextCredentials) == 0) {
    sentences.emplace_back("Cookies crossed the wire in the clear: serve it over HTTPS.");
  }
  return sentences;
}

}  // namespace capstan::tools
