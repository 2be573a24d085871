// PcapOutput: writes packets to a file, for `show -w`.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "engine/block/packet_view.h"
#include "engine/reader/loss_account.h"
#include "tools/common/packet_format.h"
#include "writers/recording/packet_file_writer.h"

namespace capstan::show {

// Like tcpdump -w, except that the suffix of the file decides: .pcapng, and compressed for .gz and
// .zst. Otherwise classic pcap: one link type, microseconds unless nanoseconds are requested. One
// thread.
class PcapOutput {
 public:
  // "-" is standard output. Throws UsageError for a terminal, std::system_error when the file
  // cannot be created.
  PcapOutput(std::string path, bool nanoseconds, std::uint32_t snaplen);

  // Throws UsageError for a packet with another link type than the first one, if the format can
  // hold only one.
  void put(const PacketView& packet);
  // Writes the head, also for a file without packets. Throws std::system_error.
  void begin(std::uint16_t link_type) { static_cast<void>(interface_of(link_type)); }
  // pcapng: statistics with these losses, as `info` reads them. Classic pcap has no place for them.
  void put_loss(const LossReport& loss);
  void flush() { writer_.flush(); }
  // No packet may be put afterwards.
  void finish() { writer_.finish(); }
  bool closed() const noexcept { return writer_.closed(); }
  std::uint64_t bytes() const noexcept { return writer_.bytes(); }
  // Packets with a time that the format cannot hold.
  std::uint64_t late() const noexcept { return late_; }

 private:
  std::uint32_t interface_of(std::uint16_t link_type);

  std::uint32_t snaplen_;
  PacketFileWriter writer_;
  std::map<std::uint16_t, std::uint32_t> interfaces_;  // by link type
  std::uint64_t late_ = 0;
};

// The format for `path`: that of its suffix, else classic pcap with the requested precision.
tools::PacketFileChoice show_file_choice(const std::string& path, bool nanoseconds);

}  // namespace capstan::show
