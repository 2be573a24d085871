// pcapng on disk and in sealed blocks: the numbers and the layouts of heads, shared by the sealer,
// the walker, the writers and the readers.
//
// Source: draft-ietf-opsawg-pcapng (PCAP Next Generation Capture File Format), sections 3 and 4.
// All fields are in the byte order of the section; Capstan writes the byte order of the machine.
#pragma once

#include <cstddef>
#include <cstdint>

namespace capstan::pcapng {

// Block types (section 4 and the registry in section 11.1). The top bit marks local use: every
// reader skips such a block by its length.
inline constexpr std::uint32_t kInterfaceDescriptionBlock = 0x00000001;
inline constexpr std::uint32_t kPacketBlock = 0x00000002;  // obsolete, but still found in files
inline constexpr std::uint32_t kSimplePacketBlock = 0x00000003;
inline constexpr std::uint32_t kNameResolutionBlock = 0x00000004;
inline constexpr std::uint32_t kInterfaceStatisticsBlock = 0x00000005;
inline constexpr std::uint32_t kEnhancedPacketBlock = 0x00000006;
inline constexpr std::uint32_t kDecryptionSecretsBlock = 0x0000000A;
inline constexpr std::uint32_t kCustomBlock = 0x00000BAD;
inline constexpr std::uint32_t kCustomBlockNoCopy = 0x40000BAD;
inline constexpr std::uint32_t kSectionHeaderBlock = 0x0A0D0D0A;
inline constexpr std::uint32_t kLocalUseBlockBit = 0x80000000;

inline constexpr std::uint32_t kByteOrderMagic = 0x1A2B3C4D;

// Capstan's own local-use block types (docs/format.md). Padding holds no data; a block head holds a
// BlockHead (engine/format/block_head.h) in front of the packets of one ring block; an event holds
// a RecordedEvent (engine/format/recorded_event.h); a file close is the last block of a file and
// holds a FileClose (engine/format/recording_mark.h).
inline constexpr std::uint32_t kCapstanBlockHead = 0x80435001;
inline constexpr std::uint32_t kCapstanPadding = 0x80435002;
inline constexpr std::uint32_t kCapstanEvent = 0x80435003;
inline constexpr std::uint32_t kCapstanFileClose = 0x80435004;

// Option codes (sections 3.5, 4.1 to 4.6). Codes with the top bit are for local use.
inline constexpr std::uint16_t kOptEndOfOptions = 0;
inline constexpr std::uint16_t kOptComment = 1;
inline constexpr std::uint16_t kShbHardware = 2;
inline constexpr std::uint16_t kShbOs = 3;
inline constexpr std::uint16_t kShbUserApplication = 4;
inline constexpr std::uint16_t kIfName = 2;
inline constexpr std::uint16_t kIfDescription = 3;
inline constexpr std::uint16_t kIfTsResolution = 9;
inline constexpr std::uint16_t kIfFilter = 11;
inline constexpr std::uint16_t kIfOs = 12;
inline constexpr std::uint16_t kIfTsOffset = 14;
inline constexpr std::uint16_t kEpbFlags = 2;
inline constexpr std::uint16_t kEpbDropCount = 4;
inline constexpr std::uint16_t kEpbQueue = 6;
inline constexpr std::uint16_t kIsbStartTime = 2;
inline constexpr std::uint16_t kIsbEndTime = 3;
inline constexpr std::uint16_t kIsbInterfaceReceived = 4;
inline constexpr std::uint16_t kIsbInterfaceDropped = 5;
inline constexpr std::uint16_t kIsbFilterAccepted = 6;
inline constexpr std::uint16_t kIsbOsDropped = 7;
inline constexpr std::uint16_t kIsbUserDelivered = 8;
inline constexpr std::uint16_t kOptCapstanFiller = 0x8001;
inline constexpr std::uint16_t kOptCapstanRecording = 0x8002;  // in a section: RecordingMark

// epb_flags (section 4.3.1): bits 0-1 direction, bits 2-4 reception type.
inline constexpr std::uint32_t kEpbInbound = 1;
inline constexpr std::uint32_t kEpbOutbound = 2;
inline constexpr std::uint32_t kEpbUnicast = 1U << 2;
inline constexpr std::uint32_t kEpbMulticast = 2U << 2;
inline constexpr std::uint32_t kEpbBroadcast = 3U << 2;
inline constexpr std::uint32_t kEpbPromiscuous = 4U << 2;

// Every block starts with these 8 bytes and ends with total_length again.
struct BlockHeader {
  std::uint32_t type;
  std::uint32_t total_length;  // bytes, including head and trailer; a multiple of 4
};
inline constexpr std::size_t kBlockHeaderBytes = 8;
inline constexpr std::size_t kBlockTrailerBytes = 4;
inline constexpr std::size_t kMinBlockBytes = kBlockHeaderBytes + kBlockTrailerBytes;

// Section 4.3: an Enhanced Packet Block up to the first byte of the packet.
struct EnhancedPacketHead {
  std::uint32_t type;
  std::uint32_t total_length;
  std::uint32_t interface_id;
  std::uint32_t timestamp_high;  // upper half of the 64-bit timestamp, in units of if_tsresol
  std::uint32_t timestamp_low;
  std::uint32_t caplen;
  std::uint32_t wirelen;
};
inline constexpr std::size_t kEnhancedPacketHeadBytes = 28;
static_assert(sizeof(EnhancedPacketHead) == kEnhancedPacketHeadBytes);

// Section 4.6: an Interface Statistics Block up to its options.
struct InterfaceStatisticsHead {
  std::uint32_t type;
  std::uint32_t total_length;
  std::uint32_t interface_id;
  std::uint32_t timestamp_high;
  std::uint32_t timestamp_low;
};
inline constexpr std::size_t kInterfaceStatisticsHeadBytes = 20;
static_assert(sizeof(InterfaceStatisticsHead) == kInterfaceStatisticsHeadBytes);

struct OptionHeader {
  std::uint16_t code;
  std::uint16_t length;  // bytes of the value, without the padding to a multiple of 4
};
inline constexpr std::size_t kOptionHeaderBytes = 4;

inline constexpr std::size_t padded4(std::size_t bytes) noexcept {
  return (bytes + 3) & ~std::size_t{3};
}

}  // namespace capstan::pcapng
