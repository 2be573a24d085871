// PcapOutput: packets to a classic pcap file, for `show -w`.
#pragma once

#include <cstdint>
#include <string>

#include "engine/block/packet_view.h"
#include "writers/recording/packet_file_writer.h"

namespace capstan::show {

// As tcpdump -w: one link type, microseconds unless asked for nanoseconds.
class PcapOutput {
 public:
  // "-" is standard output. Throws UsageError for a terminal, std::system_error when the file
  // cannot be made.
  PcapOutput(const std::string& path, bool nanoseconds, std::uint32_t snaplen);

  // Throws UsageError for a packet of another link type than the first one's, std::system_error
  // when writing fails.
  void put(const PacketView& packet);
  // Writes the head of an empty file too. Throws as put().
  void begin(std::uint16_t link_type);
  void flush() { writer_.flush(); }
  bool closed() const noexcept { return writer_.closed(); }
  // Packets with a time that the format does not have.
  std::uint64_t late() const noexcept { return late_; }

 private:
  std::string path_;
  PacketFileWriter writer_;
  int link_type_ = -1;
  std::uint64_t late_ = 0;
};

}  // namespace capstan::show
