// The format of files that commands write packets to: -F, else what the name ends in.
#pragma once

#include <optional>
#include <string>

#include "writers/recording/packet_file_writer.h"

namespace capstan::tools {

// "pcapng" (and nothing), "pcap", "pcap-ns". Throws UsageError.
PacketFileFormat parse_packet_format(const std::string& text);

// What a name says of the file: "a.pcap.gz" is pcap in gzip, ".cap" and ".dmp" are pcap.
struct FileEnding {
  std::optional<PacketFileFormat> format;  // empty: it does not say
  Compression compression = Compression::kNone;
};
FileEnding file_ending(const std::string& path);

struct PacketFileChoice {
  PacketFileFormat format = PacketFileFormat::kPcapng;
  Compression compression = Compression::kNone;
};
// `flag`: what -F says, empty when it was not given. Then the ending of `path` decides, and where
// it does not, it is `otherwise`. Throws UsageError.
PacketFileChoice choose_packet_format(const std::string& flag, const std::string& path,
                                      PacketFileFormat otherwise = PacketFileFormat::kPcapng);

}  // namespace capstan::tools
