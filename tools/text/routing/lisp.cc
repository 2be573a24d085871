// LISP's control messages (RFC 9301): Map-Register and Map-Notify.
#include "tools/text/fields.h"
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

constexpr unsigned kRegister = 3;
constexpr unsigned kNotify = 4;
constexpr std::size_t kHeaderBytes = 16;
constexpr std::uint32_t kHasId = 0x02000000;
constexpr Token kRegisterFlags[] = {{0x08000000, "P-Proxy-Map-Reply"},
                                    {0x04000000, "S-LISP-SEC-Capable"},
                                    {kHasId, "I-xTR-ID-Present"},
                                    {0x01000000, "R-Build-For-RTR"},
                                    {0x00000100, "M-Want-Map-Notify"}};
constexpr Token kAuthentications[] = {{0, "None"}, {1, "SHA1"}, {2, "SHA256"}};
constexpr Token kActions[] = {
    {0, "No-Action"}, {1, "Natively-Forward"}, {2, "Send-Map-Request"}, {3, "Drop"}};
constexpr Token kLocatorFlags[] = {{4, "Local-Locator"}, {2, "RLoc-Probed"}, {1, "Reachable"}};

// An address behind its family. Gives the bytes of both; 0 for a family that is not IP.
std::size_t put_address(Printer& p, std::string_view label, const Input& in) {
  const std::uint16_t family = in.be16(0);
  if (p.truncated() || (family != 1 && family != 2)) return 0;
  const std::size_t bytes = family == 1 ? 4 : 16;
  if (!in.need(2, bytes)) return 0;
  p.out.put(label);
  if (family == 1) p.out.ipv4(in.at(2, 4));
  if (family == 2) p.out.ipv6(in.at(2, 16));
  return 2 + bytes;
}

// Section 5.4: priorities and weights, flags, an address. Gives its bytes, 0 at the end.
std::size_t put_locator(Printer& p, const Input& in) {
  const std::size_t used = put_address(p, p.verbose() ? "\n        LOC " : " LOC ", in.from(6));
  if (used == 0 || p.truncated()) return 0;
  if (p.verbose()) {
    p.out.put("\n          Priority/Weight ").dec(in.u8(0)).put('/').dec(in.u8(1));
    p.out.put(", Multicast Priority/Weight ").dec(in.u8(2)).put('/').dec(in.u8(3));
    p.out.put(", flags [");
    p.bits(kLocatorFlags, in.be16(4)).put("],");
  }
  return 6 + used;
}

// Gives the bytes of the record, 0 when nothing behind it can be printed.
std::size_t put_record(Printer& p, const Input& in) {
  constexpr std::size_t kFixedBytes = 10;
  if (!in.need(0, kFixedBytes)) return 0;
  const unsigned locators = in.u8(4);
  const std::uint16_t flags = in.be16(6);
  p.out.put('\n');
  if (p.verbose()) {
    p.out.put("      Record TTL ").dec(in.be32(0));
    p.out.put((flags & 0x1000U) != 0 ? ", Authoritative, " : ", Non-Authoritative, ");
    put_name(p, kActions, flags >> 13, "unknown").put(", Map Version: ");
    p.out.dec(in.be16(8) & 0x0fffU).put(',');
  }
  const std::size_t used = put_address(p, " EID ", in.from(kFixedBytes));
  if (used == 0 || p.truncated()) return 0;
  p.out.put('/').dec(in.u8(5)).put(", ").dec(locators).put(" locator(s)");
  if (locators == 0) {
    p.put_invalid();
    return 0;
  }
  std::size_t at = kFixedBytes + used;
  for (unsigned i = 0; i < locators; ++i) {
    const std::size_t bytes = put_locator(p, in.from(at));
    if (bytes == 0) return 0;
    at += bytes;
  }
  return at;
}

}  // namespace

void print_lisp(Printer& p, Input in) {
  p.set_protocol("lisp");
  const std::uint32_t head = in.be32(0);
  const unsigned type = head >> 28;
  if ((type != kRegister && type != kNotify) || !in.need(0, kHeaderBytes)) return p.truncate();
  const unsigned records = head & 0xffU;
  const std::size_t proof_bytes = in.be16(14);
  p.out.put(type == kRegister ? "LISP-Map-Register, " : "LISP-Map-Notify, ");
  if (p.verbose()) {
    p.out.put("flags [");
    p.bits(kRegisterFlags, type == kRegister ? head : 0).put("],\n    ");
  }
  p.out.dec(records).put(" record(s), ");
  if (p.verbose()) {
    p.out.put("Authentication ");
    put_name(p, kAuthentications, in.be16(12), "unknown-type").put(',');
    p.hex_data(in.from(kHeaderBytes), "\n    Authentication-Data: ", proof_bytes);
  } else {
    p.out.rewind(p.out.size() - 1);  // nothing stands behind the comma
  }
  if (records == 0) {
    p.put_invalid();
    return;
  }
  Input rest = in.from(kHeaderBytes + proof_bytes);
  for (unsigned i = 0; i < records; ++i) {
    const std::size_t bytes = put_record(p, rest);
    if (bytes == 0 || p.truncated()) return;
    rest = rest.from(bytes);
  }
  if (type == kRegister && (head & kHasId) != 0) {
    p.hex_data(rest, "\n    xTR-ID: ", 16);
    p.out.put("\n    SITE-ID: ").dec(rest.be64(16));
  }
}

}  // namespace capstan::text
