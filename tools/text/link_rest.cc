#include "tools/text/protocols.h"

namespace capstan::text {

void print_stp(Printer& p, Input in) {
  p.set_protocol("stp");
  p.out.put("STP 802.1d, length ").dec(in.length());
}
void print_iso(Printer& p, Input in) {
  p.set_protocol("isoclns");
  p.out.put("OSI, length ").dec(in.length());
}
bool print_cisco_snap(Printer& p, std::uint16_t type, Input in) {
  static_cast<void>(p);
  static_cast<void>(in);
  return type == 0xffff;
}
bool print_bridged(Printer& p, std::uint16_t type, Input in) {
  if (type != 1 && type != 7) return false;
  print_ethernet(p, in, p.options.link_header);
  return true;
}

}  // namespace capstan::text
