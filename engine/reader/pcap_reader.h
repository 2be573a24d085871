// The classic pcap format: one file header, then records of a 16-byte head and the packet.
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

// The head of a pcap file.
struct PcapFileHead {
  bool byte_swapped = false;
  bool nanoseconds = false;
  std::uint16_t version_major = 0;
  std::uint16_t version_minor = 0;
  std::uint32_t snaplen = 0;
  std::uint16_t link_type = 0;
  std::uint8_t head_bytes = 24;         // where the first record begins
  std::uint8_t record_head_bytes = 16;  // from a record's first byte to its packet
  const char* variant = "";             // "" for the ordinary format

  // A packet claimed to be longer than this is damage.
  std::uint32_t caplen_limit() const noexcept;

  // Bytes of a packet that are handed out: libpcap and all that is built on it cut a packet that
  // contradicts the head's snap length, so Capstan does.
  std::uint32_t snaplen_limit() const noexcept;
};

inline constexpr std::size_t kPcapFileHeadBytes = 24;
inline constexpr std::size_t kPcapRecordHeadBytes = 16;

// nullopt when `bytes` do not begin with a pcap magic or are fewer than a file head.
std::optional<PcapFileHead> parse_pcap_head(std::span<const std::uint8_t> bytes) noexcept;

// True when `bytes` begin with the magic of a pcap file of any variant.
bool has_pcap_magic(std::span<const std::uint8_t> bytes) noexcept;

// One record's head.
struct PcapRecordHead {
  std::uint32_t seconds = 0;
  std::uint32_t fraction = 0;  // microseconds or nanoseconds
  std::uint32_t caplen = 0;
  std::uint32_t wirelen = 0;
};

// kRunning when `record` can be one; kBadLength; kZeros for a head of zeros, which is preallocated
// space when is_zero_run() says so too, and otherwise a packet of no bytes.
WalkEnd check_pcap_record(const PcapFileHead& file, const PcapRecordHead& record) noexcept;

// So many zeros from a record's start are no records: preallocated space comes in pages. (Fewer
// stand in damaged files that libpcap reads as packets of no bytes.)
inline constexpr std::size_t kZeroRunBytes = 512;

// True when `bytes` begin with kZeroRunBytes of zeros.
bool is_zero_run(std::span<const std::uint8_t> bytes) noexcept;

// Decodes kPcapRecordHeadBytes at `at`, with caplen and wirelen put right for the old versions that
// wrote them the other way round.
PcapRecordHead parse_pcap_record(const PcapFileHead& file, const std::uint8_t* at) noexcept;

// Requires that `window` starts with a head that parse_pcap_head() accepted.
std::unique_ptr<RecordReader> make_pcap_reader(ByteWindow window);

}  // namespace capstan
