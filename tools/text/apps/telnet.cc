// Telnet commands at the beginning of a segment (RFC 854, options by IANA); the text is left out.
#include "tools/text/fields.h"
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

constexpr std::uint8_t kCommandFollows = 255;  // IAC
constexpr std::uint8_t kFirstCommand = 236;
constexpr std::uint8_t kSubnegotiation = 250;
constexpr std::uint8_t kSubnegotiationEnd = 240;

constexpr std::string_view kCommands[] = {"EOF", "SUSP", "ABORT", "EOR", "SE",   "NOP", "DMARK",
                                          "BRK", "IP",   "AO",    "AYT", "EC",   "EL",  "GA",
                                          "SB",  "WILL", "WONT",  "DO",  "DONT", "IAC"};
constexpr std::string_view kOptions[] = {"BINARY",
                                         "ECHO",
                                         "RCP",
                                         "SUPPRESS GO AHEAD",
                                         "NAME",
                                         "STATUS",
                                         "TIMING MARK",
                                         "RCTE",
                                         "NAOL",
                                         "NAOP",
                                         "NAOCRD",
                                         "NAOHTS",
                                         "NAOHTD",
                                         "NAOFFD",
                                         "NAOVTS",
                                         "NAOVTD",
                                         "NAOLFD",
                                         "EXTEND ASCII",
                                         "LOGOUT",
                                         "BYTE MACRO",
                                         "DATA ENTRY TERMINAL",
                                         "SUPDUP",
                                         "SUPDUP OUTPUT",
                                         "SEND LOCATION",
                                         "TERMINAL TYPE",
                                         "END OF RECORD",
                                         "TACACS UID",
                                         "OUTPUT MARKING",
                                         "TTYLOC",
                                         "3270 REGIME",
                                         "X.3 PAD",
                                         "NAWS",
                                         "TSPEED",
                                         "LFLOW",
                                         "LINEMODE",
                                         "XDISPLOC",
                                         "OLD-ENVIRON",
                                         "AUTHENTICATION",
                                         "ENCRYPT",
                                         "NEW-ENVIRON"};
constexpr unsigned kAuthentication = 37;
constexpr unsigned kEncrypt = 38;

constexpr Token kPlainVerbs[] = {{0, "IS"}, {1, "SEND"}, {2, "INFO"}};
constexpr Token kAuthenticationVerbs[] = {{0, "IS"}, {1, "SEND"}, {2, "REPLY"}, {3, "NAME"}};
constexpr Token kAuthenticationTypes[] = {
    {0, "NULL"},    {1, "KERBEROS_V4"},   {2, "KERBEROS_V5"}, {3, "SPX"},   {4, "MINK"},
    {5, "SRP"},     {6, "RSA"},           {7, "SSL"},         {10, "LOKI"}, {11, "SSA"},
    {12, "KEA_SJ"}, {13, "KEA_SJ_INTEG"}, {14, "DSS"},        {15, "NTLM"}};
constexpr Token kEncryptVerbs[] = {{0, "IS"},          {1, "SUPPORT"},   {2, "REPLY"},
                                   {3, "START"},       {4, "END"},       {5, "REQUEST-START"},
                                   {6, "REQUEST-END"}, {7, "END_KEYID"}, {8, "DEC_KEYID"}};
constexpr Token kEncryptTypes[] = {
    {0, "NULL"},           {1, "DES_CFB64"},     {2, "DES_OFB64"},
    {3, "DES3_CFB64"},     {4, "DES3_OFB64"},    {6, "CAST5_40_CFB64"},
    {7, "CAST5_40_OFB64"}, {8, "CAST128_CFB64"}, {9, "CAST128_OFB64"}};

void put_code(Printer& p, std::span<const Token> table, unsigned code) {
  p.out.put(' ');
  if (const char* name = find_token(table, code)) {
    p.out.put(name);
  } else {
    put_alternate_hex(p, code);
  }
}

enum class Found { kCommand, kOther, kTruncated };
struct Command {
  Found found = Found::kOther;
  std::size_t size = 0;
  std::size_t content_end = 0;  // of a subnegotiation: where its IAC SE stands
};

// Where the subnegotiation ends whose content begins at `at`.
Found find_end(const Input& in, std::size_t at, std::size_t& end) {
  end = at;
  while (in.length() > end + 1) {
    if (!in.has(end, 2)) return Found::kTruncated;
    if (in.u8(end) == kCommandFollows && in.u8(end + 1) == kSubnegotiationEnd) break;
    ++end;
  }
  if (!in.has(end, 1)) return Found::kTruncated;
  return in.u8(end) == kCommandFollows ? Found::kCommand : Found::kOther;
}

Command measure(const Input& in) {
  if (in.length() < 2) return {};
  if (!in.has(1, 1)) return {Found::kTruncated};
  const std::uint8_t code = in.u8(1);
  if (code == kCommandFollows) return {Found::kCommand, 2};
  if (code < kFirstCommand) return {};
  if (code < kSubnegotiation) return {Found::kCommand, 2};
  if (in.length() < 3) return {};
  if (!in.has(2, 1)) return {Found::kTruncated};
  if (code != kSubnegotiation) return {Found::kCommand, 3};
  Command command{Found::kCommand, 3};
  command.found = find_end(in, 3, command.content_end);
  command.size = command.content_end + 2;
  return command;
}

void put_subnegotiation(Printer& p, const Input& in, unsigned option, std::size_t end) {
  std::size_t at = 3;
  if (at < end) {
    if (option == kAuthentication || option == kEncrypt) {
      const bool encrypt = option == kEncrypt;
      put_code(p, encrypt ? std::span(kEncryptVerbs) : std::span<const Token>(kAuthenticationVerbs),
               in.u8(at++));
      if (at < end) {
        put_code(p,
                 encrypt ? std::span(kEncryptTypes) : std::span<const Token>(kAuthenticationTypes),
                 in.u8(at++));
      }
    } else {
      put_code(p, kPlainVerbs, in.u8(at++));
    }
  }
  for (; at < end; ++at) {
    p.out.put(' ');
    put_alternate_hex(p, in.u8(at));
  }
  p.out.put(" SE");
}

void put_command(Printer& p, const Input& in, const Command& command) {
  const std::uint8_t code = in.u8(1);
  if (code == kCommandFollows) {
    p.out.put("IAC IAC");
    return;
  }
  p.out.put(kCommands[code - kFirstCommand]);
  if (command.size == 2) return;
  const unsigned option = in.u8(2);
  p.out.put(' ');
  if (option < std::size(kOptions)) {
    p.out.put(kOptions[option]);
  } else {
    put_alternate_hex(p, option);
  }
  if (code == kSubnegotiation) put_subnegotiation(p, in, option, command.content_end);
}

}  // namespace

void print_telnet(Printer& p, Input in) {
  p.set_protocol("telnet");
  bool first = true;
  if (!in.need(0, 1)) return;
  while (in.length() > 0 && in.u8(0) == kCommandFollows) {
    const Command command = measure(in);
    if (command.found == Found::kTruncated) return p.truncate();
    if (command.found != Found::kCommand) break;
    p.out.put(first ? " [telnet " : ", ");
    put_command(p, in, command);
    first = false;
    in = in.from(command.size);
    if (in.length() > 0 && !in.need(0, 1)) return;
  }
  if (!first) p.out.put(']');
}

}  // namespace capstan::text
