#include "tools/audit/evidence_words.h"

#include <algorithm>
#include <array>

#include "engine/audit/gate.h"
#include "engine/audit/text.h"

namespace capstan::tools {

namespace {

using audit::Bytes;
using audit::equals_nocase;
using audit::is_digit;
using audit::Protocol;

// Commands and answers, as they stand at the front of a line.
constexpr auto kWords = std::to_array<std::string_view>({
    "USER",     "PASS",      "APOP",     "AUTH",     "CAPA",         "STLS",       "STAT",
    "LIST",     "RETR",      "UIDL",     "QUIT",     "TOP",          "EHLO",       "HELO",
    "LHLO",     "MAIL",      "RCPT",     "DATA",     "RSET",         "NOOP",       "BDAT",
    "STARTTLS", "FROM:",     "TO:",      "LOGIN",    "AUTHENTICATE", "CAPABILITY", "LOGOUT",
    "SELECT",   "EXAMINE",   "FETCH",    "IDLE",     "ID",           "NAMESPACE",  "ACCT",
    "FEAT",     "SYST",      "TYPE",     "PASV",     "PORT",         "EPSV",       "CWD",
    "PWD",      "SITE",      "AUTHINFO", "SIMPLE",   "SASL",         "MODE",       "READER",
    "GROUP",    "ARTICLE",   "NICK",     "JOIN",     "OPER",         "PRIVMSG",    "CAP",
    "LS",       "REQ",       "END",      "PING",     "PONG",         "HELLO",      "+OK",
    "-ERR",     "*",         "+",        "OK",       "NO",           "BAD",        "BYE",
    "PREAUTH",  "GET",       "POST",     "PUT",      "HEAD",         "DELETE",     "OPTIONS",
    "PATCH",    "CONNECT",   "TRACE",    "PROPFIND", "DESCRIBE",     "SETUP",      "PLAY",
    "PAUSE",    "TEARDOWN",  "ANNOUNCE", "RECORD",   "REGISTER",     "INVITE",     "ACK",
    "CANCEL",   "SUBSCRIBE", "NOTIFY",   "HTTP/1.0", "HTTP/1.1",     "HTTP/2.0",   "RTSP/1.0",
    "RTSP/2.0", "SIP/2.0",   "220",      "250",      "334",          "235",        "535",
    "ESMTP",
});

constexpr auto kFields = std::to_array<std::string_view>({
    "Authorization",
    "Proxy-Authorization",
    "WWW-Authenticate",
    "Proxy-Authenticate",
    "Content-Length",
    "Content-Type",
    "Content-Encoding",
    "Transfer-Encoding",
    "Connection",
    "Upgrade",
    "Host",
    "Server",
    "Date",
    "Location",
    "Cookie",
    "Set-Cookie",
    "Referer",
    "Accept",
    "Accept-Encoding",
    "Accept-Language",
    "User-Agent",
    "Expect",
    "Origin",
    "Cache-Control",
    "Keep-Alive",
    "CSeq",
    "Via",
    "From",
    "To",
    "Call-ID",
    "Contact",
    "Max-Forwards",
    "Session",
    "Transport",
    "X-API-Key",
    "X-Auth-Token",
    "X-Auth-Key",
    "X-Auth-User",
    "X-WSSE",
});

bool is_listed(std::string_view word, std::span<const std::string_view> list) noexcept {
  return std::any_of(list.begin(), list.end(),
                     [word](std::string_view one) { return equals_nocase(word, one); });
}

bool is_mechanism(std::string_view word) {
  return audit::Mechanism::from_wire(word).text() != "unlisted";
}

bool speaks_in_lines(Protocol protocol) noexcept {
  switch (protocol) {
    case Protocol::kPop3:
    case Protocol::kImap:
    case Protocol::kSmtp:
    case Protocol::kFtp:
    case Protocol::kHttp:
    case Protocol::kRtsp:
    case Protocol::kSip:
    case Protocol::kNntp:
    case Protocol::kIrc:
      return true;
    default:
      return false;
  }
}

class Allowed {
 public:
  explicit Allowed(Bytes payload) : text_(audit::as_text(payload)), stays_(payload.size(), false) {}

  void lines() {
    std::size_t at = 0;
    while (at < text_.size()) {
      const std::size_t end = std::min(text_.find('\n', at), text_.size());
      std::size_t stop = end;
      while (stop > at && text_[stop - 1] == '\r') --stop;
      line(at, stop);
      keep(stop, std::min(end + 1, text_.size()));
      at = end + 1;
    }
  }

