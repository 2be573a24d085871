// Every protocol's login, said in every way its RFC allows, in one piece, byte by byte, and with
// only one side captured.
#include "tests/support/audit_dialogue.h"

#include <gtest/gtest.h>

namespace capstan::audit {
namespace {

using namespace test;
using std::string_literals::operator""s;

struct Case {
  const char* name;
  std::vector<Turn> turns;
  Verdict verdict;
  Protocol protocol;
  const char* user;
  const char* mechanism;
  SecretKind kind = SecretKind::kNone;
  std::uint32_t length = 0;
  std::uint16_t port = 9999;
  bool client_alone = true;  // whether the client's side says as much by itself
};

constexpr auto kLogin = Verdict::kCleartextCredentials;
constexpr auto kClear = Verdict::kCleartextNoCredentials;
constexpr auto kRefused = Verdict::kRefusedOrStripped;
constexpr auto kUpgraded = Verdict::kStarttlsUpgraded;
constexpr auto kPlain = SecretKind::kPlain;
constexpr auto kHash = SecretKind::kHash;

// The shortest ClientHello there is: TLS 1.2, one suite, no extension.
std::string client_hello() {
  std::string body = "\x03\x03"s + std::string(32, 'r') + "\x00\x00\x02\xc0\x2f\x01\x00"s;
  const std::string handshake = "\x01\x00\x00"s + static_cast<char>(body.size()) + body;
  return "\x16\x03\x01\x00"s + static_cast<char>(handshake.size()) + handshake;
}
std::string server_hello(char minor = 3) {
  std::string body = "\x03"s + minor + std::string(32, 's') + "\x00\xc0\x2f\x00"s;
  const std::string handshake = "\x02\x00\x00"s + static_cast<char>(body.size()) + body;
  return "\x16\x03\x03\x00"s + static_cast<char>(handshake.size()) + handshake;
}

std::string mysql_packet(char sequence, const std::string& body) {
  return std::string(1, static_cast<char>(body.size())) + "\0\0"s + sequence + body;
}
std::string mysql_greeting() {
  return mysql_packet(0,
                      "\x0a"
                      "8.0.32\0"s +
                          "\x01\0\0\0"s + "12345678\0"s + "\xff\xff\xff\x02\0\xff\xdf\x15"s +
                          std::string(10, '\0') + "123456789012\0"s + "mysql_native_password\0"s);
}
std::string mysql_response(const std::string& auth, const std::string& plugin) {
  return mysql_packet(1, "\x0d\xa2\x0f\0"s + "\0\0\0\x01\x21"s + std::string(23, '\0') + "root\0"s +
                             static_cast<char>(auth.size()) + auth + "db\0"s + plugin + "\0"s);
}
std::string pgsql_startup() {
  const std::string body = "\0\3\0\0user\0alice\0database\0db\0\0"s;
  return "\0\0\0"s + static_cast<char>(body.size() + 4) + body;
}
std::string pgsql_message(char type, const std::string& body) {
  return std::string(1, type) + "\0\0\0"s + static_cast<char>(body.size() + 4) + body;
}
std::string ldap_simple(const std::string& dn, const std::string& password) {
  const std::string bind = "\x02\x01\x03\x04"s + static_cast<char>(dn.size()) + dn + "\x80"s +
                           static_cast<char>(password.size()) + password;
  const std::string body = "\x02\x01\x01\x60"s + static_cast<char>(bind.size()) + bind;
  return "\x30"s + static_cast<char>(body.size()) + body;
}

// One masked frame of text (RFC 6455 section 5.2).
std::string websocket_text(const std::string& text) {
  constexpr std::string_view kMask = "\x11\x22\x33\x44";
  std::string frame = "\x81"s + static_cast<char>(0x80 | text.size());
  frame += kMask;
  for (std::size_t i = 0; i < text.size(); ++i) {
    frame += static_cast<char>(text[i] ^ kMask[i & 3U]);
  }
  return frame;
}

std::vector<Case> cases() {
  return {
      // POP3: RFC 1939, RFC 5034.
      {"pop3_user_pass",
       {s("+OK ready\r\n"), c("USER alice\r\n"), s("+OK\r\n"), c("PASS s e cret\r\n"),
        s("+OK\r\n")},
       kLogin,
       Protocol::kPop3,
       "alice",
       "USER/PASS",
       kPlain,
       8,
       110},
      {"pop3_lower_case_lf",
       {s("+OK\n"), c("user bob\npass hunter2\n"), s("+OK\n+OK\n")},
       kLogin,
       Protocol::kPop3,
       "bob",
       "USER/PASS",
       kPlain,
       7,
       110},
      {"pop3_apop",
       {s("+OK <1@x>\r\n"), c("APOP mrose c4c9334bac560ecc979e58001b3e22fb\r\n"), s("+OK\r\n")},
       kLogin,
       Protocol::kPop3,
       "mrose",
       "APOP",
       kHash,
       32},
      {"pop3_auth_plain_initial",
       {s("+OK\r\n"), c("AUTH PLAIN AHRlc3QAdGVzdA==\r\n"), s("+OK\r\n")},
       kLogin,
       Protocol::kPop3,
       "test",
       "PLAIN",
       kPlain,
       4,
       110},
      {"pop3_auth_plain_continued",
       {s("+OK\r\n"), c("AUTH plain\r\n"), s("+ \r\n"), c("AHRlc3QAdGVzdA==\r\n"), s("+OK\r\n")},
       kLogin,
       Protocol::kPop3,
       "test",
       "PLAIN",
       kPlain,
       4,
       110},
      {"pop3_stls",
       {s("+OK\r\n"), c("CAPA\r\n"), s("+OK\r\nSTLS\r\nUIDL\r\n.\r\n"), c("STLS\r\n"),
        s("+OK go\r\n"), c(client_hello()), s(server_hello())},
       kUpgraded,
       Protocol::kPop3,
       "",
       ""},
      {"pop3_stls_refused",
       {s("+OK\r\n"), c("STLS\r\n"), s("-ERR no\r\n"), c("QUIT\r\n"), s("+OK\r\n")},
       kRefused,
       Protocol::kPop3,
       "",
       ""},
      {"pop3_no_login",
       {s("+OK\r\n"), c("CAPA\r\n"), s("+OK\r\n.\r\n"), c("USER alice\r\n"), s("+OK\r\n"),
        c("QUIT\r\n")},
       kClear,
       Protocol::kPop3,
       "alice",
       "USER/PASS"},
      // IMAP: RFC 9051.
      {"imap_login",
       {s("* OK\r\n"), c("a1 LOGIN alice secret\r\n"), s("a1 OK\r\n")},
       kLogin,
       Protocol::kImap,
       "alice",
       "LOGIN",
       kPlain,
       6},
      {"imap_login_quoted",
       {s("* OK\r\n"), c("a1 login \"al ice\" \"se cret\"\r\n"), s("a1 OK\r\n")},
       kLogin,
       Protocol::kImap,
       "al",
       "LOGIN",
       kPlain,
       7},
      {"imap_login_quoted_escape",
       {s("* OK\r\n"), c("a1 login alice \"a\\\"b\\\\c\"\r\n"), s("a1 OK\r\n")},
       kLogin,
       Protocol::kImap,
       "alice",
       "LOGIN",
       kPlain,
       5},
      {"imap_login_literals",
       {s("* OK\r\n"), c("a1 LOGIN {5}\r\n"), s("+ go\r\n"), c("alice {6}\r\n"), s("+ go\r\n"),
        c("secret\r\n"), s("a1 OK\r\n")},
       kLogin,
       Protocol::kImap,
       "alice",
       "LOGIN",
       kPlain,
       6},
      {"imap_login_literals_plus",
       {s("* OK\r\n"), c("a1 LOGIN {5+}\r\nalice {8+}\r\nse\r\ncret\r\n"), s("a1 OK\r\n")},
       kLogin,
       Protocol::kImap,
       "alice",
       "LOGIN",
       kPlain,
       8},
      {"imap_authenticate",
       {s("* OK\r\n"), c("a AUTHENTICATE PLAIN\r\n"), s("+ \r\n"), c("AHRlc3QAdGVzdA==\r\n"),
        s("a OK\r\n")},
       kLogin,
       Protocol::kImap,
       "test",
       "PLAIN",
       kPlain,
       4},
      {"imap_authenticate_initial",
       {s("* OK\r\n"), c("a authenticate plain AHRlc3QAdGVzdA==\r\n"), s("a OK\r\n")},
       kLogin,
       Protocol::kImap,
       "test",
       "PLAIN",
       kPlain,
       4},
      {"imap_xoauth2",
       {s("* OK\r\n"),
        c("a AUTHENTICATE XOAUTH2 "
          "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhk"
          "SFJoZG1semRHRXVZMjl0Q2cBAQ==\r\n"),
        s("a OK\r\n")},
       kLogin,
       Protocol::kImap,
       "someuser@example.com",
       "XOAUTH2",
       SecretKind::kToken,
       45},
      {"imap_starttls",
       {s("* OK [CAPABILITY IMAP4rev1 STARTTLS]\r\n"), c("a1 STARTTLS\r\n"), s("a1 OK\r\n"),
        c(client_hello()), s(server_hello())},
       kUpgraded,
       Protocol::kImap,
       "",
       ""},
      {"imap_starttls_refused",
       {s("* OK\r\n"), c("a1 STARTTLS\r\n"), s("a1 NO\r\n"), c("a2 LOGOUT\r\n"), s("* BYE\r\n")},
       kRefused,
       Protocol::kImap,
       "",
       ""},
      {"imap_append_is_no_login",
       {s("* OK\r\n"), c("a APPEND INBOX {24}\r\n"), s("+ go\r\n"),
        c("b LOGIN mallory secret\r\n\r\n"), s("a OK\r\n")},
       kClear,
       Protocol::kImap,
       "",
       ""},
      // SMTP: RFC 5321, RFC 4954, RFC 3207.
      {"smtp_auth_plain",
       {s("220 mx ESMTP\r\n"), c("EHLO me\r\n"), s("250-mx\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n"),
        c("AUTH PLAIN AHRlc3QAdGVzdA==\r\n"), s("235 ok\r\n")},
       kLogin,
       Protocol::kSmtp,
       "test",
       "PLAIN",
       kPlain,
       4},
      {"smtp_auth_login",
       {s("220 mx\r\n"), c("EHLO me\r\n"), s("250 AUTH LOGIN\r\n"), c("auth login\r\n"),
        s("334 VXNlcm5hbWU6\r\n"), c("dGVzdA==\r\n"), s("334 UGFzc3dvcmQ6\r\n"),
        c("c2VjcmV0IQ==\r\n"), s("235 ok\r\n")},
       kLogin,
       Protocol::kSmtp,
       "test",
       "LOGIN",
       kPlain,
       7},
      {"smtp_auth_login_initial",
       {s("220 mx\r\n"), c("EHLO me\r\n"), s("250 AUTH LOGIN\r\n"), c("AUTH LOGIN dGVzdA==\r\n"),
        s("334 UGFzc3dvcmQ6\r\n"), c("c2VjcmV0IQ==\r\n"), s("535 no\r\n")},
       kLogin,
       Protocol::kSmtp,
       "test",
       "LOGIN",
       kPlain,
       7},
      {"smtp_auth_cram",
       {s("220 mx\r\n"), c("EHLO me\r\n"), s("250 ok\r\n"), c("AUTH CRAM-MD5\r\n"),
        s("334 PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+\r\n"),
        c("dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw\r\n"), s("235 ok\r\n")},
       kLogin,
       Protocol::kSmtp,
       "tim",
       "CRAM-MD5",
       kHash,
       32},
      {"smtp_auth_scram",
       {s("220 mx\r\n"), c("EHLO me\r\n"), s("250 ok\r\n"),
        c("AUTH SCRAM-SHA-1 biwsbj11c2VyLHI9ZnlrbytkMmxiYkZnT05Sdjlxa3hkYXdM\r\n"),
        s("334 cj1m\r\n"),
        c("Yz1iaXdzLHI9ZnlrbytkMmxiYkZnT05Sdjlxa3hkYXdMM3JmY05IWUpZMVpWdldWczdqLHA9djBYOHYzQnoyVDBD"
          "SkdiSlF5RjBYK0hJNFRzPQ==\r\n"),
        s("334 dj0=\r\n"), c("\r\n"), s("235 ok\r\n")},
       kLogin,
       Protocol::kSmtp,
       "user",
       "SCRAM-SHA-1",
       kHash,
       28},
      {"smtp_auth_cancelled",
       {s("220 mx\r\n"), c("EHLO me\r\n"), s("250 ok\r\n"), c("AUTH LOGIN\r\n"),
        s("334 VXNlcm5hbWU6\r\n"), c("*\r\n"), s("501 ok\r\n"), c("QUIT\r\n")},
       kClear,
       Protocol::kSmtp,
       "",
       "LOGIN"},
      {"smtp_auth_refused",
       {s("220 mx\r\n"), c("EHLO me\r\n"), s("250 ok\r\n"), c("AUTH LOGIN\r\n"),
        s("530 Must issue STARTTLS\r\n"), c("QUIT\r\n")},
       kClear,
       Protocol::kSmtp,
       "",
       "LOGIN"},
      {"smtp_starttls",
       {s("220 mx\r\n"), c("EHLO me\r\n"), s("250-mx\r\n250 STARTTLS\r\n"), c("STARTTLS\r\n"),
        s("220 go\r\n"), c(client_hello()), s(server_hello())},
       kUpgraded,
       Protocol::kSmtp,
       "",
       ""},
      {"smtp_starttls_refused",
       {s("220 mx\r\n"), c("EHLO me\r\n"), s("250 ok\r\n"), c("STARTTLS\r\n"),
        s("454 TLS not available\r\n"), c("QUIT\r\n")},
       kRefused,
       Protocol::kSmtp,
       "",
       ""},
      {"smtp_tls_begun_although_refused",  // what openssl s_client does
       {s("220 mx\r\n"), c("EHLO me\r\n"), s("250 ok\r\n"), c("STARTTLS\r\n"),
        s("502 not understood\r\n"), c(client_hello()), s("500 bad syntax\r\n")},
       kRefused,
       Protocol::kSmtp,
       "",
       ""},
      {"smtp_refused_then_had",
       {s("220 mx\r\n"), c("EHLO me\r\n"), s("250 ok\r\n"), c("STARTTLS\r\n"), s("454 later\r\n"),
        c("STARTTLS\r\n"), s("220 go\r\n"), c(client_hello()), s(server_hello())},
       kUpgraded,
       Protocol::kSmtp,
       "",
       ""},
      {"smtp_refused_then_login",
       {s("220 mx\r\n"), c("EHLO me\r\n"), s("250 ok\r\n"), c("STARTTLS\r\n"), s("454 no\r\n"),
        c("AUTH PLAIN AHRlc3QAdGVzdA==\r\n"), s("235 ok\r\n")},
       kLogin,
       Protocol::kSmtp,
       "test",
       "PLAIN",
       kPlain,
       4},
      {"smtp_mail_is_no_login",
       {s("220 mx\r\n"), c("EHLO me\r\n"), s("250 ok\r\n"),
        c("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"), s("250 ok\r\n250 ok\r\n354 go\r\n"),
        c("Subject: x\r\n\r\nAUTH PLAIN AHRlc3QAdGVzdA==\r\nPASS x\r\n.\r\nQUIT\r\n"),
        s("250 ok\r\n")},
       kClear,
       Protocol::kSmtp,
       "",
       ""},
      {"smtp_bdat_is_no_login",
       {s("220 mx\r\n"), c("EHLO me\r\n"), s("250 ok\r\n"),
        c("BDAT 34 LAST\r\nAUTH PLAIN AHRlc3QAdGVzdA==\r\nxxxx\r\nQUIT\r\n"), s("250 ok\r\n")},
       kClear,
       Protocol::kSmtp,
       "",
       ""},
      // FTP: RFC 959, RFC 4217.
      {"ftp",
       {s("220 ready\r\n"), c("USER alice\r\n"), s("331 Password\r\n"), c("PASS secret\r\n"),
        s("230 in\r\n")},
       kLogin,
       Protocol::kFtp,
       "alice",
       "USER/PASS",
       kPlain,
       6,
       21},
      {"ftp_empty_password",
       {s("220 ready\r\n"), c("USER anonymous\r\n"), s("331 ok\r\n"), c("PASS \r\n"),
        s("230 in\r\n")},
       kLogin,
       Protocol::kFtp,
       "anonymous",
       "USER/PASS",
       kPlain,
       0,
       21},
      {"ftp_telnet_before",
       {s("220 FTP\r\n"), c("\xff\xf4\xff\xf2USER alice\r\n"), s("331 ok\r\n"),
        c("pass secret\r\n"), s("230 in\r\n")},
       kLogin,
       Protocol::kFtp,
       "alice",
       "USER/PASS",
       kPlain,
       6,
       21,
       false},
      {"ftp_auth_tls",
       {s("220-Welcome\r\n220 ready\r\n"), c("AUTH TLS\r\n"), s("234 go\r\n"), c(client_hello()),
        s(server_hello())},
       kUpgraded,
       Protocol::kFtp,
       "",
       "",
       SecretKind::kNone,
       0,
       21},
      {"ftp_auth_tls_refused",
       {s("220 ready\r\n"), c("AUTH TLS\r\n"), s("500 what\r\n"), c("AUTH SSL\r\n"),
        s("500 what\r\n"), c("QUIT\r\n")},
       kRefused,
       Protocol::kFtp,
       "",
       "",
       SecretKind::kNone,
       0,
       21},
      // NNTP: RFC 4643.
      {"nntp",
       {s("200 news ready\r\n"), c("MODE READER\r\n"), s("200 ok\r\n"), c("AUTHINFO USER bob\r\n"),
        s("381 more\r\n"), c("authinfo pass p w\r\n"), s("281 ok\r\n")},
       kLogin,
       Protocol::kNntp,
       "bob",
       "AUTHINFO USER/PASS",
       kPlain,
       3},
      {"nntp_sasl",
       {s("200 news\r\n"), c("CAPABILITIES\r\n"), s("101 list\r\n.\r\n"),
        c("AUTHINFO SASL PLAIN AHRlc3QAdGVzdA==\r\n"), s("281 ok\r\n")},
       kLogin,
       Protocol::kNntp,
       "test",
       "PLAIN",
       kPlain,
       4,
       119},
      // IRC: RFC 2812, IRCv3.
      {"irc_pass",
       {c("PASS secret\r\nNICK bob\r\nUSER bob 0 * :Bob\r\n"),
        s(":irc.example 001 bob :Welcome\r\n")},
       kLogin,
       Protocol::kIrc,
       "bob",
       "PASS",
       kPlain,
       6},
      {"irc_sasl",
       {c("CAP LS 302\r\nNICK bob\r\n"), s(":irc CAP * LS :sasl\r\n"), c("AUTHENTICATE PLAIN\r\n"),
        s("AUTHENTICATE +\r\n"), c("AUTHENTICATE AHRlc3QAdGVzdA==\r\n"), s(":irc 903 bob :ok\r\n")},
       kLogin,
       Protocol::kIrc,
       "test",
       "PLAIN",
       kPlain,
       4},
      {"irc_nickserv",
       {c("NICK bob\r\nUSER bob 0 * :Bob\r\n"), s(":irc 001 bob :hi\r\n"),
        c("PRIVMSG NickServ :IDENTIFY hunter2\r\n")},
       kLogin,
       Protocol::kIrc,
       "bob",
       "NickServ",
       kPlain,
       7},
      {"irc_no_login",
       {c("NICK bob\r\nUSER bob 0 * :Bob\r\n"), s(":irc 001 bob :hi\r\n"),
        c("PRIVMSG #x :my password is x\r\n")},
       kClear,
       Protocol::kIrc,
       "bob",
       ""},
      // HTTP: RFC 9110, RFC 7617, RFC 7616.
      {"http_basic",
       {c("GET / HTTP/1.1\r\nHost: x\r\nauthorization:  basic dGVzdDpwYXNzOndvcmQ=\r\n\r\n"),
        s("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")},
       kLogin,
       Protocol::kHttp,
       "test",
       "Basic",
       kPlain,
       9},
      {"http_second_request",
       {c("GET / HTTP/1.1\r\n\r\n"), s("HTTP/1.1 401 No\r\nContent-Length: 3\r\n\r\nabc"),
        c("POST /x HTTP/1.1\r\nContent-Length: 4\r\n\r\nabcdGET / HTTP/1.1\r\nProxy-Authorization: "
          "Basic dGVzdDp0ZXN0\r\n\r\n")},
       kLogin,
       Protocol::kHttp,
       "test",
       "Basic",
       kPlain,
       4},
      {"http_digest",
       {c("GET / HTTP/1.1\r\nAuthorization: Digest username=\"Mufasa\", realm=\"a, b\", "
          "nonce=\"n\", uri=\"/\", response=\"6629fae49393a05397450978507c4ef1\"\r\n\r\n")},
       kLogin,
       Protocol::kHttp,
       "Mufasa",
       "Digest",
       kHash,
       32},
      {"http_bearer",
       {c("GET / HTTP/1.1\r\nAuthorization: Bearer mF_9.B5f-4.1JqM\r\n\r\n")},
       kLogin,
       Protocol::kHttp,
       "",
       "Bearer",
       SecretKind::kToken,
       15},
      {"http_form",
       {c("POST /login HTTP/1.1\r\nContent-Type: "
          "application/x-www-form-urlencoded\r\nContent-Length: "
          "33\r\n\r\nusername=bob&password=p%40ss+word"),
        s("HTTP/1.1 302 Found\r\n\r\n")},
       kLogin,
       Protocol::kHttp,
       "bob",
       "form-post",
       kPlain,
       9},
      {"http_form_chunked",
       {c("POST /login HTTP/1.1\r\nContent-Type: "
          "application/x-www-form-urlencoded\r\nTransfer-Encoding: "
          "chunked\r\n\r\n10\r\nuser=bob&pwd=abc\r\n0\r\n\r\n")},
       kLogin,
       Protocol::kHttp,
       "bob",
       "form-post",
       kPlain,
       3},
      {"http_json",
       {c("POST /api HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: "
          "38\r\n\r\n{\"email\" : \"a@b\", \"password\":\"hunter2\"}"),
        s("HTTP/1.1 200 OK\r\n\r\n")},
       kLogin,
       Protocol::kHttp,
       "a@b",
       "json-post",
       kPlain,
       7},
      // A field cut by chunks, behind more bytes than a session holds, and in pieces of any size.
      {"http_form_cut_by_chunks",
       {c("POST /login HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
          "Transfer-Encoding: chunked\r\n\r\n9\r\nuser=bob&\r\n4\r\npass\r\n8\r\nword=abc\r\n"
          "3\r\ndef\r\n0\r\n\r\n")},
       kLogin,
       Protocol::kHttp,
       "bob",
       "form-post",
       kPlain,
       6},
      {"http_form_behind_30000_bytes",
       {c("POST /login HTTP/1.1\r\nContent-Length: 30022\r\n\r\nq=" + std::string(30000, 'x') +
          "&user=bob&pin=123456")},
       kLogin,
       Protocol::kHttp,
       "bob",
       "form-post",
       kPlain,
       6},
      {"http_folded_authorization",
       {c("GET / HTTP/1.1\r\nAuthorization: Basic\r\n\tdGVzdDpwYXNzOndvcmQ=\r\nX: y\r\n\r\n")},
       kLogin,
       Protocol::kHttp,
       "test",
       "Basic",
       kPlain,
       9},
      {"http_userinfo",
       {c("GET http://bob:s3cret@h/ HTTP/1.1\r\n\r\n")},
       kLogin,
       Protocol::kHttp,
       "bob",
       "userinfo",
       kPlain,
       6},
      {"http_query_password_alone",
       {c("GET /x?a=1&pass%77ord=abc%20d HTTP/1.1\r\n\r\n")},
       kLogin,
       Protocol::kHttp,
       "",
       "form-get",
       kPlain,
       5},
      {"http_path_that_is_a_query",  // cameras
       {c("GET /user=bob&password=hunter2&channel=1 HTTP/1.1\r\n\r\n")},
       kLogin,
       Protocol::kHttp,
       "bob",
       "form-get",
       kPlain,
       7},
      {"http_0.9_query",
       {c("GET /?user=bob&password=hunter2\r\n")},
       kLogin,
       Protocol::kHttp,
       "bob",
       "form-get",
       kPlain,
       7,
       80},
      {"http_access_token",  // RFC 6750 section 2.3
       {c("GET /x?access_token=mF_9.B5f-4.1JqM HTTP/1.1\r\n\r\n")},
       kLogin,
       Protocol::kHttp,
       "",
       "form-get",
       SecretKind::kToken,
       15},
      {"http_two_names_and_a_secret_that_is_called_a_user",
       {c("POST /l HTTP/1.1\r\nContent-Length: "
          "42\r\n\r\nuser_token=abcdefgh&login=bob&passwd=12345")},
       kLogin,
       Protocol::kHttp,
       "bob",
       "form-post",
       kPlain,
       5},
      {"http_json_escapes_and_numbers",
       {c("POST /l HTTP/1.1\r\nContent-Length: 45\r\n\r\n{\"us\\u0065r\":\"bob\", \"p\\u0069n\" : "
          "98765432}   ")},
       kLogin,
       Protocol::kHttp,
       "bob",
       "json-post",
       kPlain,
       8},
      {"http_multipart_unquoted",
       {c("POST /l HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=z\r\nContent-Length: "
          "118\r\n\r\n--z\r\nContent-Disposition: form-data; name=login\r\n\r\nbob\r\n--z\r\n"
          "Content-Disposition: form-data; name=pwd\r\n\r\nabc-\r\n--z--\r\n")},
       kLogin,
       Protocol::kHttp,
       "bob",
       "form-post",
       kPlain,
       4},
      {"http_websocket_masked_json",
       {c("GET /s HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"),
        s("HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n"),
        c(websocket_text("{\"user\":\"bob\",\"password\":\"abcd\"}"))},
       kLogin,
       Protocol::kHttp,
       "bob",
       "json-post",
       kPlain,
       4,
       9999,
       false},
      {"http_websocket_not_understood",
       {c("GET /s HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"),
        s("HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n"), c(websocket_text("hello bob"))},
       Verdict::kUnknown,
       Protocol::kHttp,
       "",
       ""},
      {"smtp_met_behind_auth",
       {s("334 UGFzc3dvcmQ6\r\n"), c("c2VjcmV0\r\n"), s("235 ok\r\n")},
       kLogin,
       Protocol::kSmtp,
       "",
       "LOGIN",
       kPlain,
       6,
       25,
       false},
      {"smtp_login_prompts_nobody_knows",
       {s("220 a ESMTP\r\n"), c("AUTH LOGIN\r\n"), s("334 UXVpIHZhIGxhPw==\r\n"), c("Ym9i\r\n"),
        s("334 RW5jb3JlPw==\r\n"), c("c2VjcmV0\r\n"), s("235 ok\r\n")},
       kLogin,
       Protocol::kSmtp,
       "",
       "LOGIN",
       kPlain,
       6,
       25,
       false},
      {"http_cookie_is_no_login",
       {c("GET / HTTP/1.1\r\nCookie: session=abcdef\r\n\r\n")},
       kClear,
       Protocol::kHttp,
       "",
       ""},
      {"http_no_login",
       {c("POST /search HTTP/1.1\r\nContent-Type: "
          "application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\nq=compass"),
        s("HTTP/1.1 200 OK\r\n\r\n")},
       kClear,
       Protocol::kHttp,
       "",
       ""},
      {"http_connect_tls",
       {c("CONNECT a:443 HTTP/1.1\r\n\r\n"), s("HTTP/1.1 200 OK\r\n\r\n"), c(client_hello()),
        s(server_hello())},
       kClear,
       Protocol::kHttp,
       "",
       ""},
      {"http_connect_with_login",
       {c("CONNECT a:25 HTTP/1.1\r\n\r\n"), s("HTTP/1.1 200 OK\r\n\r\n220 mx ESMTP\r\n"),
        c("EHLO me\r\n"), s("250 ok\r\n"), c("AUTH PLAIN AHRlc3QAdGVzdA==\r\n")},
       kLogin,
       Protocol::kHttp,
       "test",
       "PLAIN",
       kPlain,
       4,
       9999,
       false},
      {"rtsp_digest",
       {c("DESCRIBE rtsp://x/ RTSP/1.0\r\nCSeq: 2\r\nAuthorization: Digest username=\"admin\", "
          "response=\"00112233445566778899aabbccddeeff\"\r\n\r\n"),
        s("RTSP/1.0 200 OK\r\n\r\n")},
       kLogin,
       Protocol::kRtsp,
       "admin",
       "Digest",
       kHash,
       32},
      {"sip_tcp_folded",
       {c("REGISTER sip:x SIP/2.0\r\nAuthorization: Digest username=\"bob\",\r\n realm=\"x\",\r\n "
          "response=\"00112233445566778899aabbccddeeff\"\r\nContent-Length: 0\r\n\r\n")},
       kLogin,
       Protocol::kSip,
       "bob",
       "Digest",
       kHash,
       32},
      // Terminals: RFC 854, RFC 1282.
      {"telnet_characters",
       {s("\xff\xfd\x18\xff\xfb\x01login: "), c("\xff\xfc\x18"), c("b"), s("b"), c("o"), s("o"),
        c("b"), s("b"), c("\r\0"s), s("\r\nPassword: "), c("s"), c("x"), c("\x7f"), c("e"), c("c"),
        c("\r\n"), s("\r\nLast login\r\n")},
       kLogin,
       Protocol::kTelnet,
       "bob",
       "login",
       kPlain,
       3,
       9999,
       false},
      {"telnet_lines",
       {s("Welcome\r\nUsername: "), c("admin\r\n"), s("Password: "), c("cisco123\r\n"),
        s("router>")},
       kLogin,
       Protocol::kTelnet,
       "admin",
       "login",
       kPlain,
       8,
       9999,
       false},
      {"rlogin_prompt",
       {c("\0me\0you\0xterm/38400\0"s), s("\0Password: "s), c("secret\r"), s("\r\n$ ")},
       kLogin,
       Protocol::kRlogin,
       "you",
       "login",
       kPlain,
       6,
       9999,
       false},
      {"rsh_trust",
       {c("1022\0me\0root\0id\0"s), s("\0uid=0"s)},
       kClear,
       Protocol::kRsh,
       "me",
       "rsh-trust",
       SecretKind::kNone,
       0,
       514},
      // LDAP: RFC 4511.
      {"ldap_simple",
       {c(ldap_simple("cn=admin", "secret")),
        s("\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\0\x04\0\x04\0"s)},
       kLogin,
       Protocol::kLdap,
       "cn=admin",
       "simple",
       kPlain,
       6},
      {"ldap_anonymous",
       {c(ldap_simple("", "")), s("\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\0\x04\0\x04\0"s)},
       kClear,
       Protocol::kLdap,
       "",
       "anonymous"},
      {"ldap_starttls",
       {c("\x30\x1d\x02\x01\x01\x77\x18\x80\x16"
          "1.3.6.1.4.1.1466.20037"s),
        s("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\0\x04\0\x04\0"s), c(client_hello()),
        s(server_hello())},
       kUpgraded,
       Protocol::kLdap,
       "",
       ""},
      // XMPP: RFC 6120, XEP-0078.
      {"xmpp_plain",
       {c("<?xml version='1.0'?><stream:stream to='x' xmlns='jabber:client'>"),
        s("<stream:stream><stream:features><mechanisms/></stream:features>"),
        c("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' "
          "mechanism='PLAIN'>AHRlc3QAdGVzdA==</auth>"),
        s("<success/>")},
       kLogin,
       Protocol::kXmpp,
       "test",
       "PLAIN",
       kPlain,
       4},
      {"xmpp_legacy",
       {c("<stream:stream xmlns='jabber:client'>"),
        c("<iq type='set'><query "
          "xmlns='jabber:iq:auth'><username>bob</username><password>secret</password></query></"
          "iq>")},
       kLogin,
       Protocol::kXmpp,
       "bob",
       "jabber:iq:auth",
       kPlain,
       6},
      {"xmpp_starttls",
       {c("<stream:stream xmlns='jabber:client'>"),
        s("<stream:features><starttls/></stream:features>"),
        c("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"), s("<proceed/>"),
        c(client_hello()), s(server_hello())},
       kUpgraded,
       Protocol::kXmpp,
       "",
       ""},
      // Databases.
      {"redis_auth",
       {c("*2\r\n$4\r\nAUTH\r\n$6\r\nsecret\r\n"), s("+OK\r\n")},
       kLogin,
       Protocol::kRedis,
       "",
       "AUTH",
       kPlain,
       6},
      {"redis_hello",
       {c("*5\r\n$5\r\nhello\r\n$1\r\n3\r\n$4\r\nauth\r\n$3\r\nbob\r\n$6\r\nse\r\nct\r\n"),
        s("+OK\r\n")},
       kLogin,
       Protocol::kRedis,
       "bob",
       "AUTH",
       kPlain,
       6},
      {"redis_inline",
       {c("AUTH hunter2\r\n"), s("+OK\r\n")},
       kLogin,
       Protocol::kRedis,
       "",
       "AUTH",
       kPlain,
       7,
       6379},
      {"redis_value_is_no_login",
       {c("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$13\r\nAUTH secret\r\n\r\n"), s("+OK\r\n")},
       kClear,
       Protocol::kRedis,
       "",
       ""},
      {"mysql_native",
       {s(mysql_greeting()), c(mysql_response(std::string(20, 'h'), "mysql_native_password")),
        s(mysql_packet(2, "\0\0\0\2\0\0\0"s))},
       kLogin,
       Protocol::kMysql,
       "root",
       "mysql_native_password",
       kHash,
       20},
      {"mysql_clear",
       {s(mysql_greeting()), c(mysql_response("secret\0"s, "mysql_clear_password")),
        s(mysql_packet(2, "\0\0\0\2\0\0\0"s))},
       kLogin,
       Protocol::kMysql,
       "root",
       "mysql_clear_password",
       kPlain,
       6},
      {"mysql_empty",
       {s(mysql_greeting()), c(mysql_response("", "mysql_native_password")),
        s(mysql_packet(2, "\0\0\0\2\0\0\0"s))},
       kClear,
       Protocol::kMysql,
       "root",
       "mysql_native_password"},
      {"mysql_ssl",
       {s(mysql_greeting()),
        c(mysql_packet(1, "\x0d\xae\x0f\0"s + "\0\0\0\x01\x21"s + std::string(23, '\0'))),
        c(client_hello()), s(server_hello())},
       kUpgraded,
       Protocol::kMysql,
       "",
       ""},
      {"pgsql_password",
       {c(pgsql_startup()), s(pgsql_message('R', "\0\0\0\3"s)), c(pgsql_message('p', "secret\0"s)),
        s(pgsql_message('R', "\0\0\0\0"s))},
       kLogin,
       Protocol::kPgsql,
       "alice",
       "password",
       kPlain,
       6},
      {"pgsql_md5",
       {c("\0\0\0\x08\x04\xd2\x16\x2f"s), s("N"), c(pgsql_startup()),
        s(pgsql_message('R', "\0\0\0\5salt"s)),
        c(pgsql_message('p', "md500112233445566778899aabbccddeeff\0"s))},
       kLogin,
       Protocol::kPgsql,
       "alice",
       "md5",
       kHash,
       35},
      {"pgsql_ssl",
       {c("\0\0\0\x08\x04\xd2\x16\x2f"s), s("S"), c(client_hello()), s(server_hello())},
       kUpgraded,
       Protocol::kPgsql,
       "",
       ""},
      {"pgsql_refused",
       {c("\0\0\0\x08\x04\xd2\x16\x2f"s), s("N"), c(pgsql_startup()),
        s(pgsql_message('R', "\0\0\0\5salt"s))},
       kRefused,
       Protocol::kPgsql,
       "alice",
       "md5",
       SecretKind::kNone,
       0,
       9999,
       false},
      // Protocol 2: the error message of a server from before encryption has no length.
      {"pgsql_refused_by_an_old_server",
       {c("\0\0\0\x08\x04\xd2\x16\x2f"s), s("EFATAL:  unsupported frontend protocol\n\0"s)},
       kRefused,
       Protocol::kPgsql,
       "",
       "",
       SecretKind::kNone,
       0,
       9999,
       false},
      // VNC, SOCKS, MQTT.
      {"rfb_vnc_auth",
       {s("RFB 003.008\n"), c("RFB 003.008\n"), s("\x02\x01\x02"), c("\x02"),
        s(std::string(16, 'c')), c(std::string(16, 'r')), s("\0\0\0\0"s)},
       kLogin,
       Protocol::kRfb,
       "",
       "VNC-auth",
       kHash,
       16},
      {"rfb_none",
       {s("RFB 003.008\n"), c("RFB 003.008\n"), s("\x01\x01"), c("\x01"), s("\0\0\0\0"s)},
       kClear,
       Protocol::kRfb,
       "",
       "None"},
      {"rfb_33",
       {s("RFB 003.003\n"), c("RFB 003.003\n"), s("\0\0\0\x02"s + std::string(16, 'c')),
        c(std::string(16, 'r'))},
       kLogin,
       Protocol::kRfb,
       "",
       "VNC-auth",
       kHash,
       16,
       9999,
       false},
      // Version 3.7 (RFC 6143 appendix A): as 3.8, but nothing follows None.
      {"rfb_37",
       {s("RFB 003.007\n"), c("RFB 003.007\n"), s("\x02\x01\x02"), c("\x02"),
        s(std::string(16, 'c')), c(std::string(16, 'r')), s("\0\0\0\0"s)},
       kLogin,
       Protocol::kRfb,
       "",
       "VNC-auth",
       kHash,
       16},
      {"rfb_37_none",
       {s("RFB 003.007\n"), c("RFB 003.007\n"), s("\x01\x01"), c("\x01\x01")},
       kClear,
       Protocol::kRfb,
       "",
       "None"},
      {"rfb_33_none",
       {s("RFB 003.003\n"), c("RFB 003.003\n"), s("\0\0\0\x01"s), c("\x01")},
       kClear,
       Protocol::kRfb,
       "",
       "None",
       SecretKind::kNone,
       0,
       9999,
       false},
      {"rfb_33_refused",
       {s("RFB 003.003\n"), c("RFB 003.003\n"), s("\0\0\0\0\0\0\0\4full"s)},
       kClear,
       Protocol::kRfb,
       "",
       ""},
      {"rfb_38_vencrypt_plain",
       {s("RFB 003.008\n"), c("RFB 003.008\n"), s("\x01\x13"), c("\x13"), s("\0\2"s), c("\0\2"s),
        s("\0\1\0\0\1\0"s), c("\0\0\1\0"s), c("\0\0\0\3\0\0\0\7bobhunter2"s), s("\0\0\0\0"s)},
       kLogin,
       Protocol::kRfb,
       "bob",
       "VeNCrypt Plain",
       kPlain,
       7},
      {"socks5_password",
       {c("\x05\x02\x00\x02"s), s("\x05\x02"),
        c("\x01\x03"
          "bob\x06secret"),
        s("\x01\0"s), c("\x05\x01\0\x01\x01\x02\x03\x04\0\x50"s), s("\x05\0\0\x01\0\0\0\0\0\0"s)},
       kLogin,
       Protocol::kSocks5,
       "bob",
       "username/password",
       kPlain,
       6,
       1080},
      {"socks5_with_http_inside",
       {c("\x05\x01\x00"s), s("\x05\0"s), c("\x05\x01\0\x01\x01\x02\x03\x04\0\x50"s),
        s("\x05\0\0\x01\0\0\0\0\0\0"s),
        c("GET / HTTP/1.1\r\nAuthorization: Basic dGVzdDp0ZXN0\r\n\r\n")},
       kLogin,
       Protocol::kSocks5,
       "test",
       "Basic",
       kPlain,
       4,
       1080,
       false},
      {"mqtt",
       {c("\x10\x1a\0\x04MQTT\x04\xc2\0\x3c\0\x02id\0\x03"
          "bob\0\x05"
          "12345"s),
        s("\x20\x02\0\0"s)},
       kLogin,
       Protocol::kMqtt,
       "bob",
       "CONNECT",
       kPlain,
       5},
      // Encrypted from the first byte.
      {"tls",
       {c(client_hello()), s(server_hello())},
       Verdict::kImplicitTls,
       Protocol::kTls,
       "",
       ""},
      {"tls_answered_in_clear",
       {c(client_hello()), s("HTTP/1.1 400 Bad Request\r\n\r\n")},
       Verdict::kUnknown,
       Protocol::kTls,
       "",
       "",
       SecretKind::kNone,
       0,
       9999,
       false},
      {"ssh",
       {s("SSH-2.0-OpenSSH_9.2\r\n"), c("SSH-2.0-x\r\n")},
       Verdict::kUnknown,
       Protocol::kSsh,
       "",
       ""},
      {"junk",
       {c(std::string(300, '\x93')), s(std::string(300, '\xc7'))},
       Verdict::kUnknown,
       Protocol::kUnknown,
       "",
       "",
       SecretKind::kNone,
       0,
       110},
  };
}

void expect_case(const Case& one, const Outcome& got, const char* how) {
  SCOPED_TRACE(std::string(one.name) + " " + how);
  EXPECT_EQ(verdict_name(got.verdict), verdict_name(one.verdict));
  EXPECT_EQ(protocol_name(got.protocol), protocol_name(one.protocol));
  EXPECT_EQ(got.user, one.user);
  EXPECT_EQ(got.mechanism, one.mechanism);
  EXPECT_EQ(secret_kind_name(got.kind), secret_kind_name(one.kind));
  EXPECT_EQ(got.length, one.length);
  EXPECT_EQ(got.pool_bytes_left, 0U);
}

TEST(AuditDialogue, EachTurnOneSegment) {
  for (const Case& one : cases()) {
    PlayOptions options;
    options.server_port = one.port;
    expect_case(one, play(one.turns, options), "in turns");
  }
}

TEST(AuditDialogue, ByteByByte) {
  for (const Case& one : cases()) {
    PlayOptions options;
    options.server_port = one.port;
    options.segment = 1;
    expect_case(one, play(one.turns, options), "byte by byte");
  }
}

TEST(AuditDialogue, OddSegments) {
  for (const std::size_t segment : {2U, 3U, 5U, 7U, 11U, 64U}) {
    for (const Case& one : cases()) {
      PlayOptions options;
      options.server_port = one.port;
      options.segment = segment;
      expect_case(one, play(one.turns, options), "in odd segments");
    }
  }
}

// A server from before encryption answers the request for it with an error message of protocol 2,
// which has no length: that is a refusal, not an answer that vanished.
TEST(AuditDialogue, PgsqlErrorMessageRefusesEncryption) {
  const std::vector<Turn> turns = {c("\0\0\0\x08\x04\xd2\x16\x2f"s),
                                   s("EFATAL:  unsupported frontend protocol\n\0"s)};
  for (const std::size_t segment : {std::size_t{0}, std::size_t{1}, std::size_t{7}}) {
    SCOPED_TRACE(segment);
    PlayOptions options;
    options.segment = segment;
    const Outcome got = play(turns, options);
    EXPECT_EQ(upgrade_name(got.upgrade), upgrade_name(Upgrade::kRefused));
    EXPECT_NE(got.reasons & reason::kUpgradeRefused, 0U);
  }
}

// The handshakes of RFB have no lengths: what comes next follows from what was agreed. Each turn in
// two pieces, cut at each byte, says the same; a capture that ends there never says more.
TEST(AuditDialogue, RfbHandshakesCutAtEveryByte) {
  std::size_t handshakes = 0;
  for (const Case& one : cases()) {
    if (one.protocol != Protocol::kRfb) continue;
    ++handshakes;
    std::size_t last = one.turns.size() - 1;  // of the client's turns: the login, if there is one
    while (one.turns[last].side != Side::kClient) --last;
    for (std::size_t turn = 0; turn < one.turns.size(); ++turn) {
      const Turn& whole = one.turns[turn];
      for (std::size_t at = 1; at < whole.bytes.size(); ++at) {
        SCOPED_TRACE("turn " + std::to_string(turn) + ", byte " + std::to_string(at));
        std::vector<Turn> turns = one.turns;
        turns[turn].bytes = whole.bytes.substr(0, at);
        turns.insert(turns.begin() + static_cast<std::ptrdiff_t>(turn) + 1,
                     Turn{whole.side, whole.bytes.substr(at)});
        expect_case(one, play(turns, {}), "in two pieces");
        turns.resize(turn + 1);
        const Outcome cut = play(turns, {});
        EXPECT_EQ(cut.logins, one.verdict == kLogin && turn > last ? 1U : 0U);
        EXPECT_EQ(cut.pool_bytes_left, 0U);
      }
    }
  }
  EXPECT_GE(handshakes, 8U);
}

// The values of commands that are no logins are passed over, however many and however large.
TEST(AuditDialogue, RedisValuesHideNoLaterLogin) {
  const std::string auth = "*2\r\n$4\r\nAUTH\r\n$6\r\nsecret\r\n";
  const auto set_many = [](std::size_t count, std::size_t bytes) {
    std::string command = "*" + std::to_string(1 + 2 * count) + "\r\n$4\r\nMSET\r\n";
    for (std::size_t i = 0; i < count; ++i) {
      command += "$1\r\nk\r\n$" + std::to_string(bytes) + "\r\n" + std::string(bytes, 'v') + "\r\n";
    }
    return command;
  };
  for (const auto& [count, bytes] :
       {std::pair<std::size_t, std::size_t>{10, 5000}, {200, 5000}, {2000, 20}}) {
    for (const std::size_t segment : {std::size_t{100}, std::size_t{1460}}) {
      SCOPED_TRACE(std::to_string(count) + " of " + std::to_string(bytes) + " in segments of " +
                   std::to_string(segment));
      PlayOptions options;
      options.segment = segment;
      const Outcome got = play({c(set_many(count, bytes)), c(auth)}, options);
      EXPECT_EQ(protocol_name(got.protocol), protocol_name(Protocol::kRedis));
      EXPECT_EQ(got.logins, 1U);
      EXPECT_EQ(got.length, 6U);
    }
  }
}

TEST(AuditDialogue, ClientAloneShowsTheLogin) {
  for (const Case& one : cases()) {
    if (one.verdict != kLogin || !one.client_alone) continue;
    PlayOptions options;
    options.server_port = one.port;
    options.server = false;
    const Outcome got = play(one.turns, options);
    SCOPED_TRACE(one.name);
    EXPECT_EQ(verdict_name(got.verdict), verdict_name(kLogin));
    EXPECT_EQ(got.length, one.length);
  }
}

TEST(AuditDialogue, ServerAloneIsNeverALogin) {
  for (const Case& one : cases()) {
    PlayOptions options;
    options.server_port = one.port;
    options.client = false;
    SCOPED_TRACE(one.name);
    EXPECT_NE(verdict_name(play(one.turns, options).verdict), verdict_name(kLogin));
  }
}

// Wherever a login is found, the bytes marked for the evidence hold all of the secret.
TEST(AuditDialogue, SpansCoverTheSecret) {
  for (const Case& one : cases()) {
    if (one.verdict != kLogin || one.length == 0) continue;
    for (const std::size_t segment : {0U, 1U, 7U}) {
      PlayOptions options;
      options.server_port = one.port;
      options.segment = segment;
      const Outcome got = play(one.turns, options);
      SCOPED_TRACE(one.name);
      std::uint64_t covered = 0;
      for (const SecretSpan& span : got.secrets) covered += span.length;
      EXPECT_GE(covered, got.length);
    }
  }
}

TEST(AuditDialogue, GapDoesNotHideALaterLogin) {
  BufferPool pool(1U << 20);
  SessionEnvironment environment{pool};
  Session session(Transport::kTcp, {40000, 110}, true);
  session.on_bytes(Side::kServer, as_bytes("+OK\r\n"), 0, 1, environment);
  session.on_bytes(Side::kClient, as_bytes("USER al"), 0, 1, environment);
  session.on_gap(Side::kClient, 1, environment);
  session.on_bytes(Side::kClient, as_bytes("PASS secret\r\n"), 20, 1, environment);
  session.on_end(1, environment);
  EXPECT_EQ(decide(session.facts()), kLogin);
  EXPECT_TRUE((session.facts().reasons & reason::kGap) != 0);
  EXPECT_EQ(pool.used_bytes(), 0U);
}

TEST(AuditDialogue, DatagramsOfSnmpAndRadius) {
  BufferPool pool(1U << 20);
  SessionEnvironment environment{pool};
  Session snmp(Transport::kUdp, {40000, 4161}, false);
  const std::string get =
      "\x30\x1a\x02\x01\x01\x04\x06public\xa0\x0d\x02\x01\x01\x02\x01\0\x02\x01\0\x30\x02\x30\0"s;
  snmp.on_datagram(Side::kClient, as_bytes(get), 0, 1, environment);
  snmp.on_end(1, environment);
  ASSERT_EQ(snmp.facts().credentials.size(), 1U);
  EXPECT_EQ(snmp.facts().credentials[0].mechanism, "community v2c");
  EXPECT_EQ(snmp.facts().credentials[0].length, 6U);
  ASSERT_EQ(snmp.facts().secrets.size(), 1U);
  EXPECT_EQ(snmp.facts().secrets[0].offset, 7U);
  Session radius(Transport::kUdp, {40000, 1812}, false);
  const std::string request = "\x01\x07\0\x2c"s + std::string(16, 'a') +
                              "\x01\x06steve"s.substr(0, 6) + "\x02\x12"s + std::string(16, 'p');
  radius.on_datagram(Side::kClient, as_bytes(request), 0, 1, environment);
  radius.on_end(1, environment);
  ASSERT_EQ(radius.facts().credentials.size(), 1U);
  EXPECT_EQ(radius.facts().credentials[0].kind, SecretKind::kObfuscated);
}

}  // namespace
}  // namespace capstan::audit
