// The names of link types, as tcpdump -L and Wireshark users know them.
#pragma once

#include <cstdint>
#include <string>

namespace capstan {

struct LinkTypeName {
  std::uint16_t link_type = 0;
  const char* name = nullptr;         // without the LINKTYPE_ prefix: "ETHERNET"
  const char* description = nullptr;  // "Ethernet"
};

// From https://www.tcpdump.org/linktypes.html; nullptr for a number not in the table.
const LinkTypeName* find_link_type(std::uint16_t link_type) noexcept;

// Some programs wrote the DLT number of their system where files have a LINKTYPE number. As libpcap
// does, the unambiguous ones are taken for what they mean: 11 is ATM_RFC1483, 12 is RAW.
std::uint16_t canonical_link_type(std::uint16_t link_type) noexcept;

// The description, or "link type 12345".
std::string link_type_text(std::uint16_t link_type);

}  // namespace capstan
