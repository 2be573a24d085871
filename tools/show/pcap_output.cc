#include "tools/show/pcap_output.h"

#include <vector>

#include "engine/core/clock.h"
#include "engine/reader/capture_file.h"
#include "writers/recording/pcap_format.h"
#include "writers/recording/pcapng_copy.h"

namespace capstan::show {

namespace {

PacketFileOptions file_options(std::string path, bool nanoseconds, std::uint32_t snaplen) {
  const tools::PacketFileChoice choice = show_file_choice(path, nanoseconds);
  PacketFileOptions options;
  options.path = std::move(path);
  options.format = choice.format;
  options.compression = choice.compression;
  options.snaplen = snaplen;
  options.application = "capstan show " CAPSTAN_VERSION;
  return options;
}

}  // namespace

tools::PacketFileChoice show_file_choice(const std::string& path, bool nanoseconds) {
  tools::PacketFileChoice choice = tools::choose_packet_format({}, path, PacketFileFormat::kPcap);
  if (nanoseconds && choice.format == PacketFileFormat::kPcap)
    choice.format = PacketFileFormat::kPcapNanoseconds;
  return choice;
}

PcapOutput::PcapOutput(std::string path, bool nanoseconds, std::uint32_t snaplen)
    : snaplen_(snaplen), writer_(file_options(std::move(path), nanoseconds, snaplen)) {}

std::uint32_t PcapOutput::interface_of(std::uint16_t link_type) {
  const auto known = interfaces_.find(link_type);
  if (known != interfaces_.end()) return known->second;
  FileInterface interface;
  interface.link_type = link_type;
  interface.snaplen = snaplen_;
  const std::vector<std::uint8_t> block = copied_interface(interface, {}, false, {});
  const std::uint32_t number = writer_.add_interface(link_type, block);
  interfaces_.emplace(link_type, number);
  return number;
}

void PcapOutput::put(const PacketView& packet) {
  const bool pcap = writer_.format() != PacketFileFormat::kPcapng;
  late_ += pcap && too_late_for_pcap(packet.timestamp_ns) ? 1 : 0;
  writer_.put(interface_of(packet.link_type), packet);
}

void PcapOutput::put_loss(const LossReport& loss) {
  if (writer_.format() != PacketFileFormat::kPcapng || writer_.interfaces() == 0) return;
  InterfaceStatistics statistics;
  statistics.timestamp_ns = wall_clock_ns();
  statistics.interface_dropped = loss.interface_dropped;
  statistics.os_dropped = loss.dropped + loss.missing;
  std::vector<std::uint8_t> block;
  append_statistics_block(block, statistics, 0);
  writer_.put_block(block);
}

}  // namespace capstan::show
