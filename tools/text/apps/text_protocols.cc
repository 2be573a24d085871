// Protocols that are lines of text: HTTP (RFC 9112), SMTP, FTP, RTSP, SIP and whois show their
// first line, with -v every line until something is no text; syslog (RFC 3164) names its priority.
#include <algorithm>

#include "tools/text/fields.h"
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

constexpr std::string_view kHttpMethods[] = {"GET",
                                             "PUT",
                                             "COPY",
                                             "HEAD",
                                             "LOCK",
                                             "MOVE",
                                             "POLL",
                                             "POST",
                                             "BCOPY",
                                             "BMOVE",
                                             "MKCOL",
                                             "TRACE",
                                             "LABEL",
                                             "MERGE",
                                             "DELETE",
                                             "SEARCH",
                                             "UNLOCK",
                                             "REPORT",
                                             "UPDATE",
                                             "NOTIFY",
                                             "BDELETE",
                                             "CONNECT",
                                             "OPTIONS",
                                             "CHECKIN",
                                             "PROPFIND",
                                             "CHECKOUT",
                                             "CCM_POST",
                                             "SUBSCRIBE",
                                             "PROPPATCH",
                                             "BPROPFIND",
                                             "BPROPPATCH",
                                             "UNCHECKOUT",
                                             "MKACTIVITY",
                                             "MKWORKSPACE",
                                             "UNSUBSCRIBE",
                                             "RPC_CONNECT",
                                             "VERSION-CONTROL",
                                             "BASELINE-CONTROL"};
constexpr std::string_view kRtspMethods[] = {
    "DESCRIBE", "ANNOUNCE", "GET_PARAMETER", "OPTIONS",       "PAUSE",   "PLAY",
    "RECORD",   "REDIRECT", "SETUP",         "SET_PARAMETER", "TEARDOWN"};
constexpr std::string_view kSipMethods[] = {
    "ACK",   "BYE",   "CANCEL", "DO",       "INFO",   "INVITE",    "MESSAGE", "NOTIFY", "OPTIONS",
    "PRACK", "QAUTH", "REFER",  "REGISTER", "SPRACK", "SUBSCRIBE", "UPDATE",  "PUBLISH"};

constexpr std::size_t kMaxWord = 128;

constexpr bool is_printable(std::uint8_t c) { return c >= 0x20 && c < 0x7f; }
constexpr char to_upper(std::uint8_t c) {
  return static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
}

// A word and where the next one begins; `next` 0: there is no word.
struct Word {
  std::string_view text;
  std::size_t next = 0;
};

Word read_word(const Input& in, std::size_t at) {
  const std::size_t begin = at;
  const ByteReader bytes = in.bytes();
  for (; at < in.length(); ++at) {
    if (!bytes.has(at, 1)) return {};
    const std::uint8_t c = bytes.u8(at);
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') break;
    if (!is_printable(c) || at - begin >= kMaxWord) return {};
  }
  if (at == begin) return {};
  const std::string_view text(reinterpret_cast<const char*>(in.data()) + begin, at - begin);
  // A tab ends the search as anything unprintable does.
  while (at < in.length() && bytes.has(at, 1) && bytes.u8(at) == ' ') ++at;
  return {text, at};
}

bool is_one_of(std::string_view word, std::span<const std::string_view> methods) {
  return std::any_of(methods.begin(), methods.end(), [word](std::string_view method) {
    return std::equal(word.begin(), word.end(), method.begin(), method.end(),
                      [](char a, char b) { return to_upper(static_cast<std::uint8_t>(a)) == b; });
  });
}

