// BGP: functions shared by its printers.
#pragma once

#include "tools/text/printer.h"

namespace capstan::text {

// "AFI IPv4 (1), SAFI Unicast (1)"
void put_bgp_family(Printer& p, std::uint16_t family, std::uint8_t subfamily);
// The 8 bytes at `at` (RFC 4364 section 4.2): "65000:10 (= 0.0.0.10)".
void put_route_distinguisher(Printer& p, const Input& in, std::size_t at);
// An AS number; with -b (RFC 5396 asdot) a number above 65535 is printed as two: "1.10".
void put_as_number(Printer& p, std::uint32_t number);
// IPv4 prefixes, one per line. Returns false if one has an invalid length or is cut off.
bool put_bgp_prefixes(Printer& p, Input in);

// The path attributes of an UPDATE (RFC 4271 section 4.3), each on a line that begins with
// `indent`.
void print_bgp_attributes(Printer& p, Input in, std::string_view indent);
// The values of attributes 14 and 15 (RFC 4760), and of attribute 16 (RFC 4360).
void print_bgp_reach(Printer& p, const Input& in);
void print_bgp_unreach(Printer& p, const Input& in);
void print_bgp_extended_communities(Printer& p, const Input& in);

}  // namespace capstan::text
