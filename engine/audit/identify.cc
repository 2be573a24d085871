#include "engine/audit/identify.h"

#include <string.h>

#include <algorithm>
#include <array>

#include "engine/audit/ber.h"
#include "engine/audit/gate.h"
#include "engine/audit/protocols/line_recogniser.h"
#include "engine/audit/protocols/signatures.h"
#include "engine/audit/text.h"
#include "engine/audit/word_list.h"

namespace capstan::audit {

namespace {

using State = Identification::State;

constexpr Identification kNeedMore{State::kNeedMore, Protocol::kUnknown, false};

// Within this many bytes of a direction a protocol shows itself.
constexpr std::size_t kEnough = 4096;

std::string_view first_line(Bytes bytes, bool& whole) noexcept {
  const std::string_view text = as_text(bytes);
  const std::size_t end = text.find('\n');
  whole = end != std::string_view::npos;
  std::string_view line = text.substr(0, end);
  while (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

// Whether the first line, or as much of it as counts, is text.
bool is_text(Bytes bytes) noexcept {
  Bytes front = bytes.first(std::min<std::size_t>(bytes.size(), 64));
  if (const std::size_t end = as_text(front).find('\n'); end != std::string_view::npos && end > 2) {
    front = front.first(end);
  }
  std::size_t odd = 0;  // a name may hold some (UTF-8, escape sequences); binary data has many
  for (const std::uint8_t byte : front) {
    if (byte == 0) return false;
    const bool control = byte < 0x20 && byte != '\r' && byte != '\n' && byte != '\t';
    odd += control || byte >= 0x7f ? 1U : 0U;
  }
  return !front.empty() && odd * 4 <= front.size();
}

// --- binary protocols: each says yes, no or not yet ---
Match matches(Bytes bytes, std::string_view pattern) noexcept {
  const std::size_t size = std::min(bytes.size(), pattern.size());
  if (as_text(bytes.first(size)) != pattern.substr(0, size)) return Match::kNo;
  return size == pattern.size() ? Match::kYes : Match::kMaybe;
}

Match tls(Bytes bytes) noexcept {
  if (bytes.empty()) return Match::kNo;
  if (bytes[0] >= 20 && bytes[0] <= 23) {
    if (bytes.size() >= 2 && bytes[1] != 3) return Match::kNo;
    if (bytes.size() >= 3 && bytes[2] > 4) return Match::kNo;
    if (bytes.size() < 5) return Match::kMaybe;
    const std::size_t length = load_be16(bytes.data() + 3);
    return length > 0 && length <= 16384 + 2048 ? Match::kYes : Match::kNo;
  }
  if ((bytes[0] & 0x80) == 0) return Match::kNo;
  if (bytes.size() < 5) return may_start_tls(bytes) ? Match::kMaybe : Match::kNo;
  return starts_tls(bytes) ? Match::kYes : Match::kNo;
}

// HandshakeV10 or an error in place of it (sequence 0, "Too many connections").
Match mysql_greeting(Bytes bytes) noexcept {
  if (bytes.size() < 6) return bytes.size() < 5 || bytes[4] == 10 ? Match::kMaybe : Match::kNo;
  const std::size_t length = bytes[0] | std::size_t{bytes[1]} << 8 | std::size_t{bytes[2]} << 16;
  if (bytes[3] != 0 || length < 20 || length > 1024) return Match::kNo;
  return bytes[4] == 10 && bytes[5] >= '0' && bytes[5] <= '9' ? Match::kYes : Match::kNo;
}

// HandshakeResponse41 or SSLRequest: sequence 1, protocol 4.1, 23 bytes of zero filler.
Match mysql_response(Bytes bytes) noexcept {
  if (bytes.size() < 36) return Match::kNo;
  const std::size_t length = bytes[0] | std::size_t{bytes[1]} << 8 | std::size_t{bytes[2]} << 16;
  if (bytes[3] != 1 || length < 32 || length > 2048) return Match::kNo;
  constexpr std::uint16_t kProtocol41 = 0x200;
  if ((load_le16(bytes.data() + 4) & kProtocol41) == 0) return Match::kNo;
  const Bytes filler = bytes.subspan(13, 19);
  return std::all_of(filler.begin(), filler.end(), [](std::uint8_t b) { return b == 0; })
             ? Match::kYes
             : Match::kNo;
}

Match pgsql(Bytes bytes) noexcept {
  if (bytes.size() < 8) {
    return bytes.size() >= 2 && bytes[0] == 0 && bytes[1] == 0 ? Match::kMaybe : Match::kNo;
  }
  const std::uint32_t length = load_be32(bytes.data());
  const std::uint32_t code = load_be32(bytes.data() + 4);
  if (length == 8 && (code == 80877103 || code == 80877104)) return Match::kYes;
  if (length == 16 && code == 80877102) return Match::kYes;
  if (code >> 16 != 3 || (code & 0xffff) > 2 || length < 9 || length > 10000) return Match::kNo;
  return bytes.size() < 9 || is_alpha(static_cast<char>(bytes[8])) || bytes[8] == '_' ||
                 (bytes[8] == 0 && length == 9)
             ? Match::kYes
             : Match::kNo;
}

// RFC 4511 section 4.1.1: SEQUENCE { messageID, an operation of section 4.2 to 4.14 }.
Match ldap(Bytes bytes) noexcept {
  if (bytes.empty() || bytes[0] != 0x30) return Match::kNo;
  const BerReader::Head head = BerReader::read_head(bytes);
  if (!head.complete) return Match::kMaybe;
  if (!head.valid || head.length < 5) return Match::kNo;
  const Bytes body = bytes.subspan(head.head_bytes);
  if (body.size() < 2) return Match::kMaybe;
  if (body[0] != 0x02 || body[1] < 1 || body[1] > 4) return Match::kNo;
  const std::size_t at = 2U + body[1];
  if (body.size() < at + 2) return Match::kMaybe;
  switch (body[at]) {
    case 0x60:
    case 0x61:
    case 0x42:
    case 0x63:
    case 0x64:
    case 0x65:
    case 0x73:
    case 0x66:
    case 0x67:
    case 0x68:
    case 0x69:
    case 0x4a:
    case 0x6b:
    case 0x6c:
    case 0x6d:
    case 0x6e:
    case 0x6f:
    case 0x50:
    case 0x77:
    case 0x78:
    case 0x79:
      return Match::kYes;
    default:
      return Match::kNo;
  }
}
bool ldap_from_server(Bytes bytes) noexcept {
  const BerReader::Head head = BerReader::read_head(bytes);
  const Bytes body = bytes.subspan(head.head_bytes);
  switch (body[2U + body[1]]) {
    case 0x61:
    case 0x64:
    case 0x65:
    case 0x73:
    case 0x67:
    case 0x69:
    case 0x6b:
    case 0x6d:
    case 0x6f:
    case 0x78:
    case 0x79:
      return true;
    default:
      return false;
  }
}

Match mqtt_connect(Bytes bytes) noexcept {
  if (bytes.empty() || bytes[0] != 0x10) return Match::kNo;
  std::size_t at = 1;
  while (at < bytes.size() && at < 5 && (bytes[at] & 0x80) != 0) ++at;
  if (bytes.size() < at + 1 + 6) return Match::kMaybe;
  const std::string_view name = as_text(bytes.subspan(at + 1));
  return name.starts_with(std::string_view("\0\x04MQTT", 6)) ||
                 name.starts_with(std::string_view("\0\x06MQIs", 6))
             ? Match::kYes
             : Match::kNo;
}

// Any control packet that is just as long as it says: for a session met mid-stream.
bool mqtt_packet(Bytes bytes) noexcept {
  if (bytes.size() < 2 || (bytes[0] >> 4) == 0) return false;
  std::size_t length = 0;
  for (std::size_t i = 1; i < std::min<std::size_t>(bytes.size(), 5); ++i) {
    length |= static_cast<std::size_t>(bytes[i] & 0x7f) << (7 * (i - 1));
    if ((bytes[i] & 0x80) == 0) return i + 1 + length <= bytes.size() + 0;
  }
  return false;
}

Match smb(Bytes bytes) noexcept {
  if (bytes.size() < 8) return bytes.size() < 4 || bytes[0] != 0 ? Match::kNo : Match::kMaybe;
  const std::string_view mark = as_text(bytes.subspan(5, 3));
  return bytes[0] == 0 && bytes[4] >= 0xfc && mark == "SMB" ? Match::kYes : Match::kNo;
}

// RFC 1002 section 4.3.2: a session request precedes SMB on port 139.
bool netbios_session_request(Bytes bytes) noexcept {
  return bytes.size() >= 4 && bytes[0] == 0x81 && bytes[1] == 0 &&
         load_be16(bytes.data() + 2) == 68;
}

Match rdp(Bytes bytes) noexcept {
  if (bytes.size() < 7)
    return bytes.size() < 2 || (bytes[0] == 3 && bytes[1] == 0) ? Match::kMaybe : Match::kNo;
  const std::size_t length = load_be16(bytes.data() + 2);
  const bool x224 = bytes[5] == 0xe0 || bytes[5] == 0xd0;
  return bytes[0] == 3 && bytes[1] == 0 && x224 && bytes[4] + 5U == length && length >= 11
             ? Match::kYes
             : Match::kNo;
}

bool socks5_greeting(Bytes bytes) noexcept {
  return bytes.size() >= 3 && bytes[0] == 5 && bytes[1] >= 1 && bytes.size() >= 2U + bytes[1];
}
bool socks5_answer(Bytes client, Bytes server) noexcept {
  if (server.size() < 2 || server[0] != 5) return false;
  const Bytes methods = client.subspan(2, client[1]);
  return server[1] == 0xff || std::find(methods.begin(), methods.end(), server[1]) != methods.end();
}
bool socks4_request(Bytes bytes) noexcept {
  return bytes.size() >= 9 && bytes[0] == 4 && (bytes[1] == 1 || bytes[1] == 2) &&
         as_text(bytes.subspan(8)).find('\0') != std::string_view::npos;
}
bool socks4_answer(Bytes bytes) noexcept {
  return bytes.size() >= 8 && bytes[0] == 0 && bytes[1] >= 90 && bytes[1] <= 93;
}

// NUL user NUL user NUL terminal/speed NUL (RFC 1282).
Match rlogin(Bytes bytes) noexcept {
  if (bytes.empty() || bytes[0] != 0) return Match::kNo;
  const std::string_view text = as_text(bytes.first(std::min<std::size_t>(bytes.size(), 256)));
  std::size_t nul = 0;
  std::size_t begin = 1;
  for (std::size_t i = 1; i < text.size(); ++i) {
    const char c = text[i];
    if (c != '\0') {
      if (c < 0x20 || c == 0x7f) return Match::kNo;
      continue;
    }
    ++nul;
    if (i == begin) return Match::kNo;
    if (nul == 3)
      return text.substr(begin, i - begin).find('/') != std::string_view::npos ? Match::kYes
                                                                               : Match::kNo;
    begin = i + 1;
  }
  return text.size() < 200 ? Match::kMaybe : Match::kNo;
}

// Digits NUL user NUL user NUL command NUL.
Match rsh(Bytes bytes) noexcept {
  const std::string_view text = as_text(bytes.first(std::min<std::size_t>(bytes.size(), 256)));
  const std::size_t end = text.find('\0');
  if (end == std::string_view::npos) {
    return text.size() <= 5 && std::all_of(text.begin(), text.end(), is_digit) ? Match::kMaybe
                                                                               : Match::kNo;
  }
  if (end > 5 ||
      !std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), is_digit))
    return Match::kNo;
  if (end == 0) return Match::kNo;  // could be anything
  std::size_t strings = 0;
  std::size_t begin = end + 1;
  for (std::size_t i = begin; i < text.size(); ++i) {
    if (text[i] == '\0') {
      if (i == begin) return Match::kNo;
      begin = i + 1;
      if (++strings == 2) return Match::kYes;
    } else if (text[i] < 0x20) {
      return Match::kNo;
    }
  }
  return Match::kMaybe;
}

Match telnet(Bytes bytes) noexcept {
  if (bytes.empty() || bytes[0] != 255) return Match::kNo;
  if (bytes.size() < 3) return Match::kMaybe;
  // RFC 854: SB, WILL, WONT, DO, DONT and an option that exists; or a plain command.
  if (bytes[1] >= 250 && bytes[1] <= 254)
    return bytes[2] <= 50 || bytes[2] >= 138 ? Match::kYes : Match::kNo;
  return bytes[1] >= 240 && bytes[1] < 250 ? Match::kYes : Match::kNo;
}

Match redis(Bytes bytes) noexcept {
  if (bytes.empty() || bytes[0] != '*') return Match::kNo;
  std::size_t at = 1;
  while (at < bytes.size() && is_digit(static_cast<char>(bytes[at]))) ++at;
  if (at == bytes.size()) return at < 8 ? Match::kMaybe : Match::kNo;
  if (at == 1) return Match::kNo;
  return matches(bytes.subspan(at), "\r\n$");
}

Match openvpn_tcp(Bytes bytes) noexcept {
  // Two bytes of length, P_CONTROL_HARD_RESET_CLIENT_V2 (7 << 3) of key 0, session id, no acks,
  // packet id 0.
  if (bytes.size() < 16) return Match::kNo;
  const std::size_t length = load_be16(bytes.data());
  return length >= 14 && length + 2 == bytes.size() && bytes[2] == 0x38 && bytes[11] == 0 &&
                 load_be32(bytes.data() + 12) == 0
             ? Match::kYes
             : Match::kNo;
}

// --- text protocols ---
// A start line "METHOD target VERSION".
Protocol message_protocol(std::string_view line) noexcept {
  if (starts_nocase(line, "HTTP/1.") || starts_nocase(line, "HTTP/0.9")) return Protocol::kHttp;
  if (starts_nocase(line, "RTSP/1.") || starts_nocase(line, "RTSP/2.")) return Protocol::kRtsp;
  if (starts_nocase(line, "SIP/2.0 ")) return Protocol::kSip;
  if (line.empty()) return Protocol::kUnknown;
  const void* const space = ::memrchr(line.data(), ' ', line.size());
  if (space == nullptr || space == line.data()) return Protocol::kUnknown;
  const auto at = static_cast<std::size_t>(static_cast<const char*>(space) - line.data());
  const std::string_view version = trim(line.substr(at + 1));
  if (starts_nocase(version, "HTTP/") || starts_nocase(version, "ICE/")) return Protocol::kHttp;
  if (starts_nocase(version, "RTSP/")) return Protocol::kRtsp;
  if (starts_nocase(version, "SIP/2.0")) return Protocol::kSip;
  return Protocol::kUnknown;
}

constexpr WordList kHttpMethods("GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE",
                                "CONNECT", "PATCH", "PROPFIND", "PROPPATCH", "MKCOL", "COPY",
                                "MOVE", "LOCK", "UNLOCK", "REPORT", "SEARCH", "SUBSCRIBE", "NOTIFY",
                                "M-SEARCH", "MERGE", "CHECKOUT");

// Whether the first word of a line is one.
bool is_http_method(std::string_view line) noexcept {
  return kHttpMethods.has(line.substr(0, line.find(' ')));
}

bool is_imap_command(std::string_view line) noexcept {
  std::string_view rest = line;
  const std::string_view tag = take_word(rest);
  if (tag.empty() || tag.size() > 24 || rest.empty() || tag == "+" || tag == "*") return false;
  // "AUTH LOGIN" is SMTP's and POP3's, "Action: Login" is nobody's tag.
  if (equals_nocase(tag, "AUTH") || tag.ends_with(':')) return false;
  static constexpr WordList kCommands("LOGIN", "AUTHENTICATE", "CAPABILITY", "STARTTLS", "NOOP",
                                      "LOGOUT", "SELECT", "EXAMINE", "LIST", "LSUB", "STATUS",
                                      "FETCH", "UID", "ID", "IDLE", "NAMESPACE", "APPEND", "ENABLE",
                                      "XLIST", "CLOSE", "SEARCH", "STORE", "COMPRESS");
  return kCommands.has(trim(take_word(rest)));
}

bool is_xml_stream(Bytes bytes) noexcept {
  const std::string_view text = as_text(bytes.first(std::min<std::size_t>(bytes.size(), 1024)));
  if (!trim_left(text).starts_with('<')) return false;
  return text.find("stream:stream") != std::string_view::npos ||
         text.find("jabber:") != std::string_view::npos ||
         text.find("urn:ietf:params:xml:ns:xmpp") != std::string_view::npos ||
         text.find("etherx.jabber.org") != std::string_view::npos;
}

// What the server's first line says; kUnknown when several protocols could have said it.
Protocol server_line(std::string_view line, std::uint16_t port) noexcept {
  if (starts_nocase(line, "+OK") || starts_nocase(line, "-ERR")) return Protocol::kPop3;
  if (starts_nocase(line, "* OK") || starts_nocase(line, "* PREAUTH") ||
      starts_nocase(line, "* BYE") || starts_nocase(line, "* CAPABILITY")) {
    return Protocol::kImap;
  }
  if (line.starts_with(':') || starts_nocase(line, "NOTICE ") || starts_nocase(line, "PING :") ||
      starts_nocase(line, "ERROR :")) {
    std::string_view rest = line;
    if (line.starts_with(':')) take_word(rest);
    const std::string_view word = take_word(rest);
    static constexpr WordList kSaid("NOTICE", "PING", "CAP", "JOIN", "MODE", "PRIVMSG", "ERROR");
    if (reply_code(word) != 0 || kSaid.has(word)) {
      return Protocol::kIrc;
    }
  }
  const int code = reply_code(line);
  if (code == 0 || (line.size() > 3 && line[3] != ' ' && line[3] != '-')) return Protocol::kUnknown;
  const Protocol by_port = protocol_of_port(port);
  const bool coded =
      by_port == Protocol::kSmtp || by_port == Protocol::kFtp || by_port == Protocol::kNntp;
  if (code == 220) {
    if (contains_nocase(line, "SMTP") || contains_nocase(line, "LMTP")) return Protocol::kSmtp;
    if (contains_nocase(line, "FTP")) return Protocol::kFtp;
    return coded ? by_port : Protocol::kUnknown;
  }
  // A challenge of SASL, met in its midst: FTP's 334 says "ADAT=" or words.
  if (code == 334 && by_port != Protocol::kFtp && line.size() > 4 &&
      line.find(' ', 4) == std::string_view::npos) {
    return Protocol::kSmtp;
  }
  if ((code == 200 || code == 201) &&
      (contains_nocase(line, "NNTP") || contains_nocase(line, "news") ||
       contains_nocase(line, "posting"))) {
    return Protocol::kNntp;
  }
  return coded ? by_port : Protocol::kUnknown;
}

// A command of several protocols, of which `hint` may be one.
Protocol common_command(std::string_view word, std::string_view rest, Protocol hint) noexcept {
  static constexpr WordList kCommon(
      "USER", "PASS", "AUTH", "QUIT", "HELP", "LIST", "STAT", "NOOP", "RSET", "RETR", "DELE",
      "FEAT", "SYST", "ACCT", "PORT", "PASV", "EPSV", "CWD", "TYPE", "PBSZ", "PROT", "OPTS",
      "STARTTLS", "DATA", "VRFY", "GROUP", "ARTICLE", "CAPABILITIES", "XOVER", "NEWNEWS", "DATE",
      "CLNT", "PWD", "XCUP", "SIZE", "HOST", "EPRT", "STOR");
  static constexpr WordList kFtp("FEAT", "SYST", "ACCT", "PORT", "PASV", "EPSV", "CWD", "TYPE",
                                 "PBSZ", "PROT", "OPTS", "CLNT", "EPRT", "STOR", "SIZE");
  static constexpr WordList kNntp("GROUP", "ARTICLE", "CAPABILITIES", "XOVER", "NEWNEWS");
  static constexpr WordList kSmtp("DATA", "VRFY");
  static constexpr WordList kPop3("UIDL", "DELE");
  static constexpr WordList kLogin("USER", "PASS");
  if (!kCommon.has(word)) return Protocol::kUnknown;
  if (hint == Protocol::kPop3 || hint == Protocol::kFtp || hint == Protocol::kSmtp ||
      hint == Protocol::kNntp || hint == Protocol::kIrc) {
    return hint;
  }
  if (kFtp.has(word)) return Protocol::kFtp;
  if (kNntp.has(word)) return Protocol::kNntp;
  if (kSmtp.has(word)) return Protocol::kSmtp;
  if (kPop3.has(word)) return Protocol::kPop3;
  // USER and PASS without a word of the server: FTP and POP3 read them alike.
  if (kLogin.has(word) && !rest.empty()) return Protocol::kFtp;
  // AUTH and a mechanism that there is: SMTP's, met in its midst (RFC 4954 section 4).
  if (equals_nocase(word, "AUTH") && Mechanism::is_listed(take_word(rest))) return Protocol::kSmtp;
  return Protocol::kUnknown;
}

// The client's first line, given what the server is thought to be and the port.
Protocol client_line(std::string_view line, Protocol server, std::uint16_t port) noexcept {
  static constexpr WordList kSmtpHello("EHLO", "HELO", "LHLO");
  static constexpr WordList kSmtpMail("MAIL", "RCPT", "BDAT");
  static constexpr WordList kPop3("APOP", "CAPA", "STLS", "UIDL", "TOP");
  static constexpr WordList kIrc("NICK", "JOIN", "CAP", "AUTHENTICATE", "PRIVMSG");
  std::string_view rest = trim_left(line);
  const std::string_view word = trim(take_word(rest));
  rest = trim(rest);
  if (kSmtpHello.has(word)) return Protocol::kSmtp;
  if (kSmtpMail.has(word) &&
      (starts_nocase(rest, "FROM") || starts_nocase(rest, "TO") || equals_nocase(word, "BDAT"))) {
    return Protocol::kSmtp;
  }
  if (equals_nocase(word, "AUTHINFO") ||
      (equals_nocase(word, "MODE") && starts_nocase(rest, "READER"))) {
    return Protocol::kNntp;
  }
  if (kPop3.has(word)) return Protocol::kPop3;
  if (kIrc.has(word)) return Protocol::kIrc;
  if (equals_nocase(word, "USER") && std::count(rest.begin(), rest.end(), ' ') >= 2 &&
      rest.find(':') != std::string_view::npos) {
    return Protocol::kIrc;
  }
  if (is_imap_command(line)) return Protocol::kImap;
  return common_command(word, rest, server != Protocol::kUnknown ? server : protocol_of_port(port));
}

bool ends_with_prompt(Bytes bytes) noexcept {
  const std::string_view text = trim(as_text(bytes));
  const std::string_view tail = text.substr(text.size() > 24 ? text.size() - 24 : 0);
  const std::size_t at = tail.find_last_of("\r\n");
  const std::string_view line = trim(at == std::string_view::npos ? tail : tail.substr(at + 1));
  if (!line.ends_with(':')) return false;
  return contains_nocase(line, "login:") || contains_nocase(line, "username:") ||
         contains_nocase(line, "password:");
}

// One direction's binary signatures.
Identification binary_client(const Opening& o) {
  const Bytes c = o.client;
  if (c.empty()) return kNeedMore;
  Match best = Match::kNo;
  const auto test = [&best](Match match) {
    if (match == Match::kMaybe) best = Match::kMaybe;
    return match == Match::kYes;
  };
  if (test(tls(c))) {
    const bool server_hello = c[0] == 22 && c.size() > 5 && c[5] == 2;
    return found(Protocol::kTls, server_hello);
  }
  if (test(matches(c, "SSH-"))) return found(Protocol::kSsh);
  if (test(matches(c, "RFB 00")))
    return found(Protocol::kRfb,
                 !o.orientation_known && o.server.empty() && is_service_port(o.client_port));
  if (test(telnet(c))) return found(Protocol::kTelnet);
  if (test(mqtt_connect(c))) return found(Protocol::kMqtt);
  if (test(redis(c))) return found(Protocol::kRedis);
  if (test(pgsql(c))) return found(Protocol::kPgsql);
  if (test(smb(c)) || netbios_session_request(c)) return found(Protocol::kSmb);
  if (test(rdp(c))) return found(Protocol::kRdp, c[5] == 0xd0);
  if (test(ldap(c))) return found(Protocol::kLdap, !o.orientation_known && ldap_from_server(c));
  if (mysql_greeting(c) == Match::kYes) return found(Protocol::kMysql, true);
  if (mysql_response(c) == Match::kYes) return found(Protocol::kMysql);
  if (test(rexec_client(c, o.client_port, o.server_port))) return found(Protocol::kRexec);
  if (test(rlogin(c))) return found(Protocol::kRlogin);
  if (test(rsh(c))) return found(Protocol::kRsh);
  if (openvpn_tcp(c) == Match::kYes) return found(Protocol::kOpenvpn);
  if (socks5_greeting(c)) {
    if (socks5_answer(c, o.server)) return found(Protocol::kSocks5);
    if (o.server.size() < 2 && c.size() == 2U + c[1] && !o.at_end) return kNeedMore;
    if (protocol_of_port(o.server_port) == Protocol::kSocks5) return found(Protocol::kSocks5);
  }
  if (socks4_request(c)) {
    if (socks4_answer(o.server)) return found(Protocol::kSocks4);
    if (o.server.size() < 8 && !o.at_end) return kNeedMore;
    if (protocol_of_port(o.server_port) == Protocol::kSocks5) return found(Protocol::kSocks4);
  }
  constexpr std::uint16_t kKerberosPort = 88;
  if (c.size() > 5 && o.server_port == kKerberosPort && (c[4] == 0x6a || c[4] == 0x6c) &&
      load_be32(c.data()) < 65536) {
    return found(Protocol::kKerberos);
  }
  if (protocol_of_port(o.server_port) == Protocol::kMqtt && mqtt_packet(c))
    return found(Protocol::kMqtt);
  if (protocol_of_port(o.server_port) == Protocol::kRlogin && c[0] == 0 && c.size() > 1)
    return found(Protocol::kRlogin);
  return best == Match::kMaybe ? kNeedMore
                               : Identification{State::kNone, Protocol::kUnknown, false};
}

Identification binary_server(const Opening& o) {
  const Bytes s = o.server;
  if (s.empty()) return kNeedMore;
  Match best = Match::kNo;
  const auto test = [&best](Match match) {
    if (match == Match::kMaybe) best = Match::kMaybe;
    return match == Match::kYes;
  };
  if (test(tls(s))) {
    const bool client_hello = s[0] == 22 && s.size() > 5 && s[5] == 1;
    return found(Protocol::kTls, client_hello && !o.orientation_known);
  }
  if (test(matches(s, "SSH-"))) return found(Protocol::kSsh);
  if (test(matches(s, "RFB 00"))) return found(Protocol::kRfb);
  if (test(telnet(s))) return found(Protocol::kTelnet);
  if (test(mysql_greeting(s))) return found(Protocol::kMysql);
  if (test(smb(s))) return found(Protocol::kSmb);
  if (test(ldap(s))) return found(Protocol::kLdap, !o.orientation_known && !ldap_from_server(s));
  if (protocol_of_port(o.server_port) == Protocol::kMqtt && mqtt_packet(s))
    return found(Protocol::kMqtt);
  return best == Match::kMaybe ? kNeedMore
                               : Identification{State::kNone, Protocol::kUnknown, false};
}

// Redis' inline commands (a Telnet-like dialogue) need the server's word or the port.
bool inline_redis(std::string_view line, Bytes server, std::uint16_t port) noexcept {
  if (protocol_of_port(port) == Protocol::kRedis) return true;
  std::string_view rest = trim_left(line);
  const std::string_view word = trim(take_word(rest));
  static constexpr WordList kCommands("AUTH", "PING", "HELLO", "INFO", "GET", "SET", "SELECT",
                                      "QUIT", "COMMAND");
  if (!kCommands.has(word)) return false;
  const std::string_view answer = as_text(server);
  return starts_nocase(answer, "+PONG") || starts_nocase(answer, "-NOAUTH") ||
         starts_nocase(answer, "-WRONGPASS") || starts_nocase(answer, "-ERR Client sent AUTH") ||
         (equals_nocase(word, "AUTH") && answer.starts_with("+OK\r\n"));
}

// "AUTH x" answered with a bare "+OK": POP3 says "+OK" to it only where x is a mechanism, and
// greets first, as a rule with a word behind it.
bool bare_redis_auth(std::string_view client, Bytes server) noexcept {
  std::string_view rest = trim_left(client);
  const std::string_view word = trim(take_word(rest));
  rest = trim(rest);
  return equals_nocase(word, "AUTH") && !rest.empty() && as_text(server) == "+OK\r\n" &&
         !Mechanism::is_listed(take_word(rest));
}

Identification text_stream(const Opening& o) {
  bool client_whole = false;
  bool server_whole = false;
  const std::string_view c = first_line(o.client, client_whole);
  const std::string_view s = first_line(o.server, server_whole);
  const bool client_text = is_text(o.client);
  const bool server_text = is_text(o.server);
  client_whole = client_whole || o.at_end || o.client.size() >= kEnough;
  server_whole = server_whole || o.at_end || o.server.size() >= kEnough;

  if (client_text && (client_whole || !is_http_method(c))) {
    const Protocol message = message_protocol(c);
    const bool answer =
        starts_nocase(c, "HTTP/") || starts_nocase(c, "RTSP/") || starts_nocase(c, "SIP/");
    if (message != Protocol::kUnknown && (client_whole || answer)) {
      return found(message, answer && !o.orientation_known && message != Protocol::kSip);
    }
  }
  if (client_text && client_whole && is_http_method(c) &&
      (o.client.size() >= kEnough || protocol_of_port(o.server_port) == Protocol::kHttp) &&
      c.find(' ') != std::string_view::npos) {
    return found(Protocol::kHttp);
  }
  if (server_text) {
    const Protocol message = message_protocol(s);
    const bool request = is_http_method(s);
    if (message != Protocol::kUnknown && (server_whole || starts_nocase(s, "HTTP/1."))) {
      return found(message, request && !o.orientation_known && o.client.empty());
    }
  }
  if (is_xml_stream(o.client) || is_xml_stream(o.server)) return found(Protocol::kXmpp);
  if (protocol_of_port(o.server_port) == Protocol::kXmpp &&
      (c.starts_with('<') || s.starts_with('<')) && o.at_end) {
    return found(Protocol::kXmpp);
  }

  const Protocol server =
      server_text && server_whole ? server_line(s, o.server_port) : Protocol::kUnknown;
  if (client_text && client_whole) {
    const bool redis = server == Protocol::kPop3 ? protocol_of_port(o.server_port) != server &&
                                                       bare_redis_auth(c, o.server)
                                                 : inline_redis(c, o.server, o.server_port);
    if (redis) return found(Protocol::kRedis);
    const Protocol client = client_line(c, server, o.server_port);
    if (client != Protocol::kUnknown) {
      // AUTH and an answer in RESP: wait for the server where it may yet speak.
      const bool ambiguous =
          server == Protocol::kUnknown && o.server.empty() && !o.at_end &&
          protocol_of_port(o.server_port) == Protocol::kUnknown &&
          (starts_nocase(c, "USER ") || starts_nocase(c, "PASS ") || starts_nocase(c, "AUTH "));
      if (ambiguous) return kNeedMore;
      if (starts_nocase(c, "PASS ") && server == Protocol::kUnknown &&
          protocol_of_port(o.server_port) == Protocol::kUnknown &&
          (contains_nocase(as_text(o.client), "\nNICK ") ||
           contains_nocase(as_text(o.client), "\nUSER "))) {
        return found(Protocol::kIrc);
      }
      return found(client);
    }
    // The sides may be the other way round in a session met mid-stream.
    if (!o.orientation_known) {
      const Protocol reversed = server_line(c, o.client_port);
      if (reversed != Protocol::kUnknown && (o.server.empty() || o.at_end))
        return found(reversed, o.server.empty() && is_service_port(o.client_port));
    }
  }
  if (server != Protocol::kUnknown &&
      (server != Protocol::kPop3 || o.client.empty() || client_whole)) {
    const bool coded =
        server == Protocol::kSmtp || server == Protocol::kFtp || server == Protocol::kNntp;
    // A reply code alone is not enough to part SMTP from FTP: the client's first word will.
    if (!coded || o.at_end || !o.client.empty() || protocol_of_port(o.server_port) == server)
      return found(server);
  }
  if (ends_with_prompt(o.server) && !o.client.empty()) return found(Protocol::kTelnet);
  const Protocol by_port = protocol_of_port(o.server_port);
  if (by_port == Protocol::kTelnet && (client_text || server_text || o.at_end))
    return found(Protocol::kTelnet);
  if (o.at_end) {
    if (ends_with_prompt(o.server)) return found(Protocol::kTelnet);
    const bool lines = by_port == Protocol::kSmtp || by_port == Protocol::kFtp ||
                       by_port == Protocol::kPop3 || by_port == Protocol::kImap ||
                       by_port == Protocol::kNntp || by_port == Protocol::kIrc ||
                       by_port == Protocol::kHttp;
    const bool reads_as_text =
        (o.client.empty() || client_text) && (o.server.empty() || server_text);
    if (lines && reads_as_text) return found(by_port);
    return {State::kNone, Protocol::kUnknown, false};
  }
  const bool no_client = !o.client.empty() && !client_text;
  const bool no_server = !o.server.empty() && !server_text;
  if ((no_client && (no_server || o.server.empty())) || (no_server && o.client.empty())) {
    return {State::kNone, Protocol::kUnknown, false};
  }
  return kNeedMore;
}

}  // namespace

Identification identify_stream(const Opening& opening) {
  const Identification client = binary_client(opening);
  if (client.state == State::kFound) return client;
  const Identification server = binary_server(opening);
  if (server.state == State::kFound) return server;
  const Identification signature = identify_by_signature(opening);
  if (signature.state == State::kFound) return signature;
  const Identification text = text_stream(opening);
  if (text.state == State::kFound) return text;
  const bool waiting = (client.state == State::kNeedMore && !opening.client.empty()) ||
                       (server.state == State::kNeedMore && !opening.server.empty()) ||
                       signature.state == State::kNeedMore;
  const bool enough = opening.client.size() >= kEnough || opening.server.size() >= kEnough;
  if (opening.at_end || (enough && text.state == State::kNone)) {
    return {State::kNone, Protocol::kUnknown, false};
  }
  if (waiting || text.state == State::kNeedMore) return kNeedMore;
  return {State::kNone, Protocol::kUnknown, false};
}

}  // namespace capstan::audit
