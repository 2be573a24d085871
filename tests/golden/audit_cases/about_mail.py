"""Dialogues in lines: mail, news, chat, files, terminals; each with servers' own banners, split, refused, pipelined."""
from cases import SECRET, stream
from wire import b64

S = SECRET
PLAIN = b64(b"\0bob\0" + S)
PLAIN_Z = b64(b"bob\0bob\0" + S)


def c(*lines):
    return ("c", b"".join(line + b"\r\n" for line in lines))


def s(*lines):
    return ("s", b"".join(line + b"\r\n" for line in lines))


def talk(name, right, turns, port, **how):
    how.setdefault("secrets", (S,))
    stream(name, right, turns, port, **how)


CRAM = b64(b"bob " + b"b913a602c7eda7a495b4e6e7334d3890")
DIGEST_CRAM = b"b913a602c7eda7a495b4e6e7334d3890"

# --- POP3: RFC 1939, 2449, 5034, 2595 ---
POP = [b"+OK Dovecot (Debian) ready.", b"+OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>", b"+OK Microsoft Exchange Server 2016 POP3 server ready",
       b"+OK Gpop ready for requests from 192.0.2.10", b"+OK The Microsoft Exchange POP3 service is ready.", b"+OK", b"+OK X1 NT-POP3 Server mail.example.com",
       b"+OK Cyrus POP3 v2.4.17 server ready", b"+OK hello from popgate", b"+OK courier pop3d", b"+OK QPOP (version 2.53) at mail starting."]
for n, banner in enumerate(POP):
    talk(f"pop3_banner{n}", "login user=bob protocol=pop3", [s(banner), c(b"USER bob"), s(b"+OK"), c(b"PASS " + S), s(b"+OK Logged in.")], 110,
         odd=1110, cut=(), client=n == 0)
talk("pop3_lower", "login user=bob", [s(POP[0]), c(b"user bob"), s(b"+OK"), c(b"pass " + S), s(b"-ERR [AUTH] Authentication failed.")], 110)
talk("pop3_pass_blanks", "login", [s(POP[0]), c(b"USER bob"), s(b"+OK"), c(b"PASS my " + S + b" phrase"), s(b"+OK")], 110)
talk("pop3_pipelined", "login user=bob", [s(POP[0]), c(b"CAPA", b"USER bob", b"PASS " + S, b"STAT"), s(b"+OK", b"PIPELINING", b".", b"+OK", b"+OK", b"+OK 0 0")], 110)
talk("pop3_apop", "login kind=hash user=bob", [s(POP[1]), c(b"APOP bob c4c9334bac560ecc979e58001b3e22fb"), s(b"+OK")], 110, secrets=(b"c4c9334bac560ecc979e58001b3e22fb",))
talk("pop3_auth_plain", "login user=bob", [s(POP[0]), c(b"AUTH PLAIN"), s(b"+ "), c(PLAIN), s(b"+OK")], 110)
talk("pop3_auth_plain_ir", "login user=bob", [s(POP[0]), c(b"AUTH PLAIN " + PLAIN_Z), s(b"+OK")], 110)
talk("pop3_auth_login", "login user=bob", [s(POP[0]), c(b"AUTH LOGIN"), s(b"+ VXNlcm5hbWU6"), c(b64(b"bob")), s(b"+ UGFzc3dvcmQ6"), c(b64(S)), s(b"+OK")], 110)
talk("pop3_auth_login_ir", "login", [s(POP[0]), c(b"AUTH LOGIN " + b64(b"bob")), s(b"+ UGFzc3dvcmQ6"), c(b64(S)), s(b"-ERR")], 110)
talk("pop3_auth_cancel", "no-login", [s(POP[0]), c(b"AUTH LOGIN"), s(b"+ VXNlcm5hbWU6"), c(b"*"), s(b"-ERR"), c(b"QUIT"), s(b"+OK")], 110, secrets=())
talk("pop3_no_login", "no-login exit=0", [s(POP[0]), c(b"CAPA"), s(b"+OK", b"USER", b"."), c(b"QUIT"), s(b"+OK")], 110, secrets=())
talk("pop3_stls_refused_pass", "login", [s(POP[0]), c(b"STLS"), s(b"-ERR"), c(b"USER bob"), s(b"+OK"), c(b"PASS " + S), s(b"+OK")], 110)
talk("pop3_mid_pass", "login", [c(b"PASS " + S), s(b"+OK Logged in.")], 110, mid=True)
talk("pop3_retry", "login", [s(POP[0]), c(b"USER bob"), s(b"+OK"), c(b"PASS wrong" + S), s(b"-ERR"), c(b"USER bob"), s(b"+OK"), c(b"PASS " + S), s(b"+OK")], 110)
talk("pop3_user_long", "login", [s(POP[0]), c(b"USER " + b"a" * 400), s(b"+OK"), c(b"PASS " + S), s(b"+OK")], 110)
talk("pop3_xoauth2", "login kind=token", [s(POP[0]), c(b"AUTH XOAUTH2 " + b64(b"user=bob@example.com\1auth=Bearer " + S + b"99\1\1")), s(b"+OK")], 110)

