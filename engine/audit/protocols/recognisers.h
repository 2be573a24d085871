// The makers of the recognisers, one file a protocol.
#pragma once

#include <memory>

#include "engine/audit/recogniser.h"

namespace capstan::audit {

std::unique_ptr<Recogniser> make_pop3();
std::unique_ptr<Recogniser> make_imap();
std::unique_ptr<Recogniser> make_smtp();
std::unique_ptr<Recogniser> make_ftp();
std::unique_ptr<Recogniser> make_nntp();
std::unique_ptr<Recogniser> make_irc();
std::unique_ptr<Recogniser> make_http();  // http.cc
std::unique_ptr<Recogniser> make_rtsp();
std::unique_ptr<Recogniser> make_sip();
std::unique_ptr<Recogniser> make_telnet();  // telnet.cc
std::unique_ptr<Recogniser> make_rlogin();  // rlogin.cc
std::unique_ptr<Recogniser> make_rsh();
std::unique_ptr<Recogniser> make_ldap();      // ldap.cc
std::unique_ptr<Recogniser> make_snmp();      // snmp.cc
std::unique_ptr<Recogniser> make_xmpp();      // xmpp.cc
std::unique_ptr<Recogniser> make_redis();     // redis.cc
std::unique_ptr<Recogniser> make_mysql();     // mysql.cc
std::unique_ptr<Recogniser> make_pgsql();     // pgsql.cc
std::unique_ptr<Recogniser> make_smb();       // smb.cc
std::unique_ptr<Recogniser> make_kerberos();  // kerberos.cc
std::unique_ptr<Recogniser> make_rfb();       // rfb.cc
std::unique_ptr<Recogniser> make_socks4();    // socks.cc
std::unique_ptr<Recogniser> make_socks5();
std::unique_ptr<Recogniser> make_mqtt();    // mqtt.cc
std::unique_ptr<Recogniser> make_radius();  // radius.cc
std::unique_ptr<Recogniser> make_rdp();     // rdp.cc
std::unique_ptr<Recogniser> make_tls();     // tls.cc
std::unique_ptr<Recogniser> make_dtls();    // dtls.cc
std::unique_ptr<Recogniser> make_quic();    // quic.cc

}  // namespace capstan::audit
