#include "tools/common/packet_format.h"

#include <fmt/format.h>

#include <string_view>

#include "engine/core/errors.h"

namespace capstan::tools {

PacketFileFormat parse_packet_format(const std::string& text) {
  if (text.empty() || text == "pcapng") return PacketFileFormat::kPcapng;
  if (text == "pcap") return PacketFileFormat::kPcap;
  if (text == "pcap-ns" || text == "nsecpcap") return PacketFileFormat::kPcapNanoseconds;
  throw UsageError(fmt::format("-F {}: a format is pcapng, pcap or pcap-ns", text));
}

FileEnding file_ending(const std::string& path) {
  FileEnding ending;
  std::string_view name = path;
  const auto take = [&name](std::string_view end) {
    if (!name.ends_with(end)) return false;
    name.remove_suffix(end.size());
    return true;
  };
  if (take(".gz")) ending.compression = Compression::kGzip;
  if (ending.compression == Compression::kNone && take(".zst"))
    ending.compression = Compression::kZstd;
  if (take(".pcapng") || take(".ntar")) {
    ending.format = PacketFileFormat::kPcapng;
  } else if (take(".pcap") || take(".cap") || take(".dmp")) {
    ending.format = PacketFileFormat::kPcap;
  }
  return ending;
}

PacketFileChoice choose_packet_format(const std::string& flag, const std::string& path,
                                      PacketFileFormat otherwise) {
  const FileEnding ending = file_ending(path);
  PacketFileChoice choice;
  choice.compression = ending.compression;
  choice.format = flag.empty() ? ending.format.value_or(otherwise) : parse_packet_format(flag);
  return choice;
}

}  // namespace capstan::tools
