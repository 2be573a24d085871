#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/recogniser.h"

namespace capstan::audit {

std::unique_ptr<Recogniser> make_recogniser(Protocol protocol) {
  switch (protocol) {
    case Protocol::kPop3:
      return make_pop3();
    case Protocol::kImap:
      return make_imap();
    case Protocol::kSmtp:
      return make_smtp();
    case Protocol::kFtp:
      return make_ftp();
    case Protocol::kHttp:
      return make_http();
    case Protocol::kTelnet:
      return make_telnet();
    case Protocol::kRlogin:
      return make_rlogin();
    case Protocol::kRsh:
      return make_rsh();
    case Protocol::kLdap:
      return make_ldap();
    case Protocol::kSnmp:
      return make_snmp();
    case Protocol::kSip:
      return make_sip();
    case Protocol::kNntp:
      return make_nntp();
    case Protocol::kIrc:
      return make_irc();
    case Protocol::kXmpp:
      return make_xmpp();
    case Protocol::kRedis:
      return make_redis();
    case Protocol::kMysql:
      return make_mysql();
    case Protocol::kPgsql:
      return make_pgsql();
    case Protocol::kSmb:
      return make_smb();
    case Protocol::kKerberos:
      return make_kerberos();
    case Protocol::kRtsp:
      return make_rtsp();
    case Protocol::kRfb:
      return make_rfb();
    case Protocol::kSocks4:
      return make_socks4();
    case Protocol::kSocks5:
      return make_socks5();
    case Protocol::kMqtt:
      return make_mqtt();
    case Protocol::kRadius:
      return make_radius();
    case Protocol::kRdp:
      return make_rdp();
    case Protocol::kTls:
      return make_tls();
    case Protocol::kDtls:
      return make_dtls();
    case Protocol::kQuic:
      return make_quic();
    case Protocol::kUnknown:
    case Protocol::kSsh:
    case Protocol::kWireguard:
    case Protocol::kIpsec:
    case Protocol::kOpenvpn:
    case Protocol::kCount:
      break;
  }
  return nullptr;
}

}  // namespace capstan::audit
