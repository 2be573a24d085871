// Functions that make the recognisers; each protocol has its own file.
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
std::unique_ptr<Recogniser> make_http2();      // http2.cc: after the preface's first line
std::unique_ptr<Recogniser> make_websocket();  // websocket.cc: after the handshake
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
std::unique_ptr<Recogniser> make_mqtt();          // mqtt.cc
std::unique_ptr<Recogniser> make_radius();        // radius.cc
std::unique_ptr<Recogniser> make_rdp();           // rdp.cc
std::unique_ptr<Recogniser> make_tls();           // tls.cc
std::unique_ptr<Recogniser> make_dtls();          // dtls.cc
std::unique_ptr<Recogniser> make_quic();          // quic.cc
std::unique_ptr<Recogniser> make_amqp();          // amqp.cc
std::unique_ptr<Recogniser> make_mongodb();       // mongodb.cc
std::unique_ptr<Recogniser> make_tds();           // tds.cc
std::unique_ptr<Recogniser> make_tns();           // tns.cc
std::unique_ptr<Recogniser> make_memcached();     // memcached.cc
std::unique_ptr<Recogniser> make_kafka();         // kafka.cc
std::unique_ptr<Recogniser> make_zookeeper();     // zookeeper.cc
std::unique_ptr<Recogniser> make_nats();          // nats.cc
std::unique_ptr<Recogniser> make_stomp();         // stomp.cc
std::unique_ptr<Recogniser> make_smpp();          // smpp.cc
std::unique_ptr<Recogniser> make_tacacs();        // tacacs.cc
std::unique_ptr<Recogniser> make_tacacs_udp();    // tacacs.cc
std::unique_ptr<Recogniser> make_diameter();      // diameter.cc
std::unique_ptr<Recogniser> make_rsync();         // rsync.cc
std::unique_ptr<Recogniser> make_x11();           // x11.cc
std::unique_ptr<Recogniser> make_ipmi();          // ipmi.cc
std::unique_ptr<Recogniser> make_cvs();           // cvs.cc
std::unique_ptr<Recogniser> make_svn();           // svn.cc
std::unique_ptr<Recogniser> make_cassandra();     // cassandra.cc
std::unique_ptr<Recogniser> make_drda();          // drda.cc
std::unique_ptr<Recogniser> make_event_socket();  // password_lines.cc
std::unique_ptr<Recogniser> make_nut();           // password_lines.cc
std::unique_ptr<Recogniser> make_mpd();           // password_lines.cc
std::unique_ptr<Recogniser> make_teamspeak();     // password_lines.cc
std::unique_ptr<Recogniser> make_rcon();          // rcon.cc
std::unique_ptr<Recogniser> make_dict();          // dict.cc
std::unique_ptr<Recogniser> make_sieve();         // sieve.cc
std::unique_ptr<Recogniser> make_acap();          // sieve.cc
std::unique_ptr<Recogniser> make_tor_control();   // password_lines.cc
std::unique_ptr<Recogniser> make_ami();           // ami.cc
std::unique_ptr<Recogniser> make_rexec();         // rexec.cc
std::unique_ptr<Recogniser> make_rip();           // routing_passwords.cc
std::unique_ptr<Recogniser> make_ospf();          // routing_passwords.cc
std::unique_ptr<Recogniser> make_vrrp();          // routing_passwords.cc
std::unique_ptr<Recogniser> make_hsrp();          // routing_passwords.cc
std::unique_ptr<Recogniser> make_ppp_login();     // eap.cc
std::unique_ptr<Recogniser> make_eapol();         // eap.cc

}  // namespace capstan::audit
