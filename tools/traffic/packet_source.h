// Reads the packets of a recording of any program, one after the other.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engine/block/packet_view.h"

namespace capstan::traffic {

class PacketSource {
 public:
  virtual ~PacketSource() = default;

  // Returns the next packet, borrowed until the next call. Empty at the end and where the file
  // breaks off; problem() then tells which.
  virtual std::optional<PacketView> next() = 0;

  // What is wrong with the file; empty when it ended normally.
  virtual const std::string& problem() const noexcept = 0;
};

// Opens a pcap or pcapng file (read by libpcap) or a block file of stenotype, distinguished by the
// first bytes. "-" is standard input, for pcap and pcapng only. Throws UsageError when it cannot be
// read or has another format.
std::unique_ptr<PacketSource> open_packet_source(const std::string& path);

// The two implementations, for open_packet_source() and the tests.
std::unique_ptr<PacketSource> open_pcap_source(const std::string& path);
std::unique_ptr<PacketSource> open_stenotype_source(const std::string& path);

// Whether a file of `size` bytes that begins with these 8 bytes is a block file of stenotype.
bool looks_like_stenotype(const std::uint8_t* first_bytes, std::uint64_t size) noexcept;

}  // namespace capstan::traffic
