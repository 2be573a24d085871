// The meaning of -Q, -j and -y, the same for every command that captures.
#pragma once

#include <string>

#include "engine/block/packet_view.h"
#include "engine/capture/capture.h"

namespace capstan::tools {

// Value of -Q: in, out, inout; kUnknown stands for both directions. Throws UsageError.
Direction parse_direction(const std::string& text);

// Value of -j, one of tcpdump's names (pcap-tstamp(7)). Returns true for the adapter's timestamps;
// the kernel offers only one kind of them. Throws UsageError.
bool parse_time_stamp_type(const std::string& text);

// Returns the filter text with the direction added as a condition.
std::string with_direction(const std::string& filter, Direction direction);

// Checks -y: throws UsageError when an interface has another link type than `name` (empty: any link
// type is accepted).
void check_link_types(const std::string& name, const Capture& capture);

}  // namespace capstan::tools
