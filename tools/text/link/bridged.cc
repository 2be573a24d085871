// Frames bridged by RFC 2684 over SNAP.
#include "tools/text/protocols.h"

namespace capstan::text {

bool print_bridged(Printer& p, std::uint16_t type, Input in) {
  constexpr std::uint16_t kEthernetWithFcs = 1;
  constexpr std::uint16_t kEthernet = 7;
  constexpr std::uint16_t kSpanningTree = 14;
  if (type == kSpanningTree) {
    print_stp(p, in);
    return true;
  }
  if (type != kEthernetWithFcs && type != kEthernet) return false;
  // Two bytes of padding bring the frame to an even place.
  print_ethernet(p, in.from(2), p.options.link_header);
  return true;
}

}  // namespace capstan::text