# --- IMAP: RFC 9051, 3501, 4959 ---
IMAP = [b"* OK [CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ STARTTLS AUTH=PLAIN] Dovecot (Debian) ready.",
        b"* OK The Microsoft Exchange IMAP4 service is ready.", b"* OK Gimap ready for requests from 192.0.2.10 x1", b"* OK [CAPABILITY IMAP4rev1] Courier-IMAP ready. Copyright 1998",
        b"* OK mail.example.com Cyrus IMAP v2.4.17 server ready", b"* OK IMAP4rev1 Service Ready", b"* OK Domino IMAP4 Server Release 9.0.1 ready"]
for n, banner in enumerate(IMAP):
    talk(f"imap_banner{n}", "login user=bob protocol=imap", [s(banner), c(b"a1 LOGIN bob " + S), s(b"a1 OK done")], 143, odd=1143, cut=(), client=n == 0)
talk("imap_quoted", "login user=bob", [s(IMAP[0]), c(b'A0001 login "bob" "' + S + b'"'), s(b"A0001 OK")], 143)
talk("imap_quoted_escape", "login", [s(IMAP[0]), c(b'A0001 LOGIN "bob" "a\\"b' + S + b'\\\\"'), s(b"A0001 NO")], 143)
talk("imap_literals", "login user=bob", [s(IMAP[0]), c(b"a LOGIN {3}"), s(b"+ go"), c(b"bob {10}"), s(b"+ go"), c(S), s(b"a OK")], 143)
talk("imap_literal_plus", "login user=bob", [s(IMAP[0]), c(b"a LOGIN {3+}", b"bob {10+}", S), s(b"a OK")], 143)
talk("imap_literal_minus", "login", [s(IMAP[0]), c(b"a LOGIN bob {10-}", S), s(b"a OK")], 143)
talk("imap_auth_plain", "login user=bob", [s(IMAP[0]), c(b"a AUTHENTICATE PLAIN"), s(b"+ "), c(PLAIN), s(b"a OK")], 143)
talk("imap_auth_ir", "login user=bob", [s(IMAP[0]), c(b"a authenticate plain " + PLAIN), s(b"a OK")], 143)
talk("imap_auth_login", "login user=bob", [s(IMAP[0]), c(b"a AUTHENTICATE LOGIN"), s(b"+ VXNlcm5hbWU6"), c(b64(b"bob")), s(b"+ UGFzc3dvcmQ6"), c(b64(S)), s(b"a OK")], 143)
talk("imap_cram", "login kind=hash user=bob", [s(IMAP[0]), c(b"a AUTHENTICATE CRAM-MD5"), s(b"+ PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2U+"), c(CRAM), s(b"a OK")], 143, secrets=(DIGEST_CRAM,))
talk("imap_oauthbearer", "login kind=token", [s(IMAP[0]), c(b"a AUTHENTICATE OAUTHBEARER " + b64(b"n,a=bob@example.com,\1host=x\1auth=Bearer " + S + b"9\1\1")), s(b"a OK")], 143)
talk("imap_scram", "login kind=hash", [s(IMAP[0]), c(b"a AUTHENTICATE SCRAM-SHA-256"), s(b"+ "), c(b64(b"n,,n=bob,r=abc")), s(b"+ " + b64(b"r=abcdef,s=c2FsdA==,i=4096")),
                                             c(b64(b"c=biws,r=abcdef,p=" + b64(S * 3))), s(b"+ " + b64(b"v=abc")), c(b""), s(b"a OK")], 143, secrets=(b64(S * 3)[:20],))