bool is_status(std::string_view word) {
  return word.size() == 3 &&
         std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// "METHOD ..." or "PROTOCOL 200 ...".
bool begins_message(const Input& in, std::span<const std::string_view> methods) {
  const Word first = read_word(in, 0);
  if (first.next == 0) return false;
  if (is_one_of(first.text, methods)) return true;
  const Word second = read_word(in, first.next);
  return second.next != 0 && is_status(second.text);
}

// Puts the line that begins at `at`; gives where the next one begins, 0 when there is none. Nothing
// is put of a line with something in it that is no text.
std::size_t put_line(Printer& p, const Input& in, std::size_t at, std::string_view before) {
  const std::size_t begin = at;
  std::size_t next = 0;
  for (; at < in.length(); ++at) {
    const std::uint8_t c = in.u8(at);
    if (p.truncated()) return 0;
    if (c == '\n') {
      next = at + 1;
      break;
    }
    if (c == '\r') {
      if (at + 1 >= in.length() || in.u8(at + 1) != '\n' || p.truncated()) return 0;
      next = at + 2;
      break;
    }
    if (!is_printable(c) && c != '\t') return 0;
  }
  p.out.put(before);
  if (at > begin) {
    p.out.put(std::string_view(reinterpret_cast<const char*>(in.data()) + begin, at - begin));
  }
  // The line goes on in another segment.
  if (next == 0) p.put_truncated();
  return next;
}

void put_protocol_in_capitals(Printer& p) {
  for (const char* c = p.protocol(); *c != '\0'; ++c)
    p.out.put(to_upper(static_cast<std::uint8_t>(*c)));
}

void put_lines(Printer& p, const Input& in) {
  if (!p.verbose()) {
    put_line(p, in, 0, ": ");
    return;
  }
  p.out.put(", length: ").dec(in.length());
  std::size_t at = 0;
  while (at < in.length() && !p.truncated()) {
    at = put_line(p, in, at, "\n\t");
    if (at == 0) return;
  }
}

// Every packet is lines.
void print_plain_text(Printer& p, const Input& in, const char* protocol) {
  p.set_protocol(protocol);
  put_protocol_in_capitals(p);
  put_lines(p, in);
}

// Only a packet that begins a request or a response shows its lines.
void print_messages(Printer& p, const Input& in, const char* protocol,
                    std::span<const std::string_view> methods) {
  p.set_protocol(protocol);
  const bool begins = begins_message(in, methods);
  put_protocol_in_capitals(p);
  if (begins) put_lines(p, in);
}

constexpr Token kSeverities[] = {{0, "emergency"}, {1, "alert"},  {2, "critical"}, {3, "error"},
                                 {4, "warning"},   {5, "notice"}, {6, "info"},     {7, "debug"}};
constexpr Token kFacilities[] = {
    {0, "kernel"},    {1, "user"},    {2, "mail"},    {3, "daemon"},    {4, "auth"},
    {5, "syslog"},    {6, "lpr"},     {7, "news"},    {8, "uucp"},      {9, "cron"},
    {10, "authpriv"}, {11, "ftp"},    {12, "ntp"},    {13, "security"}, {14, "console"},
    {15, "cron"},     {16, "local0"}, {17, "local1"}, {18, "local2"},   {19, "local3"},
    {20, "local4"},   {21, "local5"}, {22, "local6"}, {23, "local7"}};

}  // namespace

void print_http(Printer& p, Input in) {
  p.out.put(": ");
  print_messages(p, in, "http", kHttpMethods);
}

void print_rtsp(Printer& p, Input in) {
  p.out.put(": ");
  print_messages(p, in, "rtsp", kRtspMethods);
}

void print_sip(Printer& p, Input in) { print_messages(p, in, "sip", kSipMethods); }

void print_smtp(Printer& p, Input in) {
  p.out.put(": ");
  print_plain_text(p, in, "smtp");
}

void print_ftp(Printer& p, Input in) {
  p.out.put(": ");
  print_plain_text(p, in, "ftp");
}

void print_whois(Printer& p, Input in) {
  p.out.put(": ");
  print_plain_text(p, in, "whois");
}

// RFC 4253 section 4.2: only the line with the version is text.
void print_ssh(Printer& p, Input in) {
  p.set_protocol("ssh");
  constexpr std::string_view kBegin = "SSH-";
  for (std::size_t i = 0; i < kBegin.size(); ++i) {
    if (in.u8(i) != static_cast<std::uint8_t>(kBegin[i])) return;
  }
  for (std::size_t at = kBegin.size(); at < in.length() && !p.truncated(); ++at) {
    const std::uint8_t c = in.u8(at);
    const bool at_end = c == '\n' || (c == '\r' && at + 1 < in.length() && in.u8(at + 1) == '\n');
    if (at_end && !p.truncated()) {
      p.out.put(": SSH: ");
      p.out.put(std::string_view(reinterpret_cast<const char*>(in.data()), at));
      return;
    }
    if (!is_printable(c)) return;
  }
}

void print_syslog(Printer& p, Input in) {
  p.set_protocol("syslog");
  constexpr std::size_t kMaxDigits = 3;
  std::size_t at = 1;
  unsigned priority = 0;
  bool valid = in.u8(0) == '<';
  if (valid) {
    for (; at <= kMaxDigits; ++at) {
      const std::uint8_t digit = in.u8(at);
      if (digit < '0' || digit > '9') break;
      priority = priority * 10 + (digit - '0');
    }
    valid = in.u8(at) == '>';
  }
  if (!valid) {
    p.put_invalid();
    return;
  }
  ++at;
  const unsigned facility = priority >> 3 & 0x7f;
  const unsigned severity = priority & 7;
  if (!p.verbose()) {
    p.out.put("SYSLOG ");
    p.token(kFacilities, facility, "unknown (", ")").put('.');
    p.token(kSeverities, severity, "unknown (", ")").put(", length: ").dec(in.length());
    return;
  }
  p.out.put("SYSLOG, length: ").dec(in.length()).put("\n\tFacility ");
  p.token(kFacilities, facility, "unknown (", ")").put(" (").dec(facility).put("), Severity ");
  p.token(kSeverities, severity, "unknown (", ")").put(" (").dec(severity).put(")\n\tMsg: ");
  for (std::size_t i = at; i < in.length() && !p.truncated(); ++i) p.safe_char(in.u8(i));
  if (p.options.verbosity > 1) put_data(p, in, 0, in.length(), "\n\t");
}

}  // namespace capstan::text
