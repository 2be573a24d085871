// Copies options and blocks of one pcapng file for another: in this machine's byte order and with
// the interface numbers of the new file. Pure: bytes in, bytes out.
//
// Source: draft-ietf-opsawg-pcapng sections 3.5 (options), 4.2 (interfaces), 4.3 (packets), 4.5
// (names), 4.6 (statistics), 4.7 (secrets), 4.8 (custom blocks).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/reader/capture_items.h"

namespace capstan {

// Texts of a section, which are added to the descriptions of its interfaces that have no such text.
struct SectionTexts {
  std::string os;
  std::string hardware;
  std::vector<std::string> comments;
};

// Reads the texts from a Section Header Block. `swapped`: it is in the other byte order.
SectionTexts section_texts(std::span<const std::uint8_t> block, bool swapped);

// Returns a complete Interface Description Block with the contents of `block` (also an Interface
// Description Block; empty: there is none, as in a pcap file), for timestamps in nanoseconds since
// 1970 without an offset. Every option of `block` is kept except the two about time. `sensor`:
// whose it is; its name becomes "SENSOR:NAME", "SENSOR" where it had none. Empty: it stays as it
// is.
std::vector<std::uint8_t> copied_interface(const FileInterface& interface,
                                           std::span<const std::uint8_t> block, bool swapped,
                                           const SectionTexts& section,
                                           std::string_view sensor = {});

// Appends the options of a packet's block (an Enhanced or the obsolete Packet Block; others have
// none) to `out`, without the filler with which Capstan ends a packet and without the end of
// options. `caplen`: of the packet.
void append_packet_options(std::vector<std::uint8_t>& out, std::span<const std::uint8_t> block,
                           bool swapped, std::uint32_t caplen);

// Appends an opt_comment.
void append_comment(std::vector<std::uint8_t>& out, std::string_view text);

// Appends an Interface Statistics Block for interface number `to`, with times in nanoseconds.
// `text`: appended as a comment if not empty.
void append_statistics_block(std::vector<std::uint8_t>& out, const InterfaceStatistics& statistics,
                             std::uint32_t to, std::string_view text = {});

enum class BlockCopy : std::uint8_t {
  kCopied,
  kNotToBeCopied,  // a custom block that forbids copying (section 4.8)
  kNotConvertible  // of an unknown type, in the other byte order
};

// Appends a block of any other type: names, secrets, custom and unknown blocks.
BlockCopy append_other_block(std::vector<std::uint8_t>& out, std::span<const std::uint8_t> block,
                             bool swapped);

}  // namespace capstan
