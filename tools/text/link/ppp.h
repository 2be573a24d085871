// The parts of PPP, for its printers.
#pragma once

#include "tools/text/printer.h"

namespace capstan::text {

const char* ppp_protocol_name(std::uint16_t protocol) noexcept;  // null: unknown
void print_ppp_payload(Printer& p, std::uint16_t protocol, Input in);
// ppp_control.cc: LCP, IPCP and similar protocols.
void print_ppp_control(Printer& p, std::uint16_t protocol, Input in);

}  // namespace capstan::text
