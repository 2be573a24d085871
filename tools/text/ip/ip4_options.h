// The options of an IPv4 header (RFC 791 section 3.1).
#pragma once

#include "tools/text/printer.h"

namespace capstan::text {

// The list between the brackets of "options (...)". False when one is cut off or broken.
bool print_ip4_options(Printer& p, Input in);

// Where a source route leads in the end, for the checksums above it; null without one.
const std::uint8_t* ip4_final_destination(ByteReader header) noexcept;

}  // namespace capstan::text
