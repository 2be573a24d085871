#include "tools/common/packet_format.h"

#include <fmt/format.h>

#include "engine/core/errors.h"

namespace capstan::tools {

PacketFileFormat parse_packet_format(const std::string& text) {
  if (text.empty() || text == "pcapng") return PacketFileFormat::kPcapng;
  if (text == "pcap") return PacketFileFormat::kPcap;
  if (text == "pcap-ns" || text == "nsecpcap") return PacketFileFormat::kPcapNanoseconds;
  throw UsageError(fmt::format("-F {}: a format is pcapng, pcap or pcap-ns", text));
}

}  // namespace capstan::tools