talk("imap_gssapi", "unknown reason=opaque-login", [s(IMAP[0]), c(b"a AUTHENTICATE GSSAPI"), s(b"+ "), c(b64(b"\x60\x82\x01" + S * 5)), s(b"a NO")], 143, secrets=())
talk("imap_preauth", "no-login", [s(b"* PREAUTH IMAP4rev1 server logged in as Smith"), c(b"a SELECT INBOX"), s(b"a OK")], 143, secrets=())
talk("imap_dotted_tag", "login", [s(IMAP[0]), c(b"1.2 CAPABILITY"), s(b"1.2 OK"), c(b"1.3 LOGIN bob@example.com " + S), s(b"1.3 OK")], 143)
talk("imap_bad", "login", [s(IMAP[0]), c(b"x LOGIN bob " + S), s(b"x NO [PRIVACYREQUIRED] Cleartext authentication disallowed"), c(b"y LOGOUT"), s(b"* BYE", b"y OK")], 143)
talk("imap_mid", "login", [c(b"a7 LOGIN bob " + S), s(b"a7 OK Logged in")], 143, mid=True)
talk("imap_idle_later", "login", [s(IMAP[0]), c(b"a NOOP"), s(b"a OK")] * 30 + [c(b"b LOGIN bob " + S), s(b"b OK")], 143, cut=())
talk("imap_starttls_refused", "verdict=starttls-refused-or-stripped", [s(IMAP[0]), c(b"a STARTTLS"), s(b"a BAD no"), c(b"b LOGOUT"), s(b"* BYE")], 143, secrets=(), client=False)

# --- SMTP, LMTP, submission: RFC 5321, 4954 ---
SMTP = [b"220 mail.example.com ESMTP Postfix (Debian/GNU)", b"220 mail.example.com ESMTP Exim 4.94.2 Tue, 14 Nov 2023 22:13:20 +0000",
        b"220 EX01.example.com Microsoft ESMTP MAIL Service ready at Tue, 14 Nov 2023 22:13:20 +0000", b"220 mx.google.com ESMTP x1 - gsmtp",
        b"220 mail.example.com ESMTP Sendmail 8.15.2/8.15.2; Tue, 14 Nov 2023", b"220 smtp.example.com ready", b"220 example.com", b"220-mail.example.com ESMTP Exim\r\n220 no spam",
        b"220 hMailServer ESMTP", b"220 mail.example.com ESMTP MDaemon 20.0.1", b"220 mail ESMTP OpenSMTPD", b"220 ***************************"]
for n, banner in enumerate(SMTP):
    talk(f"smtp_banner{n}", "login user=bob protocol=smtp", [s(banner), c(b"EHLO client"), s(b"250-mail", b"250-SIZE 1", b"250 AUTH PLAIN LOGIN"), c(b"AUTH PLAIN " + PLAIN), s(b"235 2.7.0 ok")],
         (25, 587, 2525)[n % 3], odd=10025, cut=(), client=n == 0)
