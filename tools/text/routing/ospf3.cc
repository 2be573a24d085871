// The messages of OSPFv3 (RFC 5340 appendix A).
#include "tools/text/routing/ospf.h"

namespace capstan::text {

namespace {

constexpr Token kOptions[] = {{0x01, "V6"},       {0x02, "External"}, {0x04, "Deprecated"},
                              {0x08, "NSSA"},     {0x10, "Router"},   {0x20, "Demand Circuit"},
                              {0x0100, "AF-bit"}, {0x0200, "LLS"}};
constexpr Token kFlags[] = {{4, "Init"}, {2, "More"}, {1, "Master"}};
constexpr Token kFunctions[] = {{1, "Router"},
                                {2, "Network"},
                                {3, "Inter-Area Prefix"},
                                {4, "Inter-Area Router"},
                                {5, "External"},
                                {6, "Deprecated"},
                                {7, "NSSA"},
                                {8, "Link"},
                                {9, "Intra-Area Prefix"}};
constexpr Token kScopes[] = {
    {0, "Link Local"}, {1, "Area Local"}, {2, "Domain Local"}, {3, "Reserved"}};
constexpr std::size_t kHeaderBytes = 20;

void put_lsa_kind(Printer& p, std::uint16_t type, const Input& id) {
  const char* name = find_token(kFunctions, type & 0x1fffU);
  const char* scope = find_token(kScopes, type >> 13 & 3U);
  p.out.put(name != nullptr ? name : "unknown").put(" LSA (").dec(type & 0x1fffU).put("), ");
  p.out.put(scope != nullptr ? scope : "unknown").put(" Scope, LSA-ID ");
  p.host4(id.at(0, 4));
}

void put_lsa_header(Printer& p, const Input& in) {
  if (!in.need(0, kHeaderBytes)) return;
  p.out.put("\n\t  Advertising Router ");
  p.host4(in.at(8, 4)).put(", seq 0x").hex(in.be32(12), 8).put(", age ").dec(in.be16(0));
  p.out.put("s, length ").dec(in.be16(18) < kHeaderBytes ? 0 : in.be16(18) - kHeaderBytes);
  p.out.put("\n\t    ");
  put_lsa_kind(p, in.be16(2), in.from(4));
}

void put_hello(Printer& p, const Input& in, std::size_t size) {
  p.out.put("\n\tOptions [");
  p.bits(kOptions, in.be24(5)).put(']');
  if (!in.need(0, 20)) return;
  p.out.put("\n\t  Hello Timer ").dec(in.be16(8)).put("s, Dead Timer ").dec(in.be16(10));
  p.out.put("s, Interface-ID ").ipv4(in.at(0, 4)).put(", Priority ").dec(in.u8(4));
  if (in.be32(12) != 0) {
    p.out.put("\n\t  Designated Router ");
    p.host4(in.at(12, 4));
  }
  if (in.be32(16) != 0) {
    p.out.put(", Backup Designated Router ");
    p.host4(in.at(16, 4));
  }
  if (p.options.verbosity <= 1) return;
  if (size > 20) p.out.put("\n\t  Neighbor List:");
  for (std::size_t at = 20; at < size && !p.truncated(); at += 4) {
    const std::uint8_t* neighbor = in.at(at, 4);
    p.out.put("\n\t    ");
    p.host4(neighbor);
  }
}

}  // namespace

void print_ospf3_body(Printer& p, Input in, std::uint8_t type, std::size_t size) {
  switch (type) {
    case 1:
      put_hello(p, in, size);
      break;
    case 2:
      p.out.put("\n\tOptions [");
      p.bits(kOptions, in.be24(1)).put("], DD Flags [");
      p.bits(kFlags, in.u8(7)).put("], MTU ").dec(in.be16(4)).put(", DD-Sequence 0x");
      p.out.hex(in.be32(8), 8);
      for (std::size_t at = 12; p.options.verbosity > 1 && at < size && !p.truncated();
           at += kHeaderBytes) {
        put_lsa_header(p, in.from(at));
      }
      break;
    case 3:
      for (std::size_t at = 0; p.options.verbosity > 1 && at < size && !p.truncated(); at += 12) {
        if (!in.need(at, 12)) return;
        p.out.put("\n\t  Advertising Router ");
        p.host4(in.at(at + 8, 4)).put("\n\t    ");
        put_lsa_kind(p, in.be16(at + 2), in.from(at + 4));
      }
      break;
    case 5:
      for (std::size_t at = 0; p.options.verbosity > 1 && at < size && !p.truncated();
           at += kHeaderBytes) {
        put_lsa_header(p, in.from(at));
      }
      break;
    case 4:
      if (p.options.verbosity > 1) {
        std::size_t at = 4;
        const std::uint32_t count = in.be32(0);
        for (std::uint32_t i = 0; i < count && !p.truncated(); ++i) {
          put_lsa_header(p, in.from(at));
          const std::size_t length = in.bytes().be16(at + 18);
          if (length < kHeaderBytes) return;
          at += length;
        }
      }
      break;
    default:
      break;
  }
}

}  // namespace capstan::text
