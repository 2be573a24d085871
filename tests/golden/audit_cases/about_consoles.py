"""Consoles, managers, voice, proxies and what is encrypted: logins made to each protocol's specification."""
import hashlib
import struct

from cases import SECRET, datagrams, stream
from wire import CLIENT, SERVER, b64, udp_ip

S = SECRET
MD5 = hashlib.md5(S).hexdigest().encode()
RAW = hashlib.md5(S).digest()
PLAIN = b64(b"\0bob\0" + S)


def c(*lines, end=b"\r\n"):
    return ("c", b"".join(line + end for line in lines))


def s(*lines, end=b"\r\n"):
    return ("s", b"".join(line + end for line in lines))


def raw(data):
    return ("c", data)


def n(kind, *lines):
    return (kind, b"".join(line + b"\n" for line in lines))


# rsync (rsync's clientserver.c and authenticate.c), CVS, Subversion (its protocol's file), X11
for version in (b"28", b"29", b"30.0", b"31.0", b"31.0 sha512 sha256 sha1 md5 md4"):
    stream("rsync_" + version.split()[0].decode() + ("_list" if b" " in version else ""), "login user=bob kind=hash protocol=rsync",
           [n("s", b"@RSYNCD: " + version), n("c", b"@RSYNCD: " + version), n("c", b"backup"), n("s", b"@RSYNCD: AUTHREQD abcdefghij"), n("c", b"bob " + b64(RAW).rstrip(b"=")), n("s", b"@RSYNCD: OK")], 873,
           secrets=(b64(RAW).rstrip(b"="),), odd=8873)
stream("rsync_motd", "login", [n("s", b"@RSYNCD: 31.0"), n("c", b"@RSYNCD: 31.0", b"backup"), n("s", b"Welcome to backup", b"@RSYNCD: AUTHREQD abcdefghij"), n("c", b"bob " + b64(RAW).rstrip(b"="))], 873, secrets=(b64(RAW).rstrip(b"="),))
stream("rsync_open", "no-login", [n("s", b"@RSYNCD: 31.0"), n("c", b"@RSYNCD: 31.0", b"pub"), n("s", b"@RSYNCD: OK")], 873, secrets=(), client=False)


def scramble(text):
    return b"A" + bytes(33 + (b * 7) % 90 for b in text)


for word in (b"AUTH", b"VERIFICATION"):
    stream("cvs_" + word.decode().lower(), "login user=bob kind=obfuscated protocol=cvs", [n("c", b"BEGIN " + word + b" REQUEST", b"/cvsroot", b"bob", scramble(S), b"END " + word + b" REQUEST"), n("s", b"I LOVE YOU")], 2401, secrets=(scramble(S),))
stream("cvs_hate", "login", [n("c", b"BEGIN AUTH REQUEST", b"/cvsroot", b"bob", scramble(S), b"END AUTH REQUEST"), n("s", b"I HATE YOU")], 2401, secrets=(scramble(S),))

SVN = ("s", b"( success ( 2 2 ( ) ( edit-pipeline svndiff1 absent-entries depth ) ) ) ")
SVNC = ("c", b"( 2 ( edit-pipeline svndiff1 ) 31:svn://svn.example.com/repository 10:SVN/1.14.2 ( ) ) ")
stream("svn_plain", "login user=bob protocol=svn", [SVN, SVNC, ("s", b"( success ( ( PLAIN CRAM-MD5 ) 5:realm ) ) "), ("c", b"( PLAIN ( %d:%s ) ) " % (len(PLAIN), PLAIN)), ("s", b"( success ( ) ) ")], 3690)
stream("svn_cram", "login kind=hash user=bob", [SVN, SVNC, ("s", b"( success ( ( CRAM-MD5 ) 5:realm ) ) "), ("c", b"( CRAM-MD5 ( ) ) "), ("s", b"( step ( 22:<1234.5678@example.com> ) ) "), ("c", b"%d:bob %s " % (4 + 32, MD5)), ("s", b"( success ( ) ) ")], 3690, secrets=(MD5,))
stream("svn_anonymous", "no-login", [SVN, SVNC, ("s", b"( success ( ( ANONYMOUS ) 5:realm ) ) "), ("c", b"( ANONYMOUS ( 0: ) ) "), ("s", b"( success ( ) ) ")], 3690, secrets=(), client=False)


