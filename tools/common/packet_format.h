// -F of the commands that write packets.
#pragma once

#include <string>

#include "writers/recording/packet_file_writer.h"

namespace capstan::tools {

// "pcapng" (and nothing), "pcap", "pcap-ns". Throws UsageError.
PacketFileFormat parse_packet_format(const std::string& text);

}  // namespace capstan::tools
