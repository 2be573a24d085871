#include "tools/show/pcap_output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "engine/core/errors.h"
#include "engine/format/link_type.h"
#include "writers/recording/packet_file_writer.h"
#include "writers/recording/pcap_format.h"

namespace capstan::show {

namespace {

template <typename Value>
std::string_view bytes_of(const Value& value) {
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

}  // namespace

PcapOutput::PcapOutput(std::string path, bool nanoseconds, std::uint32_t snaplen)
    : path_(std::move(path)),
      nanoseconds_(nanoseconds),
      snaplen_(snaplen),
      fd_(open_packet_output(path_)),
      stream_(fd_.get()) {}

void PcapOutput::begin(std::uint16_t link_type) {
  if (link_type_ >= 0) return;
  link_type_ = link_type;
  stream_.put(bytes_of(make_pcap_file_header(nanoseconds_, snaplen_, link_type)));
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
  stream_.put(bytes_of(
      make_pcap_record_header(packet.timestamp_ns, packet.caplen, packet.wirelen, nanoseconds_)));
  stream_.put({reinterpret_cast<const char*>(packet.data), packet.caplen});
}

}  // namespace capstan::show
