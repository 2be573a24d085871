// The classic pcap format: a file header, then records, each with a 16-byte head and a packet.
//
// Source: draft-ietf-opsawg-pcap (PCAP Capture File Format), and the variants that libpcap and
// Wireshark read: Kuznetzov's modified records and Ixia's lcap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "engine/block/packet_walk.h"
#include "engine/reader/byte_window.h"
#include "engine/reader/record_reader.h"

namespace capstan {

// The header of a pcap file.
struct PcapFileHead {
  bool byte_swapped = false;
  bool nanoseconds = false;
  std::uint16_t version_major = 0;
  std::uint16_t version_minor = 0;
  std::uint32_t snaplen = 0;
  std::uint16_t link_type = 0;
  std::uint8_t head_bytes = 24;         // offset of the first record
  std::uint8_t record_head_bytes = 16;  // bytes from the start of a record to its packet
  const char* variant = "";             // "" for the ordinary format

  // A packet that claims to be longer than this is damage.
  std::uint32_t caplen_limit() const noexcept;

  // The most bytes returned of a packet: like libpcap and all programs based on it, Capstan cuts a
  // packet that is longer than the header's snap length.
  std::uint32_t snaplen_limit() const noexcept;
};

inline constexpr std::size_t kPcapFileHeadBytes = 24;
inline constexpr std::size_t kPcapRecordHeadBytes = 16;

// nullopt when `bytes` do not begin with a pcap magic number or are fewer than a file header.
std::optional<PcapFileHead> parse_pcap_head(std::span<const std::uint8_t> bytes) noexcept;

// True when `bytes` begin with the magic number of a pcap file of any variant.
bool has_pcap_magic(std::span<const std::uint8_t> bytes) noexcept;

// The head of one record.
struct PcapRecordHead {
  std::uint32_t seconds = 0;
  std::uint32_t fraction = 0;  // microseconds or nanoseconds
  std::uint32_t caplen = 0;
  std::uint32_t wirelen = 0;
};

// Checks whether `record` can be the head of a record: kRunning if so, otherwise kBadLength; kZeros
// for a head of zeros, which is preallocated space if is_zero_run() is true too, and otherwise a
// packet without bytes.
WalkEnd check_pcap_record(const PcapFileHead& file, const PcapRecordHead& record) noexcept;

// This many zeros at the start of a record are preallocated space, which comes in whole pages.
// (Shorter runs occur in damaged files, where libpcap reads them as packets without bytes.)
inline constexpr std::size_t kZeroRunBytes = 512;

// True when `bytes` begin with kZeroRunBytes zeros.
bool is_zero_run(std::span<const std::uint8_t> bytes) noexcept;

// Decodes kPcapRecordHeadBytes bytes at `at`. Swaps caplen and wirelen back for the old versions
// that wrote them in the reverse order.
PcapRecordHead parse_pcap_record(const PcapFileHead& file, const std::uint8_t* at) noexcept;

// Requires that `window` starts with a header that parse_pcap_head() accepts.
std::unique_ptr<RecordReader> make_pcap_reader(ByteWindow window);

}  // namespace capstan
