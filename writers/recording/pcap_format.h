// Classic pcap encoders: the file header and the record header. Pure.
//
// Source: draft-ietf-opsawg-pcap, sections 4 and 5.
#pragma once

#include <cstdint>

namespace capstan {

struct PcapFileHeader {
  std::uint32_t magic;  // 0xA1B2C3D4: microseconds, 0xA1B23C4D: nanoseconds; native byte order
  std::uint16_t major = 2;
  std::uint16_t minor = 4;
  std::uint32_t reserved1 = 0;
  std::uint32_t reserved2 = 0;
  std::uint32_t snaplen;
  std::uint32_t link_type;
};
static_assert(sizeof(PcapFileHeader) == 24);

struct PcapRecordHeader {
  std::uint32_t seconds;
  std::uint32_t fraction;  // microseconds or nanoseconds
  std::uint32_t caplen;
  std::uint32_t wirelen;
};
static_assert(sizeof(PcapRecordHeader) == 16);

inline constexpr std::uint32_t kPcapMagicMicroseconds = 0xA1B2C3D4;
inline constexpr std::uint32_t kPcapMagicNanoseconds = 0xA1B23C4D;

constexpr PcapFileHeader make_pcap_file_header(bool nanoseconds, std::uint32_t snaplen,
                                               std::uint16_t link_type) noexcept {
  return {
      nanoseconds ? kPcapMagicNanoseconds : kPcapMagicMicroseconds, 2, 4, 0, 0, snaplen, link_type};
}

// Whether `timestamp_ns` is too late for the format: its seconds are 32 bits unsigned and end on
// 2106-02-07 at 06:28:15 UTC.
constexpr bool too_late_for_pcap(std::uint64_t timestamp_ns) noexcept {
  return timestamp_ns / 1'000'000'000 > 0xFFFF'FFFF;
}

// A timestamp that is too late becomes the last possible one, so that the order stays right.
constexpr PcapRecordHeader make_pcap_record_header(std::uint64_t timestamp_ns, std::uint32_t caplen,
                                                   std::uint32_t wirelen,
                                                   bool nanoseconds) noexcept {
  constexpr std::uint64_t kLastNs = 0xFFFF'FFFF * std::uint64_t{1'000'000'000} + 999'999'999;
  const std::uint64_t time_ns = too_late_for_pcap(timestamp_ns) ? kLastNs : timestamp_ns;
  const std::uint64_t fraction = time_ns % 1'000'000'000;
  return {static_cast<std::uint32_t>(time_ns / 1'000'000'000),
          static_cast<std::uint32_t>(nanoseconds ? fraction : fraction / 1000), caplen, wirelen};
}

}  // namespace capstan
