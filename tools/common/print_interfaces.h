// What -D, -L, -J and -d of `capstan record` and `capstan show` print on standard output.
#pragma once

#include <cstdint>
#include <string>

namespace capstan::tools {

// -D: one line per interface, numbered as -i accepts them.
void print_interfaces();

// -L: the link type of interface `name` (or its number). Throws UnknownInterface, and what opening
// an interface throws.
void print_link_types(std::string name);

// -J: the kinds of timestamps that interface `name` can provide, by the names of pcap-tstamp(7).
// Throws UnknownInterface.
void print_time_stamp_types(std::string name);

// -d, -dd, -ddd (`form` 1, 2, 3): the compiled filter as assembler, as C, as numbers. It is the
// code for packets in memory; the kernel's code differs where VLAN tags are loaded (bpf_filter.h).
// Throws UsageError.
struct FilterToPrint {
  std::string text;
  std::uint16_t link_type = 1;
  std::uint32_t snaplen = 262144;
};
void print_filter(const FilterToPrint& filter, int form);

}  // namespace capstan::tools
