// The parts of OSPF, each in a file of its own.
#pragma once

#include "tools/text/printer.h"

namespace capstan::text {

// In ospf2_lsa.cc. `in` begins at the header of an LSA; header and body are printed on lines of
// their own.
constexpr std::size_t kLsaHeaderBytes = 20;
// Returns the length field, or 0 when it is too small.
std::size_t print_ospf2_lsa_header(Printer& p, const Input& in);
// Prints the body after the header. `size`: bytes of the body.
void print_ospf2_lsa_body(Printer& p, const Input& lsa, std::size_t size);
void print_ospf2_options(Printer& p, std::uint8_t options);
const char* ospf2_lsa_name(std::uint32_t type) noexcept;
void print_ospf2_lsa_id(Printer& p, std::uint32_t type, const Input& id);

// ospf3.cc
void print_ospf3_body(Printer& p, Input in, std::uint8_t type, std::size_t size);

}  // namespace capstan::text
