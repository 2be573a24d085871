// What stands in one pcapng file, for another one: options and blocks in this machine's byte order,
// with the interfaces' numbers of the new file. Pure: bytes in, bytes out.
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

// A section's texts that go into the descriptions of its interfaces where those have none.
struct SectionTexts {
  std::string os;
  std::string hardware;
  std::vector<std::string> comments;
};

// Of a Section Header Block.
SectionTexts section_texts(std::span<const std::uint8_t> block, bool swapped);

// The description of an interface as a whole block: what `block` (an Interface Description Block;
// empty: there is none, as of a pcap file) says, in nanoseconds since 1970 without an offset.
// Everything the block has is kept but the two options about time.
std::vector<std::uint8_t> copied_interface(const FileInterface& interface,
                                           std::span<const std::uint8_t> block, bool swapped,
                                           const SectionTexts& section);

// Appends the options of a packet's block (Enhanced or the obsolete Packet Block; others have none)
// to `out`, without the filler that Capstan ends a packet with and the end of options.
// `caplen`: of the packet.
void append_packet_options(std::vector<std::uint8_t>& out, std::span<const std::uint8_t> block,
                           bool swapped, std::uint32_t caplen);

// Appends an opt_comment.
void append_comment(std::vector<std::uint8_t>& out, std::string_view text);

// An Interface Statistics Block for interface `to`, whose time is in nanoseconds. `text`: appended
// as a comment, when there is one.
void append_statistics_block(std::vector<std::uint8_t>& out, const InterfaceStatistics& statistics,
                             std::uint32_t to, std::string_view text = {});

enum class BlockCopy : std::uint8_t {
  kCopied,
  kNotToBeCopied,  // a custom block that says so (section 4.8)
  kNotConvertible  // of an unknown kind, in the other byte order
};

// Appends a block of any other kind: names, secrets, custom blocks, what is not known.
BlockCopy append_other_block(std::vector<std::uint8_t>& out, std::span<const std::uint8_t> block,
                             bool swapped);

}  // namespace capstan
