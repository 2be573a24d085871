// The options of an IPv4 header (RFC 791 section 3.1).
#pragma once

#include "tools/text/printer.h"

namespace capstan::text {

// Prints the list between the brackets of "options (...)". Returns false when an option is cut off
// or invalid.
bool print_ip4_options(Printer& p, Input in);

// Returns the last destination of a source route, for the checksums of higher layers; null without
// a source route.
const std::uint8_t* ip4_final_destination(ByteReader header) noexcept;

}  // namespace capstan::text