def x11(order, name, data):
    e = "<" if order == b"l" else ">"
    return order + b"\0" + struct.pack(e + "HHHHH", 11, 0, len(name), len(data), 0) + name + bytes(-len(name) % 4) + data + bytes(-len(data) % 4)


for order in (b"l", b"B"):
    stream("x11_cookie_" + order.decode(), "login kind=token protocol=x11", [("c", x11(order, b"MIT-MAGIC-COOKIE-1", RAW)), ("s", b"\1\0\x0b\0\0\0")], 6000, secrets=(RAW,))
stream("x11_xdm", "login | unknown", [("c", x11(b"l", b"XDM-AUTHORIZATION-1", RAW + bytes(8))), ("s", b"\1\0\x0b\0\0\0")], 6001, secrets=())
stream("x11_open", "no-login", [("c", x11(b"l", b"", b"")), ("s", b"\1\0\x0b\0\0\0")], 6000, secrets=(), client=False)

# FreeSWITCH, NUT, MPD, TeamSpeak, RCON, DICT, AMI, Tor
ESL = n("s", b"Content-Type: auth/request", b"")
stream("esl_auth", "login protocol=freeswitch", [ESL, n("c", b"auth " + S, b""), n("s", b"Content-Type: command/reply", b"Reply-Text: +OK accepted", b"")], 8021)
stream("esl_userauth", "login user=bob@example.com", [ESL, n("c", b"userauth bob@example.com:" + S, b""), n("s", b"Content-Type: command/reply", b"Reply-Text: -ERR invalid", b"")], 8021)
stream("esl_crlf", "login", [ESL, c(b"auth " + S, b""), n("s", b"Content-Type: command/reply", b"")], 8021)
stream("nut", "login user=bob protocol=nut", [n("c", b"USERNAME bob"), n("s", b"OK"), n("c", b"PASSWORD " + S), n("s", b"OK"), n("c", b"LOGIN ups"), n("s", b"OK")], 3493)
stream("nut_quoted", "login", [n("c", b'USERNAME "bob"'), n("s", b"OK"), n("c", b'PASSWORD "' + S + b'"'), n("s", b"ERR ACCESS-DENIED")], 3493)
stream("nut_lower", "login", [n("c", b"username bob"), n("s", b"OK"), n("c", b"password " + S), n("s", b"OK")], 3493)
stream("nut_list", "no-login", [n("c", b"LIST UPS"), n("s", b"BEGIN LIST UPS", b'UPS a "x"', b"END LIST UPS")], 3493, secrets=(), client=False, odd=False)
MPD = n("s", b"OK MPD 0.23.5")
stream("mpd", "login protocol=mpd", [MPD, n("c", b"password " + S), n("s", b"OK")], 6600)
stream("mpd_quoted_list", "login", [MPD, n("c", b"command_list_begin", b'password "' + S + b'"', b"status", b"command_list_end"), n("s", b"OK")], 6600)
stream("mpd_bad", "login", [MPD, n("c", b"password " + S), n("s", b"ACK [3@0] {password} incorrect password")], 6600)
stream("mpd_open", "no-login", [MPD, n("c", b"status"), n("s", b"OK")], 6600, secrets=(), client=False)
TS = ("s", b"TS3\n\rWelcome to the TeamSpeak 3 ServerQuery interface, type \"help\" for a list of commands.\n\r")
stream("teamspeak", "login protocol=teamspeak", [TS, n("c", b"login serveradmin " + S), ("s", b"error id=0 msg=ok\n\r")], 10011)
stream("teamspeak_names", "login", [TS, n("c", b"login client_login_name=serveradmin client_login_password=" + S), ("s", b"error id=520 msg=invalid\\sloginname\n\r")], 10011)
stream("teamspeak_after_use", "login", [TS, n("c", b"use sid=1"), ("s", b"error id=0 msg=ok\n\r"), n("c", b"login serveradmin " + S)], 10011)


def rcon(kind, body, ident=1):
    return struct.pack("<iii", 10 + len(body), ident, kind) + body + b"\0\0"