EHLO = [s(SMTP[0]), c(b"EHLO client"), s(b"250-mail", b"250 AUTH PLAIN LOGIN CRAM-MD5")]
talk("smtp_auth_lower", "login user=bob", EHLO + [c(b"auth plain " + PLAIN), s(b"535 5.7.8 Error")], 587)
talk("smtp_plain_next", "login user=bob", EHLO + [c(b"AUTH PLAIN"), s(b"334 "), c(PLAIN), s(b"235 ok")], 587)
talk("smtp_login", "login user=bob", EHLO + [c(b"AUTH LOGIN"), s(b"334 VXNlcm5hbWU6"), c(b64(b"bob")), s(b"334 UGFzc3dvcmQ6"), c(b64(S)), s(b"235 ok")], 25)
talk("smtp_login_ir", "login user=bob", EHLO + [c(b"AUTH LOGIN " + b64(b"bob")), s(b"334 UGFzc3dvcmQ6"), c(b64(S)), s(b"235 ok")], 25)
talk("smtp_login_prompts", "login", EHLO + [c(b"AUTH LOGIN"), s(b"334 " + b64(b"Benutzername:")), c(b64(b"bob")), s(b"334 " + b64(b"Kennwort:")), c(b64(S)), s(b"235 ok")], 25)
talk("smtp_login_odd_prompts", "login", EHLO + [c(b"AUTH LOGIN"), s(b"334 " + b64(b"one")), c(b64(b"bob")), s(b"334 " + b64(b"two")), c(b64(S)), s(b"235 ok")], 25)
talk("smtp_login_swapped", "login", EHLO + [c(b"AUTH LOGIN"), s(b"334 " + b64(b"Password:")), c(b64(S)), s(b"334 " + b64(b"Username:")), c(b64(b"bob")), s(b"235 ok")], 25, client=False)
talk("smtp_login_pipelined", "login", EHLO + [c(b"AUTH LOGIN", b64(b"bob"), b64(S)), s(b"334 VXNlcm5hbWU6", b"334 UGFzc3dvcmQ6", b"235 ok")], 25)
talk("smtp_cram", "login kind=hash", EHLO + [c(b"AUTH CRAM-MD5"), s(b"334 PDQxOTI5NDIzNDEuMTI4Mjg0NzJAc291cmNlZm91ci5hbmRyZXcuY211LmVkdT4="), c(CRAM), s(b"235 ok")], 25, secrets=(DIGEST_CRAM,))
talk("smtp_digest", "login kind=hash", EHLO + [c(b"AUTH DIGEST-MD5"), s(b"334 " + b64(b'realm="a",nonce="OA6MG9tEQGm2hh",qop="auth",algorithm=md5-sess,charset=utf-8')),
     c(b64(b'charset=utf-8,username="bob",realm="a",nonce="OA6MG9tEQGm2hh",nc=00000001,cnonce="OA6MHXh6VqTrRk",digest-uri="smtp/a",response=d388dad90d4bbd760a152321f2143af7,qop=auth')), s(b"235 ok")],
     25, secrets=(b"d388dad90d4bbd760a152321f2143af7",))
talk("smtp_ntlm", "login kind=hash | unknown", EHLO + [c(b"AUTH NTLM"), s(b"334 "), c(b64(b"NTLMSSP\0\1\0\0\0\7\2\0\0" + bytes(16))), s(b"334 " + b64(b"NTLMSSP\0\2\0\0\0" + bytes(40))),
     c(b64(b"NTLMSSP\0\3\0\0\0" + b"\x18\0\x18\0\x40\0\0\0" + b"\x18\0\x18\0\x58\0\0\0" + b"\0\0\0\0\x40\0\0\0" + b"\6\0\6\0\x70\0\0\0" + b"\0\0\0\0\x70\0\0\0" + b"\0\0\0\0\x76\0\0\0" + b"\1\2\0\0" + bytes(48) + b"b\0o\0b\0")), s(b"235")], 25, secrets=())
