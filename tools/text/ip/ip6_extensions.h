// The extension headers of IPv6 (RFC 8200 section 4, RFC 8754, RFC 6275).
#pragma once

#include "tools/text/printer.h"

namespace capstan::text {

// What was read from an extension header.
struct Extension {
  std::size_t bytes = 0;  // size of this header
  std::uint8_t next = 0;  // protocol number of the next header
  bool ends = false;      // nothing after it can be printed
};

// `jumbo_expected`: the payload length was 0, so the real one must be among the options (RFC 2675).
Extension print_ip6_hop_by_hop(Printer& p, Input in, bool jumbo_expected);
Extension print_ip6_destination_options(Printer& p, Input in);
Extension print_ip6_fragment(Printer& p, Input in);
// Stores the final destination in p.around.
Extension print_ip6_routing(Printer& p, Input in);
void print_ip6_mobility(Printer& p, Input in);

}  // namespace capstan::text
