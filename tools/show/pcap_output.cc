#include "tools/show/pcap_output.h"

#include <fmt/format.h>

#include "engine/core/errors.h"
#include "engine/format/link_type.h"
#include "writers/recording/pcap_format.h"

namespace capstan::show {

namespace {

PacketFileOptions options_of(const std::string& path, bool nanoseconds, std::uint32_t snaplen) {
  PacketFileOptions options;
  options.path = path;
  options.format = nanoseconds ? PacketFileFormat::kPcapNanoseconds : PacketFileFormat::kPcap;
  options.snaplen = snaplen;
  return options;
}

}  // namespace

PcapOutput::PcapOutput(const std::string& path, bool nanoseconds, std::uint32_t snaplen)
    : path_(path), writer_(options_of(path, nanoseconds, snaplen)) {}

void PcapOutput::begin(std::uint16_t link_type) {
  if (link_type_ >= 0) return;
  link_type_ = link_type;
  writer_.add_interface(link_type, {});
}

void PcapOutput::put(const PacketView& packet) {
  begin(packet.link_type);
  if (packet.link_type != link_type_) {
    throw UsageError(fmt::format(
        "{}: a pcap file holds one link type, {}, and now comes {}; choose with a filter, or use "
        "'capstan record', which writes pcapng",
        path_, link_type_text(static_cast<std::uint16_t>(link_type_)),
        link_type_text(packet.link_type)));
  }
  late_ += too_late_for_pcap(packet.timestamp_ns) ? 1 : 0;
  writer_.put(0, packet);
}

}  // namespace capstan::show
