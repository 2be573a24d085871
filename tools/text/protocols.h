// Every protocol printer, one line each, by the file that defines it. A printer gets the bytes of
// its own layer and puts its part of the line.
#pragma once

#include "tools/text/printer.h"

namespace capstan::text {

// link.cc
void print_ethernet(Printer& p, Input in);

// network.cc: what an Ethernet type (or its like in other link layers) carries. False: not known.
bool print_ethertype(Printer& p, std::uint16_t type, Input in);
// ip.cc: what an IP protocol number carries.
void print_ipv4(Printer& p, Input in);
void print_ipv6(Printer& p, Input in);

// udp.cc, tcp.cc
void print_udp(Printer& p, Input in);
void print_tcp(Printer& p, Input in);

}  // namespace capstan::text
