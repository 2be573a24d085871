"""What stands in front of a protocol, or within another: proxy headers, fields in fields, line ends and blanks."""
import json
import struct
import urllib.parse

from cases import SECRET, stream
from about_http import FORM, JSON, OK, get, post
from about_mail import FTP, IMAP, PLAIN, POP, SMTP, c, s
from wire import b64

S = SECRET
BASIC = b64(b"bob:" + S)
V1 = b"PROXY TCP4 203.0.113.7 203.0.113.8 56324 443\r\n"
V2 = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes([203, 0, 113, 7, 203, 0, 113, 8]) + struct.pack("!HH", 56324, 443)


def more(name, right, turns, port, **how):
    stream("more_" + name, right, turns, port, v6=False, **how)


AUTH = get(fields=b"Authorization: Basic " + BASIC + b"\r\n")
for name, front in (("proxy1", V1), ("proxy2", V2)):
    more(name + "_http", "login | unknown", [("c", front + AUTH), OK], 80, odd=8088)
    more(name + "_smtp", "login | unknown", [("c", front), s(SMTP[0]), c(b"EHLO a"), s(b"250 AUTH PLAIN"), c(b"AUTH PLAIN " + PLAIN), s(b"235")], 25)
    more(name + "_imap", "login | unknown", [("c", front), s(IMAP[0]), c(b"a LOGIN bob " + S), s(b"a OK")], 143)
more("http_blank_lines", "login", [("c", b"\r\n\r\n" + AUTH), OK], 80, odd=8088)
more("http_after_answer", "login", [("c", get()), ("s", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"), ("c", AUTH), OK], 80, odd=8088)
more("http_close_delimited", "login", [("c", AUTH), ("s", b"HTTP/1.0 200 OK\r\n\r\nhello")], 80, odd=8088)
more("http_options_star", "login", [("c", get(b"*", b"Authorization: Basic " + BASIC + b"\r\n", method=b"OPTIONS")), OK], 80, odd=8088)
more("form_json_field", "login", [("c", post(FORM, b"payload=" + urllib.parse.quote('{"user":"bob","password":"%s"}' % S.decode()).encode())), OK], 80, odd=8088)
more("json_in_json", "login", [("c", post(JSON, json.dumps({"body": json.dumps({"user": "bob", "password": S.decode()})}).encode())), OK], 80, odd=8088)
more("graphql_inline", "login", [("c", post(JSON, json.dumps({"query": 'mutation { login(user: "bob", password: "%s") { token } }' % S.decode()}).encode())), OK], 80, odd=8088)
more("form_json_type", "login", [("c", post(JSON, b"user=bob&password=" + S)), OK], 80, odd=8088)
more("form_octets", "login | no-login", [("c", post(b"application/octet-stream", b"user=bob&password=" + S)), OK], 80, odd=8088, client=False)
more("query_in_form", "login", [("c", post(FORM, b"next=%2Flogin%3Fpassword%3D" + S + b"&pass=" + S)), OK], 80, odd=8088)
more("patch_json", "login", [("c", post(JSON, b'{"password":"' + S + b'"}', method=b"PATCH")), OK], 80, odd=8088)
more("ftp_lf", "login", [("s", FTP[0] + b"\n"), ("c", b"USER bob\n"), ("s", b"331 x\n"), ("c", b"PASS " + S + b"\n"), ("s", b"230 ok\n")], 21, odd=12021)
more("pop3_lf", "login", [("s", POP[0] + b"\n"), ("c", b"USER bob\n"), ("s", b"+OK\n"), ("c", b"PASS " + S + b"\n"), ("s", b"+OK\n")], 110)
more("imap_lf", "login", [("s", IMAP[0] + b"\n"), ("c", b"a LOGIN bob " + S + b"\n"), ("s", b"a OK\n")], 143)
more("smtp_blanks", "login", [s(SMTP[0]), c(b"EHLO a"), s(b"250 AUTH PLAIN"), c(b"AUTH  PLAIN  " + PLAIN + b" "), s(b"235")], 25)
more("pop3_blanks", "login", [s(POP[0]), c(b"USER  bob "), s(b"+OK"), c(b"PASS  " + S), s(b"+OK")], 110)
more("imap_auth_equals", "no-login", [s(IMAP[0]), c(b"a AUTHENTICATE EXTERNAL ="), s(b"a OK")], 143, secrets=(), client=False)
more("ftp_opts_first", "login", [s(FTP[0]), c(b"CLNT FileZilla"), s(b"200 ok"), c(b"OPTS UTF8 ON"), s(b"200 ok"), c(b"USER bob"), s(b"331"), c(b"PASS " + S), s(b"230")], 21)
more("ftp_auth_then_clear", "login", [s(FTP[0]), c(b"AUTH TLS"), s(b"234 go"), c(b"USER bob"), s(b"331"), c(b"PASS " + S), s(b"230")], 21)
more("smtp_rset_auth", "login", [s(SMTP[0]), c(b"HELO a"), s(b"250"), c(b"RSET"), s(b"250"), c(b"AUTH LOGIN " + b64(b"bob")), s(b"334 UGFzc3dvcmQ6"), c(b64(S)), s(b"235")], 25)
more("smtp_two_logins", "login logins=1", [s(SMTP[0]), c(b"EHLO a"), s(b"250 AUTH"), c(b"AUTH PLAIN " + b64(b"\0bob\0wrongpass9")), s(b"535"), c(b"AUTH PLAIN " + PLAIN), s(b"235")], 25, secrets=(S, b"wrongpass9"))
more("smtp_long_banner", "login", [s(b"220-" + b"x" * 900 + b" ESMTP", b"220 ok"), c(b"EHLO a"), s(b"250 AUTH"), c(b"AUTH PLAIN " + PLAIN), s(b"235")], 25)
more("imap_unilingual", "login", [s(b"* OK [CAPABILITY IMAP4rev1] " + "Bienvenue à bord".encode()), c(b"a LOGIN bob " + S), s(b"a OK")], 143)
more("irc_znc", "login", [c(b"PASS bob/net:" + S, b"NICK bob", b"USER bob 0 * :b"), s(b":irc.znc.in 001 bob :hi")], 6667)
more("http_soap_action", "login", [("c", post(b"text/xml; charset=utf-8", b"<?xml version=\"1.0\"?><e:Envelope xmlns:e=\"u\"><e:Body><Login><userName>bob</userName><passWord>" + S + b"</passWord></Login></e:Body></e:Envelope>", b'SOAPAction: "Login"\r\n')), OK], 80, odd=8088)
more("winrm_basic", "login", [("c", get(b"/wsman", b"Authorization: Basic " + BASIC + b"\r\nContent-Length: 0\r\n", method=b"POST")), OK], 5985)
more("docker_auth", "login", [("c", get(b"/v1.41/images/create", b"X-Registry-Auth: " + b64(json.dumps({"username": "bob", "password": S.decode()}).encode()) + b"\r\nContent-Length: 0\r\n", method=b"POST")), OK], 2375)
more("icecast_source", "login", [("c", b"SOURCE /live ICE/1.0\r\nAuthorization: Basic " + BASIC + b"\r\nContent-Type: audio/mpeg\r\n\r\n"), ("s", b"HTTP/1.0 200 OK\r\n\r\n")], 8000)