stream("rcon", "login protocol=rcon", [("c", rcon(3, S)), ("s", rcon(0, b"") + rcon(2, b""))], 27015)
stream("rcon_minecraft", "login", [("c", rcon(3, S, 17)), ("s", rcon(2, b"", -1))], 25575)
DICT = s(b"220 dict.example.com dictd 1.12.1/rf <auth.mime> <1234.5678.9@dict.example.com>")
stream("dict_auth", "login kind=hash user=bob protocol=dict", [DICT, c(b"CLIENT x"), s(b"250 ok"), c(b"AUTH bob " + MD5), s(b"230 ok")], 2628, secrets=(MD5,))
stream("dict_sasl", "login", [DICT, c(b"SASLAUTH PLAIN " + PLAIN), s(b"230 ok")], 2628)
stream("dict_open", "no-login", [DICT, c(b"DEFINE ! password"), s(b"552 no match"), c(b"QUIT"), s(b"221 bye")], 2628, secrets=(), client=False)
AMI = s(b"Asterisk Call Manager/7.0.3")
stream("ami", "login user=bob protocol=asterisk-ami", [AMI, c(b"Action: Login", b"Username: bob", b"Secret: " + S, b""), s(b"Response: Success", b"Message: Authentication accepted", b"")], 5038)
stream("ami_lower", "login", [AMI, c(b"ACTION: LOGIN", b"USERNAME: bob", b"SECRET: " + S, b"ActionID: 7", b""), s(b"Response: Error", b"")], 5038)
stream("ami_secret_first", "login", [AMI, c(b"Secret: " + S, b"Action: Login", b"Username: bob", b"")], 5038)
stream("ami_md5", "login kind=hash", [AMI, c(b"Action: Challenge", b"AuthType: MD5", b""), s(b"Response: Success", b"Challenge: 840415273", b""), c(b"Action: Login", b"AuthType: MD5", b"Username: bob", b"Key: " + MD5, b"")], 5038, secrets=(MD5,))
TORHEX = S.hex().upper().encode()
stream("tor_quoted", "login protocol=tor-control", [c(b"PROTOCOLINFO 1"), s(b"250-PROTOCOLINFO 1", b"250-AUTH METHODS=HASHEDPASSWORD", b"250 OK"), c(b'AUTHENTICATE "' + S + b'"'), s(b"250 OK")], 9051)
stream("tor_hex", "login", [c(b"AUTHENTICATE " + TORHEX), s(b"515 Authentication failed: Password did not match")], 9051)
stream("tor_quoted_alone", "login", [c(b'authenticate "' + S + b'"'), s(b"250 OK")], 9051)
stream("tor_none", "no-login", [c(b"AUTHENTICATE"), s(b"250 OK")], 9051, secrets=(), client=False, odd=False)

# ManageSieve (RFC 5804), ACAP (RFC 2244)
SIEVE = s(b'"IMPLEMENTATION" "Dovecot Pigeonhole"', b'"SIEVE" "fileinto reject"', b'"SASL" "PLAIN LOGIN"', b'"STARTTLS"', b'"VERSION" "1.0"', b'OK "Dovecot ready."')
stream("sieve_plain", "login user=bob protocol=managesieve", [SIEVE, c(b'AUTHENTICATE "PLAIN" "' + PLAIN + b'"'), s(b'OK "Logged in."')], 4190)
stream("sieve_literal", "login user=bob", [SIEVE, c(b'Authenticate "PLAIN" {%d+}' % len(PLAIN), PLAIN), s(b"NO")], 4190)
stream("sieve_login", "login", [SIEVE, c(b'AUTHENTICATE "LOGIN"'), s(b'"VXNlcm5hbWU6"'), c(b'"' + b64(b"bob") + b'"'), s(b'"UGFzc3dvcmQ6"'), c(b'"' + b64(S) + b'"'), s(b"OK")], 4190)
stream("sieve_two_lines", "login", [SIEVE, c(b'AUTHENTICATE "PLAIN"'), s(b'""'), c(b'"' + PLAIN + b'"'), s(b"OK")], 4190)
stream("sieve_old_cyrus", "login", [s(b'"IMPLEMENTATION" "Cyrus timsieved v2.4.17"', b'"SASL" "PLAIN"', b"OK"), c(b'AUTHENTICATE "PLAIN" {%d+}' % len(PLAIN), PLAIN), s(b"OK")], 2000)
stream("sieve_digest", "login kind=hash", [SIEVE, c(b'AUTHENTICATE "CRAM-MD5"'), s(b'"PDE+"'), c(b'"' + b64(b"bob " + MD5) + b'"'), s(b"OK")], 4190, secrets=(MD5,))
stream("sieve_mid", "login | unknown", [c(b'AUTHENTICATE "PLAIN" "' + PLAIN + b'"'), s(b"OK")], 4190, mid=True)
stream("sieve_open", "no-login", [SIEVE, c(b"LOGOUT"), s(b"OK")], 4190, secrets=(), client=False)
ACAP = s(b'* ACAP (IMPLEMENTATION "x") (SASL "CRAM-MD5" "PLAIN") (STARTTLS)')
stream("acap_plain", "login protocol=acap", [ACAP, c(b'a AUTHENTICATE "PLAIN" {%d+}' % (4 + 1 + len(S)), b"\0bob\0" + S), s(b"a OK")], 674)
stream("acap_plain_step", "login", [ACAP, c(b'a AUTHENTICATE "PLAIN"'), s(b'+ ""'), c(b"{%d+}" % (5 + len(S)), b"\0bob\0" + S), s(b"a OK")], 674)
stream("acap_cram", "login kind=hash", [ACAP, c(b'a AUTHENTICATE "CRAM-MD5"'), s(b'+ "<1.2@x>"'), c(b'"bob ' + MD5 + b'"'), s(b"a OK")], 674, secrets=(MD5,))

