// What -Q and -y say of a capture, as every command that captures understands them.
#pragma once

#include <string>

#include "engine/block/packet_view.h"
#include "engine/capture/capture.h"

namespace capstan::tools {

// -Q: in, out, inout; unknown stands for both. Throws UsageError.
Direction parse_direction(const std::string& text);

// -j, in tcpdump's names (pcap-tstamp(7)): whether the adapter's times are meant, of which the
// kernel gives one kind. Throws UsageError.
bool parse_time_stamp_type(const std::string& text);

// The direction as a part of the filter's text.
std::string with_direction(const std::string& filter, Direction direction);

// -y: throws UsageError when an interface has another link type than `name` (empty: any will do).
void check_link_types(const std::string& name, const Capture& capture);

}  // namespace capstan::tools
