// EAP over LAN (IEEE 802.1X) and EAP itself (RFC 3748).
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

constexpr Token kFrames[] = {{0, "EAP packet"},
                             {1, "EAPOL start"},
                             {2, "EAPOL logoff"},
                             {3, "EAPOL key"},
                             {4, "Encapsulated ASF alert"}};
constexpr Token kCodes[] = {{1, "Request"}, {2, "Response"}, {3, "Success"}, {4, "Failure"}};
constexpr Token kTypes[] = {{0, "unset"},         {1, "Identity"},      {2, "Notification"},
                            {3, "Nak"},           {4, "MD5-challenge"}, {5, "OTP"},
                            {6, "GTC"},           {13, "TLS"},          {18, "SIM"},
                            {21, "TTLS"},         {23, "AKA"},          {43, "FAST"},
                            {38, "TNC"},          {52, "GPSK"},         {254, "Expanded type"},
                            {255, "Experimental"}};

// Type and what is readable of it.
void put_type(Printer& p, const Input& in, std::size_t size) {
  const std::uint8_t type = in.u8(4);
  const char* name = find_token(kTypes, type);
  p.out.put("\n\t\t Type ").put(name != nullptr ? name : "unknown").put(" (").dec(type).put(')');
  switch (type) {
    case 1:
      if (size > 5) {
        p.out.put(", Identity: ");
        p.safe_text(in.from(5), size - 5);
      }
      break;
    case 2:
      if (size > 5) {
        p.out.put(", Notification: ");
        p.safe_text(in.from(5), size - 5);
      }
      break;
    case 3:
      if (size > 5) {
        p.out.put(", Nak: ");
        for (std::size_t i = 5; i < size && !p.truncated(); ++i) {
          const std::uint8_t wanted = in.u8(i);
          const char* known = find_token(kTypes, wanted);
          p.out.put(known != nullptr ? known : "unknown").put(" (").dec(wanted).put("),");
        }
      }
      break;
    case 13:
    case 21:
      p.out.put(" flags [");
      p.out.put((in.u8(5) & 0x80) != 0 ? "Length included" : "none").put("] 0x");
      p.out.hex(in.u8(5), 2).put(',');
      if ((in.u8(5) & 0x80) != 0) p.out.put(" len ").dec(in.be32(6));
      break;
    default:
      break;
  }
}

void put_packet(Printer& p, const Input& in) {
  const std::uint8_t code = in.u8(0);
  const std::uint8_t id = in.u8(1);
  const std::size_t size = in.be16(2);
  const char* name = find_token(kCodes, code);
  p.out.put(", ").put(name != nullptr ? name : "unknown").put(" (").dec(code).put("), id ").dec(id);
  p.out.put(", len ").dec(size);
  if ((code == 1 || code == 2) && size > 4) put_type(p, in, size);
}

}  // namespace

void print_eap(Printer& p, Input in) {
  p.set_protocol("eap");
  if (in.length() < 4) {
    p.truncate();
    return;
  }
  if (!in.need(0, 4)) return;
  const std::uint8_t type = in.u8(1);
  const char* name = find_token(kFrames, type);
  p.out.put(name != nullptr ? name : "unknown").put(" (").dec(type).put(") v").dec(in.u8(0));
  p.out.put(", len ").dec(in.be16(2));
  if (!p.verbose() || type != 0) return;
  put_packet(p, in.from(4));
}

}  // namespace capstan::text
