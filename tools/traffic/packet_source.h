// Reading packets one after another from a recording of any program.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engine/block/packet_view.h"

namespace capstan::traffic {

class PacketSource {
 public:
  virtual ~PacketSource() = default;

  // The next packet; borrowed until the next call. Empty at the end and where the file breaks off:
  // problem() then says which.
  virtual std::optional<PacketView> next() = 0;

  // What is wrong with the file, empty when it ended as it should.
  virtual const std::string& problem() const noexcept = 0;
};

// Opens a pcap or pcapng file (read by libpcap) or one of stenotype's block files, told apart by
// their first bytes. "-" is standard input, pcap and pcapng only. Throws UsageError when it cannot
// be read or is none of them.
std::unique_ptr<PacketSource> open_packet_source(const std::string& path);

// The two kinds, for open_packet_source() and the tests.
std::unique_ptr<PacketSource> open_pcap_source(const std::string& path);
std::unique_ptr<PacketSource> open_stenotype_source(const std::string& path);

// Whether a file of `size` bytes beginning with these 8 is one of stenotype's.
bool looks_like_stenotype(const std::uint8_t* first_bytes, std::uint64_t size) noexcept;

}  // namespace capstan::traffic