talk("smtp_xoauth2", "login kind=token", EHLO + [c(b"AUTH XOAUTH2 " + b64(b"user=bob@example.com\1auth=Bearer " + S + b"9\1\1")), s(b"334 eyJzdGF0dXMiOiI0MDAifQ=="), c(b""), s(b"535 no")], 587)
talk("smtp_external", "no-login | unknown", EHLO + [c(b"AUTH EXTERNAL ="), s(b"235 ok")], 587, secrets=())
talk("smtp_anonymous", "no-login", EHLO + [c(b"AUTH ANONYMOUS " + b64(b"guest")), s(b"235 ok")], 587, secrets=())
talk("smtp_no_auth", "no-login exit=0", EHLO + [c(b"MAIL FROM:<a@b>", ), s(b"250 ok"), c(b"RCPT TO:<c@d>"), s(b"250 ok"), c(b"DATA"), s(b"354 go"), c(b"Subject: password", b"", b"AUTH PLAIN is dead", b"."), s(b"250 ok")], 25, secrets=())
talk("smtp_auth_in_data", "no-login exit=0", EHLO + [c(b"MAIL FROM:<a@b>"), s(b"250 ok"), c(b"RCPT TO:<c@d>"), s(b"250 ok"), c(b"DATA"), s(b"354 go"), c(b"x", b"AUTH PLAIN " + PLAIN, b"."), s(b"250 ok")], 25)
talk("smtp_after_mail", "login", EHLO + [c(b"MAIL FROM:<a@b>"), s(b"530 5.7.0 Authentication required"), c(b"AUTH PLAIN " + PLAIN), s(b"235 ok")], 25)
talk("smtp_helo", "login", [s(SMTP[0]), c(b"HELO client"), s(b"250 mail"), c(b"AUTH LOGIN"), s(b"334 VXNlcm5hbWU6"), c(b64(b"bob")), s(b"334 UGFzc3dvcmQ6"), c(b64(S)), s(b"235")], 25)
talk("smtp_auth_mail_param", "no-login", EHLO + [c(b"MAIL FROM:<a@b> AUTH=<>"), s(b"250 ok"), c(b"QUIT"), s(b"221")], 25, secrets=())
talk("smtp_plain_cancel", "no-login", EHLO + [c(b"AUTH PLAIN"), s(b"334 "), c(b"*"), s(b"501 cancelled")], 25, secrets=())
talk("smtp_starttls_stripped", "login", [s(SMTP[0]), c(b"EHLO a"), s(b"250-m", b"250 STARTTLS"), c(b"STARTTLS"), s(b"454 TLS not available"), c(b"AUTH PLAIN " + PLAIN), s(b"235")], 587)
talk("smtp_lmtp", "login", [s(b"220 mail.example.com LMTP Cyrus ready"), c(b"LHLO x"), s(b"250 AUTH PLAIN"), c(b"AUTH PLAIN " + PLAIN), s(b"235")], 24)
talk("smtp_mid_334", "login", [s(b"334 VXNlcm5hbWU6"), c(b64(b"bob")), s(b"334 UGFzc3dvcmQ6"), c(b64(S)), s(b"235 ok")], 587, mid=True, client=False)
talk("smtp_mid_password", "login", [s(b"334 UGFzc3dvcmQ6"), c(b64(S)), s(b"235 2.7.0 Authentication successful")], 25, mid=True, client=False)
talk("smtp_mid_plain", "login", [c(b"AUTH PLAIN " + PLAIN), s(b"235 ok")], 587, mid=True)
talk("smtp_mid_login", "login user=bob", [c(b"AUTH LOGIN"), s(b"334 VXNlcm5hbWU6"), c(b64(b"bob")), s(b"334 UGFzc3dvcmQ6"), c(b64(S)), s(b"235 ok")], 25, mid=True)
talk("pop3_mid_login", "login user=bob", [c(b"AUTH LOGIN"), s(b"+ VXNlcm5hbWU6"), c(b64(b"bob")), s(b"+ UGFzc3dvcmQ6"), c(b64(S)), s(b"+OK ok")], 110, mid=True)
talk("imap_mid_login", "login user=bob", [c(b"a AUTHENTICATE LOGIN"), s(b"+ VXNlcm5hbWU6"), c(b64(b"bob")), s(b"+ UGFzc3dvcmQ6"), c(b64(S)), s(b"a OK ok")], 143, mid=True)

# --- FTP: RFC 959, 2228, 4217 ---
FTP = [b"220 (vsFTPd 3.0.3)", b"220 ProFTPD Server (Debian) [::ffff:192.0.2.1]", b"220-FileZilla Server 1.5.1\r\n220 Please visit https://filezilla-project.org/",
       b"220---------- Welcome to Pure-FTPd [privsep] [TLS] ----------\r\n220-You are user number 1 of 50 allowed.\r\n220 You will be disconnected after 15 minutes of inactivity.",
       b"220 Microsoft FTP Service", b"220 Serv-U FTP Server v15.1 ready...", b"220 server ready.", b"220 FTP server (Version wu-2.6.2) ready.", b"220 Welcome", b"220 Mikrotik FTP server (MikroTik 6.49) ready"]
for n, banner in enumerate(FTP):
    talk(f"ftp_banner{n}", "login user=bob protocol=ftp", [s(banner), c(b"USER bob"), s(b"331 Please specify the password."), c(b"PASS " + S), s(b"230 Login successful.")], 21, odd=2121 if n % 2 else 12021, cut=(), client=n == 0)
