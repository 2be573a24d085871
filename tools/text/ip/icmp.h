// Shared by the printers of ICMP: its multi-part extensions (RFC 4884).
#pragma once

#include "tools/text/printer.h"

namespace capstan::text {

// MPLS label stacks and interface information after the quoted packet. `in`: a complete ICMP
// message.
void print_icmp_extensions(Printer& p, Input in);

}  // namespace capstan::text
