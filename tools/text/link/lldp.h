// Organization specific TLVs of LLDP.
#pragma once

#include "tools/text/printer.h"

namespace capstan::text {

// `value` begins with the OUI. False when nothing is known of it.
bool print_lldp_organization(Printer& p, const Input& value, std::size_t size);

}  // namespace capstan::text
