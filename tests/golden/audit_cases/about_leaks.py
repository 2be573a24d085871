"""Places where a secret may be taken for something harmless, and second secrets beside a login that is found."""
import struct

from cases import SECRET, case, stream
from wire import Session, b64, frames

S = SECRET
OTHER = b"SECONDSECRET2"
FORM = b"application/x-www-form-urlencoded"


def c(*lines):
    return ("c", b"".join(line + b"\r\n" for line in lines))


def s(*lines):
    return ("s", b"".join(line + b"\r\n" for line in lines))


def quiet(name, turns, port, secrets=(S,), **how):
    """No secret anywhere, whatever the verdict."""
    stream("leak_" + name, "exit=0 | exit=4 | exit=5", turns, port, secrets=secrets, client_right="exit=0 | exit=4 | exit=5",
           odd_right="exit=0 | exit=4 | exit=5", mid=True, **how)


def post(body, kind=FORM):
    return ("c", b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Type: " + kind + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


OK = s(b"HTTP/1.1 200 OK", b"Content-Length: 0", b"")
POP, IMAP, SMTP, FTP = s(b"+OK ready"), s(b"* OK ready"), s(b"220 mail ESMTP"), s(b"220 FTP ready")

for field in (b"user_token", b"userpw", b"login_pw", b"user_key", b"account_secret", b"mailpin", b"user_credentials", b"username_token", b"email_code", b"login_hash",
              b"uid_secret", b"usercode", b"user_pin", b"login_otp", b"accountPassword", b"userAuth", b"login_session", b"userSig", b"emailToken", b"user[secret]",
              b"account_no_pin", b"loginkey", b"userid_pass", b"mail_pwd", b"login-nonce", b"user.passphrase", b"usernamepassword", b"UserApiKey", b"login_token", b"user_auth_code"):
    quiet("form_" + field.decode().replace("[", "_").replace("]", ""), [post(field + b"=" + S + b"&password=hunter2x"), OK], 80, cut=(), v6=False)
    quiet("json_" + field.decode().replace("[", "_").replace("]", ""), [post(b'{"' + field + b'":"' + S + b'","password":"hunter2x"}', b"application/json"), OK], 80, cut=(), v6=False)
# What a person types in the wrong place.
quiet("pop3_user_is_password", [POP, c(b"USER bob:" + S), s(b"+OK"), c(b"PASS x"), s(b"-ERR")], 110)
quiet("pop3_user_blank", [POP, c(b"USER bob " + S), s(b"-ERR"), c(b"PASS x"), s(b"-ERR")], 110)
quiet("pop3_auth_word", [POP, c(b"AUTH " + S), s(b"-ERR"), c(b"USER bob"), s(b"+OK"), c(b"PASS " + OTHER), s(b"+OK")], 110, secrets=(S, OTHER))
quiet("pop3_apop_two", [POP, c(b"APOP bob " + S), s(b"-ERR")], 110)
quiet("pop3_pass_first", [POP, c(b"PASS " + S), s(b"-ERR"), c(b"USER bob"), s(b"+OK")], 110)
quiet("pop3_password_verb", [POP, c(b"PASSWORD " + S), s(b"-ERR"), c(b"USER bob", b"PASS x")], 110)
quiet("pop3_pass_no_blank", [POP, c(b"USER bob"), s(b"+OK"), c(b"PASS:" + S), s(b"-ERR"), c(b"PASS x")], 110)
quiet("imap_login_three", [IMAP, c(b"a LOGIN bob " + S + b" " + OTHER), s(b"a BAD"), c(b"b LOGIN bob x")], 143, secrets=(S, OTHER))
quiet("imap_login_one", [IMAP, c(b"a LOGIN " + b"bob", S), s(b"a BAD")], 143)
quiet("imap_login_literal_user", [IMAP, c(b"a LOGIN {14}"), s(b"+"), c(b"bob " + S + b" x"), s(b"a NO")], 143)
quiet("imap_tag", [IMAP, c(S + b" LOGIN bob x"), s(S + b" NO")], 143)
quiet("imap_auth_arg", [IMAP, c(b"a AUTHENTICATE " + S), s(b"a NO"), c(b"b LOGIN bob x")], 143)
quiet("imap_swapped", [IMAP, c(b"a AUTHENTICATE LOGIN"), s(b"+ " + b64(b"Password:")), c(b64(S)), s(b"+ " + b64(b"Username:")), c(b64(b"bob")), s(b"a OK")], 143, client=False)
quiet("imap_cut_base64", [IMAP, c(b"a AUTHENTICATE PLAIN"), s(b"+"), c(b64(b"\0bob\0" + S)[:-3]), s(b"a BAD"), c(b"b LOGIN bob x")], 143)
quiet("smtp_auth_word", [SMTP, c(b"EHLO a"), s(b"250 AUTH"), c(b"AUTH " + S + b" x"), s(b"504"), c(b"AUTH PLAIN " + b64(b"\0bob\0" + OTHER)), s(b"235")], 25, secrets=(S, OTHER))
quiet("smtp_auth_two_words", [SMTP, c(b"EHLO a"), s(b"250 AUTH"), c(b"AUTH LOGIN bob " + S), s(b"501"), c(b"AUTH PLAIN " + b64(b"\0bob\0" + OTHER)), s(b"235")], 25, secrets=(S, OTHER))
quiet("smtp_plain_not_base64", [SMTP, c(b"EHLO a"), s(b"250 AUTH"), c(b"AUTH PLAIN bob " + S), s(b"501")], 25)
quiet("smtp_plain_one_nul", [SMTP, c(b"EHLO a"), s(b"250 AUTH"), c(b"AUTH PLAIN " + b64(b"bob\0" + S)), s(b"535")], 25)
quiet("smtp_plain_no_nul", [SMTP, c(b"EHLO a"), s(b"250 AUTH"), c(b"AUTH PLAIN " + b64(S)), s(b"535")], 25)
quiet("smtp_plain_swapped", [SMTP, c(b"EHLO a"), s(b"250 AUTH"), c(b"AUTH PLAIN " + b64(S + b"\0bob\0x")), s(b"535")], 25)
quiet("smtp_helo_secret", [SMTP, c(b"EHLO " + S), s(b"250 AUTH PLAIN"), c(b"AUTH PLAIN " + b64(b"\0bob\0" + OTHER)), s(b"235")], 25, secrets=(S, OTHER))
quiet("smtp_mail_secret", [SMTP, c(b"EHLO a"), s(b"250 AUTH"), c(b"AUTH PLAIN " + b64(b"\0bob\0" + OTHER)), s(b"235"), c(b"MAIL FROM:<a@b>"), s(b"250"), c(b"DATA"), s(b"354"), c(b"my password is " + S, b"."), s(b"250")], 25, secrets=(S, OTHER))
quiet("ftp_user_colon", [FTP, c(b"USER bob:" + S), s(b"331"), c(b"PASS x"), s(b"530")], 21)
quiet("ftp_user_at_password", [FTP, c(b"USER bob " + S), s(b"331"), c(b"PASS x"), s(b"530")], 21)
quiet("ftp_auth_word", [FTP, c(b"AUTH " + S), s(b"504"), c(b"USER bob"), s(b"331"), c(b"PASS " + OTHER), s(b"230")], 21, secrets=(S, OTHER))
quiet("ftp_cwd", [FTP, c(b"USER bob"), s(b"331"), c(b"PASS " + OTHER), s(b"230"), c(b"CWD " + S, b"SITE CHMOD " + S, b"STOR " + S), s(b"250")], 21, secrets=(S, OTHER))
quiet("irc_nick", [c(b"PASS " + OTHER, b"NICK " + b"bob", b"USER bob 0 * :" + S), s(b":x 001 bob :hi")], 6667, secrets=(S, OTHER))
quiet("irc_authenticate", [c(b"CAP REQ :sasl", b"NICK bob", b"AUTHENTICATE " + S), s(b":x 904 bob :fail")], 6667)
quiet("irc_auth_alone", [c(b"AUTHENTICATE " + S), s(b":x 904 bob :fail")], 6667)
quiet("line_authenticate", [c(b"AUTHENTICATE " + S), s(b"NO")], 9999)
quiet("line_authenticate_quoted", [c(b'AUTHENTICATE "' + S + b'"'), s(b"250 OK")], 9051)
quiet("tor_cookie", [c(b"AUTHENTICATE " + b"ab" * 20 + S.hex().encode()), s(b"250 OK")], 9051)
quiet("sieve_word", [s(b'"IMPLEMENTATION" "x"', b'"SASL" "PLAIN"', b"OK"), c(b'AUTHENTICATE "' + S + b'" "' + b64(b"\0bob\0" + OTHER) + b'"'), s(b"NO")], 4190, secrets=(S, OTHER))
quiet("rexec", [("c", b"0\0bob\0" + S + b"\0id\0"), ("s", b"\0")], 512)
quiet("rexec_port", [("c", b"1023\0bob\0" + S + b"\0id\0"), ("s", b"\0")], 512)
quiet("rexec_elsewhere", [("c", b"0\0bob\0" + S + b"\0id\0"), ("s", b"\0")], 5120)
quiet("telnet_user_password", [("s", b"login: "), c(S), s(b"Password: "), c(OTHER), s(b"$")], 23, secrets=(OTHER,))
quiet("telnet_typed_ahead", [("s", b"login: "), c(b"bob", S), ("s", b"\r\nPassword: \r\n$ ")], 23)
quiet("telnet_sudo", [("s", b"login: "), c(b"bob"), ("s", b"Password: "), c(OTHER), ("s", b"$ "), c(b"sudo id"), ("s", b"[sudo] password for bob: "), c(S), ("s", b"uid=0\r\n$ ")], 23, secrets=(S, OTHER))
quiet("telnet_enable", [("s", b"Username: "), c(b"bob"), ("s", b"Password: "), c(OTHER), ("s", b"sw>"), c(b"enable"), ("s", b"Password: "), c(S), ("s", b"sw#"), c(b"conf t", b"username x secret " + S, b"snmp-server community " + S + b" RO", b"enable secret " + S), ("s", b"sw(config)#")], 23, secrets=(S, OTHER))
quiet("telnet_passwd", [("s", b"login: "), c(b"bob"), ("s", b"Password: "), c(OTHER), ("s", b"$ "), c(b"passwd"), ("s", b"New password: "), c(S), ("s", b"Retype new password: "), c(S), ("s", b"ok\r\n$ ")], 23, secrets=(S, OTHER))
quiet("telnet_mysql", [("s", b"login: "), c(b"bob"), ("s", b"Password: "), c(OTHER), ("s", b"$ "), c(b"mysql -u root -p" + S, b"curl -u a:" + S + b" http://x"), ("s", b"$ ")], 23, secrets=(S, OTHER))
quiet("telnet_echoed", [("s", b"login: "), c(b"bob"), ("s", b"Password: "), c(S), ("s", S + b"\r\n$ ")], 23)
quiet("nntp_user_secret", [s(b"200 news"), c(b"AUTHINFO USER bob " + S), s(b"481"), c(b"AUTHINFO PASS x")], 119)
quiet("nntp_generic", [s(b"200 news"), c(b"AUTHINFO GENERIC " + S + b" " + OTHER), s(b"501")], 119, secrets=(S, OTHER))
for name, request in (
        ("basic_only_user", b"GET / HTTP/1.1\r\nAuthorization: Basic " + b64(S) + b"\r\n\r\n"), ("basic_key_as_user", b"GET / HTTP/1.1\r\nAuthorization: Basic " + b64(S + b":") + b"\r\n\r\n"),
        ("basic_x", b"GET / HTTP/1.1\r\nAuthorization: Basic " + b64(S + b"KEY0123456789abcdef:x") + b"\r\n\r\n"), ("basic_raw", b"GET / HTTP/1.1\r\nAuthorization: Basic bob:" + S + b"\r\n\r\n"),
        ("scheme", b"GET / HTTP/1.1\r\nAuthorization: " + S + b" " + OTHER + b"\r\n\r\n"), ("scheme_alone", b"GET / HTTP/1.1\r\nAuthorization: " + S + b"\r\n\r\n"),
        ("digest_user", b'GET / HTTP/1.1\r\nAuthorization: Digest username="bob:' + S + b'", response="' + b"ab" * 16 + b'"\r\n\r\n'),
        ("host", b"GET / HTTP/1.1\r\nHost: " + S + b".example.com\r\nAuthorization: Basic " + b64(b"bob:" + OTHER) + b"\r\n\r\n"),
        ("agent", b"GET / HTTP/1.1\r\nUser-Agent: " + S + b"\r\nAuthorization: Basic " + b64(b"bob:" + OTHER) + b"\r\n\r\n"),
        ("path", b"GET /reset/" + S + b"/x HTTP/1.1\r\nAuthorization: Basic " + b64(b"bob:" + OTHER) + b"\r\n\r\n"),
        ("method", S + b" / HTTP/1.1\r\nAuthorization: Basic " + b64(b"bob:" + OTHER) + b"\r\n\r\n"),
        ("cookies", b"GET / HTTP/1.1\r\nCookie: a=" + S + b";\r\n b=" + S + b"\r\nAuthorization: Basic " + b64(b"bob:" + OTHER) + b"\r\n\r\n"),
        ("field_name", b"GET / HTTP/1.1\r\n" + S + b": x\r\nAuthorization: Basic " + b64(b"bob:" + OTHER) + b"\r\n\r\n"),
        ("boundary", b"POST / HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=" + S + b"\r\nContent-Length: 5\r\nAuthorization: Basic " + b64(b"bob:" + OTHER) + b"\r\n\r\nabcde"),
        ("content_type", b"POST / HTTP/1.1\r\nContent-Type: " + S + b"\r\nContent-Length: 5\r\nAuthorization: Basic " + b64(b"bob:" + OTHER) + b"\r\n\r\nabcde"),
        ("version", b"GET / HTTP/1.1 " + S + b"\r\nAuthorization: Basic " + b64(b"bob:" + OTHER) + b"\r\n\r\n"),
        ("userinfo_user", b"GET http://" + S + b"@host/ HTTP/1.1\r\nHost: a\r\n\r\n"), ("userinfo_token", b"GET http://" + S + b":x-oauth-basic@host/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("user_twice", b"GET /?user=" + b"bob" + b"&user=x&password=" + S + b"&pass=" + OTHER + b" HTTP/1.1\r\n\r\n")):
    secrets = (S, OTHER) if OTHER in request or b64(b"bob:" + OTHER) in request else (S,)
    quiet("http_" + name, [("c", request), OK], 80, secrets=secrets, cut=(7,))
for name, body in (("two", b"old_password=" + S + b"&new_password=" + OTHER), ("plus_unknown", b"password=" + S + b"&answer=" + OTHER), ("user_after", b"password=" + S + b"&user=bob&secret_answer=" + OTHER),
                   ("pct", b"password=%54%4F%50" + S[3:] + b"&pw2=" + OTHER), ("same_name", b"password=" + S + b"&password=" + OTHER), ("mail_as_pw", b"email=bob%40example.com&pwd=" + S + b"&confirm=" + OTHER),
                   ("card", b"user=bob&password=" + S + b"&card=" + OTHER)):
    quiet("form_" + name, [post(body), OK], 80, secrets=(S, OTHER), cut=(7,))
quiet("http_answer", [("c", b"GET / HTTP/1.1\r\nAuthorization: Basic " + b64(b"bob:" + OTHER) + b"\r\n\r\n"), s(b"HTTP/1.1 200 OK", b"Content-Type: text/html", b"Content-Length: 60", b"X-Secret: " + S, b"", b'<input name=password value="' + S + b'">'.ljust(30))], 80, secrets=(S, OTHER))
quiet("http_token_answer", [post(b"grant_type=password&username=bob&password=" + OTHER), s(b"HTTP/1.1 200 OK", b"Content-Type: application/json", b"Content-Length: 46", b"", b'{"access_token":"' + S + b'abc123","x":"yyyyyy"}')], 80, secrets=(S, OTHER))
quiet("redis_echo", [("c", b"AUTH " + OTHER + b"\r\nSET secret " + S + b"\r\n"), ("s", b"+OK\r\n")], 6379, secrets=(S, OTHER))
quiet("redis_auth_name", [("c", b"*3\r\n$4\r\nAUTH\r\n$14\r\nbob:" + S + b"\r\n$1\r\nx\r\n"), ("s", b"+OK\r\n")], 6379)
quiet("memcached_mechanism", [("c", struct.pack("!BBHBBHIIQ", 0x80, 0x21, len(S), 0, 0, 0, len(S) + 9, 0, 0) + S + b"\0bob\0pass")], 11211)
quiet("nats_name", [s(b'INFO {"server_id":"x"}'), c(b'CONNECT {"name":"' + S + b'","user":"bob","pass":"' + OTHER + b'"}')], 4222, secrets=(S, OTHER))
quiet("stomp_host", [("c", b"CONNECT\naccept-version:1.2\nhost:" + S + b"\nlogin:bob\npasscode:" + OTHER + b"\n\n\0")], 61613, secrets=(S, OTHER))
quiet("xmpp_resource", [c(b"<stream:stream to='a' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"), c(b"<auth mechanism='" + S + b"'>" + b64(b"\0bob\0" + OTHER) + b"</auth>")], 5222, secrets=(S, OTHER))
quiet("socks_swapped", [("c", b"\5\1\2"), ("s", b"\5\2"), ("c", b"\1\x0e" + b"bob:" + S + b"\1x"), ("s", b"\1\1")], 1080)
quiet("ami_user", [s(b"Asterisk Call Manager/7.0"), c(b"Action: Login", b"Username: bob:" + S, b"Secret: " + OTHER, b"")], 5038, secrets=(S, OTHER))
quiet("ami_variable", [s(b"Asterisk Call Manager/7.0"), c(b"Action: Login", b"Username: bob", b"Secret: " + OTHER, b"", b"Action: Originate", b"Variable: PIN=" + S, b"")], 5038, secrets=(S, OTHER))
quiet("teamspeak_swapped", [("s", b"TS3\n\r"), c(b"login " + S), ("s", b"error id=1\n\r")], 10011)
quiet("mqtt_client_id", [("c", b"\x10" + bytes([12 + 2 + len(S) + 5 + 2 + len(OTHER) - 2]) + b"\0\4MQTT\4\xc2\0\x3c" + struct.pack("!H", len(S)) + S + b"\0\3bob" + struct.pack("!H", len(OTHER)) + OTHER)], 1883, secrets=(S, OTHER))
