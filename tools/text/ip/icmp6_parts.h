// Parts of ICMPv6 messages; the large ones have a file of their own.
#pragma once

#include "tools/text/printer.h"

namespace capstan::text {

// icmp6_options.cc: Neighbor Discovery options, to the end of `in`.
void print_nd_options(Printer& p, Input in);

// icmp6_mld.cc: each function takes the complete ICMPv6 message.
void print_mld1(Printer& p, Input in);
void print_mld2_query(Printer& p, Input in);
void print_mld2_report(Printer& p, Input in);

// icmp6_node.cc: RFC 2894, RFC 4620, RFC 6550.
void print_router_renumbering(Printer& p, Input in, std::uint8_t code);
void print_node_information(Printer& p, Input in, bool query);
void print_rpl(Printer& p, Input in, std::uint8_t code);

}  // namespace capstan::text
