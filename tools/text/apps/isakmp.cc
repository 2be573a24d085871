// ISAKMP and IKE (RFC 2408, RFC 7296): the head of each message. Payloads are not taken apart.
#include "tools/text/fields.h"
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

constexpr std::size_t kHeaderBytes = 28;
constexpr Token kExchanges[] = {
    {0, "none"},        {1, "base"},        {2, "ident"},         {3, "auth"},
    {4, "agg"},         {5, "inf"},         {32, "oakley-quick"}, {33, "oakley-newgroup"},
    {34, "ikev2_init"}, {35, "ikev2_auth"}, {36, "child_sa"},     {37, "inf2"}};
constexpr Token kPayloads[] = {{1, "sa"},   {2, "p"},  {3, "t"},    {4, "ke"},  {5, "id"},
                               {6, "cert"}, {7, "cr"}, {8, "hash"}, {9, "sig"}, {10, "nonce"},
                               {11, "n"},   {12, "d"}, {13, "vid"}};

// The initiator of an exchange is told by its first message, whose responder cookie is 0; of a
// later message alone it cannot be said.
void put_version_1(Printer& p, const Input& in) {
  const std::uint8_t flags = in.u8(19);
  p.out.put(" phase ").put(in.be32(20) == 0 ? "1" : "2/others");
  p.out.put(in.be64(8) == 0 ? " I " : " ? ");
  p.token(kExchanges, in.u8(18), "#");
  if ((flags & 3U) == 0) return;
  p.out.put('[').put((flags & 1U) != 0 ? "E" : "").put((flags & 2U) != 0 ? "C" : "").put(']');
}

void put_version_2(Printer& p, const Input& in) {
  const std::uint8_t flags = in.u8(19);
  p.out.put(in.be32(20) == 0 ? " parent_sa " : " child_sa  ");
  p.token(kExchanges, in.u8(18), "#");
  if ((flags & 0x38U) == 0) return;
  p.out.put('[').put((flags & 0x08U) != 0 ? "I" : "").put((flags & 0x10U) != 0 ? "V" : "");
  p.out.put((flags & 0x20U) != 0 ? "R" : "").put(']');
}

}  // namespace

void print_isakmp(Printer& p, Input in) {
  p.set_protocol("isakmp");
  if (!in.need(0, kHeaderBytes)) return;
  const unsigned major = in.u8(17) >> 4;
  p.out.put("isakmp");
  if (p.verbose()) {
    p.out.put(' ').dec(major).put('.').dec(in.u8(17) & 15U).put(" msgid ").hex(in.be32(20), 8);
  }
  p.out.put(':');
  if (major == 1) put_version_1(p, in);
  if (major == 2) put_version_2(p, in);
  if (!p.verbose() || (major != 1 && major != 2)) return;
  p.out.put(':');
  if (major == 1 && (in.u8(19) & 1U) != 0) {
    p.out.put(" [encrypted ");
    p.token(kPayloads, in.u8(16), "pay").put(']');
  }
  if (in.be32(24) != in.length()) {
    p.out.put(" (len mismatch: isakmp ").dec(in.be32(24)).put("/ip ").dec(in.length()).put(')');
  }
}

void print_isakmp_in_udp(Printer& p, Input in) {
  p.set_protocol("isakmp_rfc3948");
  if (in.length() == 1 && in.u8(0) == 0xff) {
    p.out.put("isakmp-nat-keep-alive");
    return;
  }
  if (in.length() < 4 || !in.need(0, 4)) return p.truncate();
  if (in.be32(0) == 0) {
    p.out.put("NONESP-encap: ");
    print_isakmp(p, in.from(4));
  } else {
    p.out.put("UDP-encap: ");
    print_esp(p, in);
  }
}

}  // namespace capstan::text