F = [s(FTP[0])]
talk("ftp_lower", "login user=bob", F + [c(b"user bob"), s(b"331"), c(b"pass " + S), s(b"530 Login incorrect.")], 21)
talk("ftp_acct", "login", F + [c(b"USER bob"), s(b"331 x"), c(b"PASS " + S), s(b"332 Need account"), c(b"ACCT ACCTSECRET22"), s(b"230 ok")], 21, secrets=(S, b"ACCTSECRET22"))
talk("ftp_anonymous", "login | no-login", F + [c(b"USER anonymous"), s(b"331 x"), c(b"PASS guest@example.com"), s(b"230 ok")], 21, secrets=())
talk("ftp_auth_refused", "login", F + [c(b"AUTH TLS"), s(b"530 Please login with USER and PASS."), c(b"USER bob"), s(b"331"), c(b"PASS " + S), s(b"230")], 21)
talk("ftp_site_pswd", "login", F + [c(b"USER bob"), s(b"331"), c(b"PASS " + S), s(b"230"), c(b"SITE PSWD " + S + b" NEWERSECRET3"), s(b"200")], 21, secrets=(S, b"NEWERSECRET3"))
talk("ftp_pass_dash", "login", F + [c(b"USER bob"), s(b"331"), c(b"PASS -" + S), s(b"230")], 21)
talk("ftp_mid", "login", [c(b"PASS " + S), s(b"230 Login successful.")], 21, mid=True)
talk("ftp_user_only", "no-login", F + [c(b"USER bob"), s(b"331 x"), c(b"QUIT"), s(b"221 bye")], 21, secrets=())
talk("ftp_poppass", "login", [s(b"200 poppassd v1.8.5 hello"), c(b"user bob"), s(b"300 please send password"), c(b"pass " + S), s(b"200 ok"), c(b"newpass NEWERSECRET3"), s(b"200 changed")], 106, secrets=(S, b"NEWERSECRET3"), odd=False)
talk("ftp_hash_otp", "login", F + [c(b"USER bob"), s(b"331 Response to otp-md5 99 ke1234 required for skey."), c(b"PASS " + S), s(b"230")], 21)
talk("ftp_telnet_iac", "login", F + [("c", b"\xff\xf4\xff\xf2USER bob\r\n"), s(b"331"), c(b"PASS " + S), s(b"230")], 21, cut=(7,), client=False, odd=False)

# --- NNTP: RFC 3977, 4643 ---
N = [s(b"200 news.example.com InterNetNews NNRP server INN 2.6.3 ready (posting ok)")]
talk("nntp_user", "login user=bob protocol=nntp", N + [c(b"MODE READER"), s(b"200 ok"), c(b"AUTHINFO USER bob"), s(b"381 pw"), c(b"AUTHINFO PASS " + S), s(b"281 ok")], 119)
talk("nntp_sasl", "login user=bob", N + [c(b"AUTHINFO SASL PLAIN " + PLAIN), s(b"281 ok")], 119)
talk("nntp_simple", "login", N + [c(b"AUTHINFO SIMPLE"), s(b"350 go"), c(b"bob " + S), s(b"250 ok")], 119)
talk("nntp_lower", "login", [s(b"201 Leafnode NNTP Daemon"), c(b"authinfo user bob"), s(b"381"), c(b"authinfo pass " + S), s(b"481 no")], 119)
talk("nntp_starttls_refused", "login", N + [c(b"STARTTLS"), s(b"580 no"), c(b"AUTHINFO USER bob"), s(b"381"), c(b"AUTHINFO PASS " + S), s(b"281")], 119)
talk("nntp_none", "no-login exit=0", N + [c(b"GROUP misc.test"), s(b"211 1 1 1 misc.test"), c(b"QUIT"), s(b"205")], 119, secrets=())

# --- IRC: RFC 2812, IRCv3 SASL ---
I = [s(b":irc.example.net NOTICE AUTH :*** Looking up your hostname...")]
talk("irc_pass", "login protocol=irc", I + [c(b"PASS " + S, b"NICK bob", b"USER bob 0 * :Bob"), s(b":irc.example.net 001 bob :Welcome")], 6667)
talk("irc_pass_colon", "login", I + [c(b"pass :" + S, b"nick bob", b"user bob 0 * :Bob"), s(b":irc.example.net 464 bob :Password incorrect")], 6667)
talk("irc_sasl", "login user=bob", [c(b"CAP LS 302", b"NICK bob", b"USER bob 0 * :b"), s(b":x CAP * LS :sasl"), c(b"CAP REQ :sasl"), s(b":x CAP bob ACK :sasl"), c(b"AUTHENTICATE PLAIN"), s(b"AUTHENTICATE +"),
                                   c(b"AUTHENTICATE " + PLAIN_Z), s(b":x 903 bob :SASL authentication successful")], 6667)