# RTSP, SIP, SOCKS, VNC
BASIC = b64(b"bob:" + S)
stream("rtsp_basic", "login user=bob protocol=rtsp", [c(b"DESCRIBE rtsp://cam/1 RTSP/1.0", b"CSeq: 2", b"Authorization: Basic " + BASIC, b""), s(b"RTSP/1.0 200 OK", b"CSeq: 2", b"")], 554)
stream("rtsp_basic_later", "login", [c(b"OPTIONS * RTSP/1.0", b"CSeq: 1", b""), s(b"RTSP/1.0 200 OK", b"CSeq: 1", b""), c(b"DESCRIBE rtsp://cam/1 RTSP/1.0", b"CSeq: 2", b""), s(b"RTSP/1.0 401 Unauthorized", b'WWW-Authenticate: Basic realm="x"', b""),
       c(b"DESCRIBE rtsp://cam/1 RTSP/1.0", b"CSeq: 3", b"authorization: basic " + BASIC, b"")], 8554)
stream("rtsp_digest", "login kind=hash", [c(b"DESCRIBE rtsp://cam/1 RTSP/1.0", b"CSeq: 2", b'Authorization: Digest username="bob", realm="x", nonce="1", uri="rtsp://cam/1", response="' + MD5 + b'"', b"")], 554, secrets=(MD5,))
stream("rtsp_userinfo", "login", [c(b"DESCRIBE rtsp://bob:" + S + b"@cam/1 RTSP/1.0", b"CSeq: 2", b"")], 554)
stream("rtsp_query", "login", [c(b"DESCRIBE rtsp://cam/user=bob&password=" + S + b"&channel=1 RTSP/1.0", b"CSeq: 2", b"")], 554)
stream("rtsp_query2", "login", [c(b"SETUP rtsp://cam/1?user=bob&pwd=" + S + b" RTSP/1.0", b"CSeq: 2", b"")], 554)
stream("sip_tcp", "login kind=hash protocol=sip", [c(b"REGISTER sip:example.com SIP/2.0", b"Via: SIP/2.0/TCP a", b'Authorization: Digest username="bob",realm="x",nonce="1",uri="sip:example.com",response="' + MD5 + b'"', b"Content-Length: 0", b"")], 5060, secrets=(MD5,))
datagrams("sip_udp", "login kind=hash", [udp_ip(b"REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP a\r\nProxy-Authorization: Digest username=\"bob\",\r\n realm=\"x\",nonce=\"1\",\r\n response=\"" + MD5 + b"\"\r\nl: 0\r\n\r\n", 5060, 5060)], secrets=(MD5,))
datagrams("sip_basic", "login", [udp_ip(b"REGISTER sip:example.com SIP/2.0\r\nAuthorization: Basic " + BASIC + b"\r\n\r\n", 40000, 5060)])
datagrams("sip_none", "no-login", [udp_ip(b"OPTIONS sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP a\r\n\r\n", 40000, 5060)], secrets=())
stream("socks5", "login user=bob protocol=socks5", [("c", b"\5\2\0\2"), ("s", b"\5\2"), ("c", b"\1\3bob" + bytes([len(S)]) + S), ("s", b"\1\0"), ("c", b"\5\1\0\1" + bytes(4) + b"\0\x50"), ("s", b"\5\0\0\1" + bytes(6))], 1080, odd=9050)
stream("socks5_one_method", "login", [("c", b"\5\1\2"), ("s", b"\5\2"), ("c", b"\1\3bob" + bytes([len(S)]) + S), ("s", b"\1\1")], 1080)
stream("socks5_open", "no-login", [("c", b"\5\1\0"), ("s", b"\5\0"), ("c", b"\5\1\0\1" + bytes(4) + b"\0\x50"), ("s", b"\5\0\0\1" + bytes(6))], 1080, secrets=(), client=False)
stream("socks5_inner_pop3", "login", [("c", b"\5\1\0"), ("s", b"\5\0"), ("c", b"\5\1\0\1" + bytes(4) + b"\0\x6e"), ("s", b"\5\0\0\1" + bytes(6)), s(b"+OK"), c(b"USER bob"), s(b"+OK"), c(b"PASS " + S), s(b"+OK")], 1080, client=False)
stream("socks4a_inner_http", "login", [("c", b"\4\1\0\x50\0\0\0\1bob\0www.example.com\0"), ("s", b"\0\x5a" + bytes(6)), c(b"GET / HTTP/1.1", b"Host: x", b"Authorization: Basic " + BASIC, b""), s(b"HTTP/1.1 200 OK", b"")], 1080, client=False)
RFB = ("s", b"RFB 003.008\n")
stream("vnc_auth", "login kind=hash protocol=rfb", [RFB, ("c", b"RFB 003.008\n"), ("s", b"\1\2"), ("c", b"\2"), ("s", RAW), ("c", hashlib.md5(RAW).digest()), ("s", bytes(4))], 5900, secrets=(hashlib.md5(RAW).digest(),))
stream("vnc_33", "login kind=hash", [("s", b"RFB 003.003\n"), ("c", b"RFB 003.003\n"), ("s", b"\0\0\0\2" + RAW), ("c", hashlib.md5(RAW).digest()), ("s", bytes(4))], 5901, secrets=(hashlib.md5(RAW).digest(),))
stream("vnc_none", "no-login", [RFB, ("c", b"RFB 003.008\n"), ("s", b"\1\1"), ("c", b"\1"), ("s", bytes(4))], 5900, secrets=(), client=False)
stream("vnc_ard", "unknown | login", [RFB, ("c", b"RFB 003.008\n"), ("s", b"\1\x1e"), ("c", b"\x1e"), ("s", b"\0\2\0\x80" + bytes(range(256))), ("c", bytes(range(256)))], 5900, secrets=(), client=False)
stream("smtp_in_connect", "login", [c(b"CONNECT mail:25 HTTP/1.1", b""), s(b"HTTP/1.1 200 Connection established", b""), s(b"220 mail ESMTP"), c(b"EHLO a"), s(b"250 AUTH PLAIN"), c(b"AUTH PLAIN " + PLAIN), s(b"235 ok")], 3128, client=False)
datagrams("syslog", "no-login", [udp_ip(b"<34>Oct 11 22:14:15 host su: 'su root' failed for bob", 514, 514)], secrets=())
datagrams("tftp", "no-login", [udp_ip(b"\0\1config.txt\0octet\0", 40000, 69)], secrets=())
datagrams("dns", "no-login", [udp_ip(b"\1\2\1\0\0\1\0\0\0\0\0\0\3www\7example\3com\0\0\1\0\1", 40000, 53)], secrets=())
datagrams("coap", "no-login | login", [udp_ip(b"\x40\1\0\1\xb4test", 40000, 5683)], secrets=())

