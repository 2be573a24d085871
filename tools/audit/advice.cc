#include "tools/audit/advice.h"

namespace capstan::tools {

namespace {

using audit::Protocol;
using audit::Verdict;

struct Advice {
  Protocol protocol;
  const char* sentence;
};

// How common servers of a protocol are made to refuse a login in the clear.
constexpr Advice kRefuseCleartext[] = {
    {Protocol::kImap,
     "Dovecot: disable_plaintext_auth = yes and ssl = required. Exchange: "
     "Set-ImapSettings/Set-PopSettings -LoginType SecureLogin. Cyrus: allowplaintext: no."},
    {Protocol::kPop3,
     "Dovecot: disable_plaintext_auth = yes and ssl = required. Exchange: "
     "Set-ImapSettings/Set-PopSettings -LoginType SecureLogin. Cyrus: allowplaintext: no."},
    {Protocol::kSmtp,
     "Postfix: smtpd_tls_auth_only = yes, and smtpd_tls_security_level = encrypt on the "
     "submission service. Exim: auth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}. "
     "Exchange: require TLS before Basic authentication on the receive connector."},
    {Protocol::kFtp,
     "vsftpd: ssl_enable=YES with force_local_logins_ssl=YES. ProFTPD: TLSRequired auth. "
     "Pure-FTPd: --tls=2. Or use SFTP."},
    {Protocol::kHttp,
     "Serve logins over HTTPS alone, redirect the rest and send "
     "Strict-Transport-Security; mark cookies Secure."},
    {Protocol::kTelnet, "Replace it with SSH and close the port."},
    {Protocol::kRlogin, "Replace it with SSH and close the port."},
    {Protocol::kRsh, "Replace it with SSH and close the port."},
    {Protocol::kRexec, "Replace it with SSH and close the port."},
    {Protocol::kLdap,
     "OpenLDAP: olcSecurity: simple_bind=128. Active Directory: LDAPServerIntegrity = 2 "
     "and LDAPS or StartTLS for simple binds."},
    {Protocol::kSnmp,
     "Use SNMPv3 with authPriv; net-snmp: rouser NAME priv and no rocommunity lines."},
    {Protocol::kSip, "Use SIP over TLS (transport=tls) between phones and proxy."},
    {Protocol::kNntp, "Offer NNTP over TLS on 563, and refuse AUTHINFO before STARTTLS."},
    {Protocol::kIrc, "Let clients connect on 6697 (TLS); close 6667 or refuse PASS there."},
    {Protocol::kXmpp, "Prosody: c2s_require_encryption = true. ejabberd: starttls_required: true."},
    {Protocol::kRedis, "redis.conf: tls-port 6379 and port 0."},
    {Protocol::kMysql,
     "MySQL and MariaDB: require_secure_transport = ON, or REQUIRE SSL on the accounts."},
    {Protocol::kPgsql,
     "PostgreSQL: hostssl in place of host in pg_hba.conf; sslmode=verify-full in clients."},
    {Protocol::kSmb,
     "Require SMB encryption and Kerberos; NTLM responses on the wire can be cracked."},
    {Protocol::kRfb, "Carry VNC over SSH or use VeNCrypt with X.509."},
    {Protocol::kSocks4, "Carry the proxy's own login over TLS or SSH."},
    {Protocol::kSocks5, "Carry the proxy's own login over TLS or SSH."},
    {Protocol::kMqtt, "Mosquitto: a listener on 8883 with cafile, certfile and keyfile."},
    {Protocol::kRadius, "Use RadSec (RFC 6614), or IPsec between client and server."},
    {Protocol::kRtsp, "Use RTSPS (RTSP over TLS) or keep cameras on a network of their own."},
    {Protocol::kOspf, "OSPF: HMAC-SHA with a key chain (RFC 5709, RFC 7474), or IPsec for OSPFv3."},
    {Protocol::kRip,
     "RIP: HMAC-SHA authentication (RFC 4822), and passive interfaces towards hosts."},
    {Protocol::kVrrp,
     "Its password protects nothing (RFC 5798, section 9): keep hosts out of the routers' "
     "network, and filter the protocol at its edge."},
    {Protocol::kHsrp,
     "Its password protects nothing (RFC 5798, section 9): keep hosts out of the routers' "
     "network, and filter the protocol at its edge."},
    {Protocol::kPpp, "Use EAP-TLS instead of PAP or CHAP, or carry it inside IPsec."},
    {Protocol::kEapol,
     "Use EAP-TLS, PEAP or EAP-TTLS instead of EAP-MD5, LEAP or GTC outside of a tunnel."},
    {Protocol::kTacacs, "Use TACACS+ over TLS (RFC 9887), or IPsec between client and server."},
    {Protocol::kTacacsUdp, "Use TACACS+ over TLS (RFC 9887), or IPsec between client and server."},
    {Protocol::kDiameter,
     "Use Diameter over TLS or DTLS (RFC 6733, section 13), or IPsec between peers."},
    {Protocol::kIpmi,
     "Keep management controllers on a network of their own, and switch off cipher suite 0 "
     "and IPMI 1.5."},
    {Protocol::kTds, "SQL Server: Force Encryption = Yes, and Encrypt=strict in clients."},
    {Protocol::kTns, "Oracle: SQLNET.ENCRYPTION_SERVER = REQUIRED, or a TCPS listener."},
    {Protocol::kMongodb, "mongod: net.tls.mode: requireTLS."},
    {Protocol::kCassandra,
     "cassandra.yaml: client_encryption_options with enabled: true and optional: false."},
    {Protocol::kKafka, "Kafka: listeners with SASL_SSL instead of SASL_PLAINTEXT."},
    {Protocol::kAmqp, "RabbitMQ: listeners.tcp = none and listeners.ssl.default = 5671."},
    {Protocol::kNats, "nats-server: a tls block with verify, which makes clients use it."},
    {Protocol::kRdp, "Require Network Level Authentication and the TLS security layer."},
    {Protocol::kSieve, "Dovecot: disable_plaintext_auth = yes and ssl = required."},
    {Protocol::kRsync, "Carry it over SSH, and let its port listen on loopback only."},
    {Protocol::kCvs, "Carry it over SSH, and let its port listen on loopback only."},
    {Protocol::kSvn, "Carry it over SSH, and let its port listen on loopback only."},
    {Protocol::kX11, "Carry it over SSH, and let its port listen on loopback only."},
    {Protocol::kTorControl, "Let its control port listen on loopback or a Unix socket only."},
};

const char* refuse_cleartext(Protocol protocol) noexcept {
  for (const Advice& advice : kRefuseCleartext) {
    if (advice.protocol == protocol) return advice.sentence;
  }
  return "Put TLS in front of this service.";
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