talk("irc_sasl_external", "no-login | unknown", [c(b"CAP REQ :sasl", b"NICK bob"), s(b":x CAP bob ACK :sasl"), c(b"AUTHENTICATE EXTERNAL"), s(b"AUTHENTICATE +"), c(b"AUTHENTICATE +"), s(b":x 903 bob :ok")], 6667, secrets=())
talk("irc_oper", "login", I + [c(b"NICK bob", b"USER bob 0 * :Bob"), s(b":x 001 bob :hi"), c(b"OPER admin " + S), s(b":x 381 bob :You are now an IRC operator")], 6667)
talk("irc_nickserv", "login", I + [c(b"NICK bob", b"USER bob 0 * :Bob"), s(b":x 001 bob :hi"), c(b"PRIVMSG NickServ :IDENTIFY " + S), s(b":NickServ NOTICE bob :You are now identified")], 6667)
talk("irc_nickserv_lower", "login", I + [c(b"NICK bob", b"USER bob 0 * :Bob"), s(b":x 001 bob :hi"), c(b"privmsg nickserv@services.x :identify bob " + S)], 6667)
talk("irc_ns_alias", "login", I + [c(b"NICK bob", b"USER bob 0 * :Bob"), s(b":x 001 bob :hi"), c(b"NS IDENTIFY " + S)], 6667)
talk("irc_chat", "no-login exit=0", I + [c(b"NICK bob", b"USER bob 0 * :Bob"), s(b":x 001 bob :hi"), c(b"PRIVMSG #a :my password is lost")], 6667, secrets=())
talk("irc_mid_auth", "login | unknown", [c(b"AUTHENTICATE " + PLAIN), s(b":x 903 bob :ok")], 6667, mid=True)
talk("irc_mid_auth2", "login | unknown", [s(b"AUTHENTICATE +"), c(b"AUTHENTICATE " + PLAIN), s(b":x 903 bob :SASL authentication successful")], 6667, mid=True, client=False)
talk("irc_tagged", "login", I + [c(b"@label=1 NICK bob", b"@label=2 PASS " + S)], 6667)
talk("irc_server_link", "login", [c(b"PASS " + S + b" TS 6 :0AA", b"CAPAB :QS EX", b"SERVER hub.example.net 1 :hub"), s(b"PASS " + S + b" TS 6 :0BB", b"SERVER leaf 1 :leaf")], 6667)

# --- XMPP: RFC 6120, XEP-0078 ---
X = [c(b"<?xml version='1.0'?><stream:stream to='example.com' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"),
     s(b"<?xml version='1.0'?><stream:stream id='1' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' from='example.com' version='1.0'><stream:features><mechanisms "
       b"xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms></stream:features>")]