  // RFC 8446 section 5.1 and 4: whole records of the handshake, up to where it encrypts.
  void tls() {
    constexpr std::size_t kRecordHead = 5;
    std::size_t at = 0;
    while (at + kRecordHead < text_.size()) {
      const auto* const record = reinterpret_cast<const std::uint8_t*>(text_.data()) + at;
      const std::uint8_t type = record[0];
      if (type < 20 || type > 23 || record[1] != 3 || record[2] > 4) return;
      const std::size_t end = at + kRecordHead + audit::load_be16(record + 3);
      keep(at, at + kRecordHead);
      const std::uint8_t message = record[kRecordHead];
      // ClientHello, ServerHello, Certificate. An encrypted message may begin with any byte: its
      // length, of three bytes, would then be a wild one.
      const bool told = type == 22 && (message == 1 || message == 2 || message == 11) &&
                        at + kRecordHead + 4 <= text_.size() && record[kRecordHead + 1] == 0;
      if (told) keep(at, std::min(end, text_.size()));
      at = end;
    }
  }

  std::vector<bool> take() { return std::move(stays_); }

 private:
  void keep(std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) stays_[i] = true;
  }

  void line(std::size_t from, std::size_t to) {
    const std::string_view whole = text_.substr(from, to - from);
    if (field(from, whole)) return;
    length_of_literal(from, whole);
    std::size_t at = 0;
    // A tag of IMAP's, or a prefix of IRC's, is anybody's word: only what follows may stay.
    for (int word = 0; word < 3 && at < whole.size(); ++word) {
      const std::size_t blank = std::min(whole.find_first_of(" \t", at), whole.size());
      const std::string_view said = whole.substr(at, blank - at);
      if (at == 0 && audit::reply_code(said) != 0 && (said.size() == 3 || said[3] == '-')) {
        keep(from, from + 3);
        at = std::min<std::size_t>(4, whole.size());
        continue;
      }
      const bool stays = is_listed(said, kWords) || (word > 0 && is_mechanism(said));
      if (!stays && word > 0) break;
      if (stays) keep(from + at, from + std::min(blank + 1, whole.size()));
      at = blank + 1;
    }
    const std::size_t last = whole.rfind(' ');
    if (last != std::string_view::npos && is_listed(whole.substr(last + 1), kWords) &&
        whole.substr(last + 1).find('/') != std::string_view::npos) {
      keep(from + last, to);  // the version behind a request's target
    }
  }

  // "Authorization: Basic XXXX", "Content-Length: 27".
  bool field(std::size_t from, std::string_view whole) {
    const std::size_t colon = whole.find(':');
    if (colon == std::string_view::npos || !is_listed(whole.substr(0, colon), kFields))
      return false;
    keep(from, from + colon + 1);
    const std::size_t value = std::min(whole.find_first_not_of(" \t", colon + 1), whole.size());
    keep(from + colon + 1, from + value);
    std::string_view rest = whole.substr(value);
    const std::string_view word = rest.substr(0, rest.find(' '));
    const bool length = equals_nocase(whole.substr(0, colon), "Content-Length");
    const bool number = std::all_of(word.begin(), word.end(), is_digit);
    const bool scheme = word.size() < rest.size() && is_mechanism(word);
    if ((length && number) || scheme) keep(from + value, from + value + word.size());
    return true;
  }

  // RFC 9051 section 9, "literal": {12} at the end of a line.
  void length_of_literal(std::size_t from, std::string_view whole) {
    if (!whole.ends_with('}')) return;
    const std::size_t open = whole.rfind('{');
    if (open == std::string_view::npos || whole.size() - open > 12) return;
    const std::string_view inside = whole.substr(open + 1, whole.size() - open - 2);
    const bool number = !inside.empty() && std::all_of(inside.begin(), inside.end(), [](char c) {
      return is_digit(c) || c == '+';
    });
    if (number) keep(from + open, from + whole.size());
  }

  std::string_view text_;
  std::vector<bool> stays_;
};

}  // namespace

std::vector<bool> harmless_bytes(std::span<const std::uint8_t> payload, Protocol protocol) {
  Allowed allowed(payload);
  if (speaks_in_lines(protocol)) allowed.lines();
  allowed.tls();
  return allowed.take();
}

}  // namespace capstan::tools
