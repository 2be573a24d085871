// AH (RFC 4302), ESP (RFC 4303) and IPComp (RFC 3173): their headers; what is encrypted stays so.
#include "tools/text/ip/ip.h"
#include "tools/text/protocols.h"

namespace capstan::text {

void print_ah(Printer& p, Input in) {
  p.set_protocol("ah");
  if (!in.need(0, 12)) return;
  const std::uint8_t next = in.u8(0);
  const std::size_t check_bytes = std::size_t{in.u8(1)} * 4 < 4 ? 0 : std::size_t{in.u8(1)} * 4 - 4;
  p.out.put("AH(");
  if (p.verbose())
    p.out.put("length=").dec(in.u8(1)).put("(").dec((in.u8(1) + 2U) * 4).put("-bytes),");
  const std::uint16_t reserved = in.be16(2);
  if (reserved != 0) p.out.put("reserved[not MBZ],");
  p.out.put("spi=0x").hex(in.be32(4), 8).put(',');
  if (p.verbose()) p.out.put("sumlen=").dec(check_bytes).put(',');
  p.out.put("seq=0x").hex(in.be32(8)).put(",icv=0x");
  for (std::size_t i = 0; i < check_bytes && !p.truncated(); ++i) p.out.hex(in.u8(12 + i), 2);
  p.out.put("): ");
  if (p.truncated()) return;
  print_ip_payload(p, next, in.from((std::size_t{in.u8(1)} + 2) * 4));
}

void print_esp(Printer& p, Input in) {
  p.set_protocol("esp");
  if (!in.need(0, 8)) return;
  p.out.put("ESP(spi=0x").hex(in.be32(0), 8).put(",seq=0x").hex(in.be32(4)).put("), length ");
  p.out.dec(in.length());
}

void print_ipcomp(Printer& p, Input in) {
  p.set_protocol("ipcomp");
  p.out.put("IPComp(");
  if (!in.need(0, 4)) return;
  if (p.verbose() && in.u8(1) != 0) p.out.put("flags=0x").hex(in.u8(1)).put(',');
  p.out.put("cpi=0x").hex(in.be16(2), 4).put(')');
}

}  // namespace capstan::text