# TLS, SSL 2.0
HELLO = bytes.fromhex("160301") + struct.pack("!H", 4 + 41) + b"\1\0\0\x29\3\3" + bytes(range(32)) + b"\0\0\2\xc0\x2f\1\0"
SERVER_HELLO = bytes.fromhex("160303") + struct.pack("!H", 4 + 38) + b"\2\0\0\x26\3\3" + bytes(range(32)) + b"\0\xc0\x2f\0"
DATA = b"\x17\3\3\0\x20" + bytes(range(32))
stream("tls12", "verdict=implicit-tls not-weak", [("c", HELLO), ("s", SERVER_HELLO), ("c", DATA), ("s", DATA)], 443, secrets=(), client_right="verdict=implicit-tls")
stream("tls_gm", "verdict=implicit-tls | unknown", [("c", HELLO.replace(b"\x16\3\1", b"\x16\1\1").replace(b"\x29\3\3", b"\x29\1\1")), ("s", SERVER_HELLO.replace(b"\x16\3\3", b"\x16\1\1").replace(b"\x26\3\3", b"\x26\1\1"))], 443, secrets=())
SSL2 = b"\x80\x1f\1\0\2\0\6\0\0\0\x10\1\0\x80\7\0\xc0" + bytes(range(16))
SSL2S = b"\x80\x2b\4\0\1\0\2\0\x10\0\6\0\x10" + b"0123456789abcdef" + b"\1\0\x80\7\0\xc0" + bytes(range(16))
stream("ssl2", "verdict=implicit-tls weak", [("c", SSL2[:1] + bytes([len(SSL2) - 2]) + SSL2[2:]), ("s", SSL2S[:1] + bytes([len(SSL2S) - 2]) + SSL2S[2:])], 443, secrets=(), client_right="verdict=implicit-tls")
for name, port, turns in (
        ("smtp", 587, [s(b"220 x ESMTP"), c(b"EHLO a"), s(b"250-x", b"250 STARTTLS"), c(b"STARTTLS"), s(b"220 go")]), ("imap", 143, [s(b"* OK ready"), c(b"a STARTTLS"), s(b"a OK go")]),
        ("pop3", 110, [s(b"+OK"), c(b"STLS"), s(b"+OK go")]), ("ftp", 21, [s(b"220 FTP"), c(b"AUTH TLS"), s(b"234 go")]), ("nntp", 119, [s(b"200 news"), c(b"STARTTLS"), s(b"382 go")]),
        ("sieve", 4190, [SIEVE, c(b"STARTTLS"), s(b"OK go")]), ("acap", 674, [ACAP, c(b"a STARTTLS"), s(b"a OK go")]), ("nut", 3493, [n("c", b"STARTTLS"), n("s", b"OK STARTTLS")]),
        ("nats", 4222, [("s", b'INFO {"server_id":"N","tls_required":true} \r\n')]), ("irc", 6667, [s(b":x NOTICE * :hi"), c(b"STARTTLS"), s(b":x 670 * :STARTTLS successful")]),
        ("vnc_vencrypt", 5900, [RFB, ("c", b"RFB 003.008\n"), ("s", b"\1\x13"), ("c", b"\x13"), ("s", b"\0\2"), ("c", b"\0\2"), ("s", b"\0\2" + struct.pack("!II", 258, 259)), ("c", struct.pack("!I", 259)), ("s", b"\1")]),
        ("amqp10", 5672, [("c", b"AMQP\2\1\0\0"), ("s", b"AMQP\2\1\0\0")]), ("dict", 2628, [DICT, c(b"OPTION TLS")][:0]), ("ldap", 389, [("c", b"\x30\x1d\2\1\1\x77\x18\x80\x161.3.6.1.4.1.1466.20037"), ("s", b"\x30\x0c\2\1\1\x78\7\x0a\1\0\4\0\4\0")]),
        ("xmpp", 5222, [raw(b"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='a' version='1.0'>"), ("s", b"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
          b"<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>"), raw(b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"), ("s", b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")]),
        ("pgsql", 5432, [("c", struct.pack("!II", 8, 80877103)), ("s", b"S")]), ("svn", 3690, [])):
    if turns:
        stream("starttls_" + name, "verdict=starttls-upgraded", turns + [("c", HELLO), ("s", SERVER_HELLO), ("c", DATA), ("s", DATA)], port, secrets=(), client=False, odd=name != "nut")
