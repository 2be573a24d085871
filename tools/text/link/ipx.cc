// Novell IPX.
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {
constexpr std::size_t kHeaderBytes = 30;

void put_address(Printer& p, const Input& in, std::size_t offset) {
  p.out.hex(in.be32(offset), 8).put('.').mac(in.at(offset + 4, 6));
  p.out.put('.').hex(in.be16(offset + 10), 4);
}
}  // namespace

void print_ipx(Printer& p, Input in) {
  p.set_protocol("ipx");
  if (!p.options.link_header) p.out.put("IPX ");
  put_address(p, in, 18);
  p.out.put(" > ");
  put_address(p, in, 6);
  p.out.put(": ");
  const std::size_t length = in.be16(2);
  if (length < kHeaderBytes) {
    p.out.put("[length ").dec(length).put(" < 30]");
    p.put_invalid();
    return;
  }
  if (length > in.length()) {
    p.out.put("[length ").dec(length).put(" > ").dec(in.length()).put(']');
    p.put_invalid();
    return;
  }
  p.out.put("ipx-#").hex(in.be16(28)).put(' ').dec(length - kHeaderBytes);
}

}  // namespace capstan::text
