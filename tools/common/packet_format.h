// Chooses the format of files that commands write packets to: from -F, else from the suffix of the
// name.
#pragma once

#include <optional>
#include <string>

#include "writers/recording/packet_file_writer.h"

namespace capstan::tools {

// Value of -F: "pcapng" (also the empty text), "pcap", "pcap-ns". Throws UsageError.
PacketFileFormat parse_packet_format(const std::string& text);

// What the suffixes of a name mean: "a.pcap.gz" is pcap compressed by gzip; ".cap" and ".dmp" are
// pcap.
struct FileEnding {
  std::optional<PacketFileFormat> format;  // empty: the name does not tell
  Compression compression = Compression::kNone;
};
FileEnding file_ending(const std::string& path);

struct PacketFileChoice {
  PacketFileFormat format = PacketFileFormat::kPcapng;
  Compression compression = Compression::kNone;
};
// `flag`: the value of -F, empty when not given. Without it the suffix of `path` decides, and where
// that does not tell, `otherwise` is used. Throws UsageError.
PacketFileChoice choose_packet_format(const std::string& flag, const std::string& path,
                                      PacketFileFormat otherwise = PacketFileFormat::kPcapng);

}  // namespace capstan::tools
