// The organizationally specific TLVs of LLDP.
#pragma once

#include "tools/text/printer.h"

namespace capstan::text {

// `value` begins with the OUI. Returns false when the OUI or TLV is not known.
bool print_lldp_organization(Printer& p, const Input& value, std::size_t size);

}  // namespace capstan::text
