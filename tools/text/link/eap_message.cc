// EAP messages (RFC 3748) as RADIUS carries them (RFC 3579 section 3.1), a longer one in pieces.
#include "tools/text/link/eap_message.h"

namespace capstan::text {

namespace {

constexpr Token kCodes[] = {{1, "Request"}, {2, "Response"}, {3, "Success"}, {4, "Failure"}};
constexpr Token kTypes[] = {{0, "No proposed"},
                            {1, "Identity"},
                            {2, "Notification"},
                            {3, "Nak"},
                            {4, "MD5-challenge"},
                            {5, "OTP"},
                            {6, "GTC"},
                            {13, "TLS"},
                            {18, "SIM"},
                            {21, "TTLS"},
                            {23, "AKA"},
                            {43, "FAST"},
                            {254, "Expanded types"},
                            {255, "Experimental"}};
// EAP-TLS, EAP-TTLS and EAP-FAST (RFC 5216, 5281, 4851).
constexpr Token kTlsFlags[] = {{0x80, "L bit"}, {0x40, "More fragments bit"}, {0x20, "Start bit"}};
// EAP-SIM and EAP-AKA (RFC 4186, 4187).
constexpr Token kAkaSubtypes[] = {{1, "Challenge"},     {2, "Auth reject"}, {4, "Sync failure"},
                                  {5, "Identity"},      {10, "Start"},      {11, "Challenge"},
                                  {12, "Notification"}, {13, "Reauth"},     {14, "Client error"}};

const char* name_of(std::span<const Token> table, unsigned value) {
  const char* name = find_token(table, value);
  return name != nullptr ? name : "unknown";
}

void put_too_short(Printer& p, std::string_view what) {
  p.out.put(" (too short for EAP ").put(what).put(" request/response)");
}

// `tunnel`: the method's name where the flags hold its version.
void put_tls(Printer& p, const Input& in, std::string_view tunnel, std::string_view what) {
  if (in.length() < 6) return put_too_short(p, what);
  const unsigned flags = in.u8(5);
  if (!tunnel.empty()) p.out.put(' ').put(tunnel).put('v').dec(flags & 7);
  p.out.put(" flags [");
  p.bits(kTlsFlags, flags).put("] ").hex0x(flags, 2);
  if ((flags & 0x80) == 0) return;
  if (in.length() < 10) return put_too_short(p, what);
  p.out.put(", len ").dec(in.be32(6));
}

void put_type_data(Printer& p, const Input& in, unsigned type) {
  const std::size_t size = in.length();
  switch (type) {
    case 1:
      if (size <= 5) return;
      p.out.put(", Identity: ");
      p.safe_text(in.from(5), size - 5);
      return;
    case 2:
      if (size <= 5) return put_too_short(p, "Notification");
      p.out.put(", Notification: ");
      p.safe_text(in.from(5), size - 5);
      return;
    case 3:
      if (size <= 5) return put_too_short(p, "Legacy NAK");
      for (std::size_t at = 5; at < size && !p.truncated(); ++at) {
        p.out.put(at == 5 ? " " : ", ").put(name_of(kTypes, in.u8(at))).put(" (");
        p.out.dec(in.u8(at)).put(')');
      }
      return;
    case 13:
      return put_tls(p, in, "", "TLS/TTLS");
    case 21:
      return put_tls(p, in, "TTLS", "TLS/TTLS");
    case 43:
      return put_tls(p, in, "FAST", "FAST");
    case 18:
    case 23:
      if (size < 6) return put_too_short(p, "SIM/AKA");
      p.out.put(" subtype [").put(name_of(kAkaSubtypes, in.u8(5))).put("] ");
      p.out.hex0x(in.u8(5), 2);
      return;
    default:
      return;
  }
}

}  // namespace

void put_eap_message(Printer& p, const Input& in) {
  p.set_protocol("eap");
  if (!in.need(0, 4)) return;
  const unsigned code = in.u8(0);
  if (in.be16(2) != in.length()) {
    p.out.put("EAP fragment?");
    return;
  }
  p.out.put(name_of(kCodes, code)).put(" (").dec(code).put("), id ").dec(in.u8(1));
  p.out.put(", len ").dec(in.length());
  if (code != 1 && code != 2) return;
  if (in.length() <= 4) {
    p.out.put(" (too short for EAP request/response)");
    return;
  }
  if (!in.need(4, 1)) return;
  const unsigned type = in.u8(4);
  p.out.put("\n\t\t Type ").put(name_of(kTypes, type)).put(" (").dec(type).put(')');
  put_type_data(p, in, type);
}

}  // namespace capstan::text
