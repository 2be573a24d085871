// What the printers of ICMP share: its multi-part extensions (RFC 4884).
#pragma once

#include "tools/text/printer.h"

namespace capstan::text {

// MPLS label stacks and interface information behind the quoted packet of a whole ICMP message.
void print_icmp_extensions(Printer& p, Input in);

}  // namespace capstan::text
