// PIM's encoded addresses (RFC 7761 section 4.9.1) and its larger messages.
#pragma once

#include "tools/text/printer.h"

namespace capstan::text {

enum class PimAddress { kUnicast, kGroup, kSource };

// Prints one address. Returns its size in bytes; 0 when it is invalid or cut off.
std::size_t print_pim_address(Printer& p, const Input& in, PimAddress kind);

// For the bytes after the 4 bytes of the PIM header.
void print_pim_bootstrap(Printer& p, Input in);
void print_pim_candidate(Printer& p, Input in);

}  // namespace capstan::text