talk("xmpp_plain", "login user=bob protocol=xmpp", X + [c(b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" + PLAIN + b"</auth>"), s(b"<success/>")], 5222)
talk("xmpp_plain_dq", "login", X + [c(b'<auth mechanism="PLAIN" xmlns="urn:ietf:params:xml:ns:xmpp-sasl">\n' + PLAIN + b'\n</auth>'), s(b"<failure/>")], 5222)
talk("xmpp_iq_auth", "login", X + [c(b"<iq type='set' id='a'><query xmlns='jabber:iq:auth'><username>bob</username><password>" + S + b"</password><resource>r</resource></query></iq>"), s(b"<iq type='result' id='a'/>")], 5222)
talk("xmpp_iq_digest", "login kind=hash", X + [c(b"<iq type='set' id='a'><query xmlns='jabber:iq:auth'><username>bob</username><digest>48fc78be9ec8f86d8ce1c39c320c97c21d62334d</digest></query></iq>")], 5222, secrets=(b"48fc78be9ec8f86d8ce1c39c320c97c21d62334d",))
talk("xmpp_register", "login | unknown", X + [c(b"<iq type='set' id='r'><query xmlns='jabber:iq:register'><username>bob</username><password>" + S + b"</password></query></iq>")], 5222)
talk("xmpp_sasl2", "login | unknown", X + [c(b"<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'><initial-response>" + PLAIN + b"</initial-response></authenticate>"), s(b"<success xmlns='urn:xmpp:sasl:2'/>")], 5222)

# --- Telnet, rlogin and kin ---
def keys(text):
    return [turn for byte in text for turn in (("c", bytes([byte])), ("s", bytes([byte])))]


T = [("s", b"\xff\xfd\x18\xff\xfd\x20\xff\xfd\x23\xff\xfd\x27"), ("c", b"\xff\xfc\x18\xff\xfc\x20\xff\xfc\x23\xff\xfc\x27")]
talk("telnet_linux", "login user=bob protocol=telnet", T + [("s", b"Debian GNU/Linux 12\r\nhost login: "), ("c", b"bob\r\n"), ("s", b"bob\r\nPassword: "), ("c", S + b"\r\0"), ("s", b"\r\nLast login: x\r\n$ ")], 23)
talk("telnet_typed", "login", T + [("s", b"host login: ")] + keys(b"bob") + [("c", b"\r\0"), ("s", b"\r\nPassword: ")] + [("c", bytes([x])) for x in S] + [("c", b"\r\0"), ("s", b"\r\n$ ")], 23, cut=())
talk("telnet_cisco", "login", T + [("s", b"\r\nUser Access Verification\r\n\r\nUsername: "), ("c", b"bob\r\n"), ("s", b"\r\nPassword: "), ("c", S + b"\r\n"), ("s", b"\r\nrouter>")], 23)
talk("telnet_pw_only", "login", T + [("s", b"\r\nUser Access Verification\r\n\r\nPassword: "), ("c", S + b"\r\n"), ("s", b"\r\nrouter>")], 23)
for word in (b"PIN:", b"Kennwort:", b"Mot de passe :", "Contraseña: ".encode(), b"Wachtwoord: ", b"Senha: ", "密码：".encode(), "Пароль: ".encode(), b"Passcode: ", b"Enter PASSCODE: ", b"password for bob: ",
             b"Salasana: ", b"Heslo: ", "Hasło: ".encode(), b"Parola: ", b"Adgangskode: ", "Lösenord: ".encode(), b"PASSWORD=", b"Password> ", b"Enter password :", "Jelszó: ".encode(), "비밀번호: ".encode(), "パスワード: ".encode()):
    talk("telnet_prompt_" + word.hex(), "login", T + [("s", b"login: "), ("c", b"bob\r\n"), ("s", b"\r\n" + word), ("c", S + b"\r\n"), ("s", b"\r\n$ ")], 23, cut=(), v6=False, odd=2323, client=False)
talk("telnet_no_options", "login", [("s", b"login: "), ("c", b"bob\r\n"), ("s", b"Password: "), ("c", S + b"\r\n"), ("s", b"$ ")], 23, odd=2001)
talk("telnet_no_login", "no-login", T + [("s", b"Welcome\r\n> "), ("c", b"show version\r\n"), ("s", b"v1\r\n> ")], 23, secrets=())
talk("telnet_incorrect", "login", T + [("s", b"login: "), ("c", b"bob\r\n"), ("s", b"Password: "), ("c", S + b"\r\n"), ("s", b"\r\nLogin incorrect\r\nlogin: "), ("c", b"bob\r\n"), ("s", b"Password: "), ("c", S + b"\r\n"), ("s", b"$ ")], 23)
talk("telnet_new_environ", "login | no-login", T + [("s", b"\xff\xfa\x27\1\xff\xf0"), ("c", b"\xff\xfa\x27\0\0USER\1bob\xff\xf0"), ("s", b"Password: "), ("c", S + b"\r\n"), ("s", b"$ ")], 23)
talk("rlogin", "login", [("c", b"\0bob\0root\0xterm/38400\0"), ("s", b"\0"), ("s", b"Password: "), ("c", S + b"\r"), ("s", b"\r\n# ")], 513)
talk("rsh", "no-login", [("c", b"1022\0bob\0root\0id\0"), ("s", b"\0uid=0")], 514, secrets=(), odd=False)
talk("rexec", "login user=bob", [("c", b"0\0bob\0" + S + b"\0id\0"), ("s", b"\0uid=0")], 512)
talk("rexec_empty_port", "login user=bob", [("c", b"\0bob\0" + S + b"\0id\0"), ("s", b"\0uid=0")], 512, odd=False)
talk("rexec_refused", "login user=bob", [("c", b"1056\0bob\0" + S + b"\0cat /etc/passwd\0"), ("s", b"\1Login incorrect.\n")], 512)
talk("rexec_in_pieces", "login", [("c", b"0\0"), ("c", b"bob\0"), ("c", S + b"\0"), ("c", b"ls\0"), ("s", b"\0")], 512)
